package engine

import (
	"errors"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
)

// crowded is a device with little memory.
type crowded struct {
	ops.Backend
	room, held, most int64
	refusal          error
}

func (c *crowded) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	made := &ops.Tensor{Name: name, Type: t, Shape: shape}
	n := bytesOf(made)
	if c.held+n > c.room {
		return nil, c.refusal
	}
	c.held += n
	c.most = max(c.most, c.held)
	return made, nil
}

func (c *crowded) Free(ts ...*ops.Tensor) {
	for _, t := range ts {
		c.held -= bytesOf(t)
	}
}

func bytesOf(t *ops.Tensor) int64 {
	return int64(t.Shape.Elems() / t.Type.BlockWeights() * t.Type.BlockBytes())
}

func crowdedBy(room int64) *crowded {
	return &crowded{Backend: ref.New(), room: room, refusal: errs.New(errs.OutOfMemory, "full")}
}

// known is what devices are known to have.
type known map[string]preflight.MemoryLimit

func (k known) Recall(device string) preflight.MemoryLimit      { return k[device] }
func (k known) Remember(device string, r preflight.MemoryLimit) { k[device] = r }

func searching() *preflight.Search {
	return &preflight.Search{MemoryLimits: known{}, Device: "a", FirstBytes: 1 << 30}
}

func planOf(t *testing.T, file []byte) *Plan {
	t.Helper()
	p, err := Read(download(t, file).File)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func pagedPlan(t *testing.T, name string) *Plan { return planOf(t, pagedFile(pagedModels[name])) }

func TestNeedsAreWhatIsAllocated(t *testing.T) {
	for name := range pagedModels {
		p, b := pagedPlan(t, name), crowdedBy(1<<40)
		if err := p.tryAlloc(b, Options{}); err != nil {
			t.Fatal(err)
		}
		if want := p.Needs(Options{}).Bytes(nil); b.most != want || b.held != 0 {
			t.Errorf("%s: %d bytes allocated and %d kept, %d needed", name, b.most, b.held, want)
		}
	}
}

func TestAModelThatFitsIsNotPaged(t *testing.T) {
	p := pagedPlan(t, "two of six")
	all := p.Needs(Options{}).Bytes(nil)
	o, taken, err := p.FindSlots(crowdedBy(all), searching(), Options{})
	if err != nil || o.SlotsOf != nil || taken != all {
		t.Errorf("slots %v, %d of %d bytes, %v", o.SlotsOf, taken, all, err)
	}
}

func TestAModelThatDoesNotFitGetsTheSlotsThatDo(t *testing.T) {
	p := pagedPlan(t, "two of six between denses")
	needs := p.Needs(Options{})
	b, s := crowdedBy(needs.Bytes([]int{4, 3})), searching()
	o, taken, err := p.FindSlots(b, s, Options{})
	if err != nil || len(o.SlotsOf) != len(needs.MoELayers) || taken != needs.Bytes(o.SlotsOf) || taken > b.room || b.held != 0 {
		t.Errorf("slots %v, %d of %d bytes, %d kept, %v", o.SlotsOf, taken, b.room, b.held, err)
	}
	if usable, _ := s.Expected(); usable != taken {
		t.Errorf("remembered %d bytes, not %d", usable, taken)
	}
	y, err := p.place(b.Limits(), o)
	if err != nil || !slices.Equal(y.shape.Slots, o.SlotsOf) {
		t.Errorf("the engine would give it %v, %v", y, err)
	}
}

func TestWithoutRoomForOneTokenThereIsNoModel(t *testing.T) {
	p := pagedPlan(t, "two of six")
	fewest := make([]int, len(p.Needs(Options{}).MoELayers))
	for i := range fewest {
		fewest[i] = 2
	}
	_, taken, err := p.FindSlots(crowdedBy(p.Needs(Options{}).Bytes(fewest)-1), searching(), Options{})
	if errs.Of(err).Code != errs.OutOfMemory || taken != 0 {
		t.Errorf("%d bytes, %v", taken, err)
	}
}

func TestADeviceThatIsLostWhileTryingHasTakenTooMuch(t *testing.T) {
	p, b := pagedPlan(t, "two of six"), crowdedBy(0)
	b.refusal = errs.New(errs.DeviceLost, "gone")
	_, taken, err := p.FindSlots(b, searching(), Options{})
	if !errors.Is(err, b.refusal) || taken != p.Needs(Options{}).Bytes(nil) {
		t.Errorf("%d bytes, %v", taken, err)
	}
}

func TestWhatTheCallerChoseAndDenseModelsAreNotTried(t *testing.T) {
	mixture, dense := pagedPlan(t, "two of six"), planOf(t, small.GGUF())
	for _, c := range []struct {
		plan *Plan
		o    Options
	}{{mixture, Options{Paging: Paging{Slots: 3}}}, {dense, Options{}}} {
		o, taken, err := c.plan.FindSlots(crowdedBy(0), searching(), c.o)
		if err != nil || taken != 0 || o.Slots != c.o.Slots || o.SlotsOf != nil {
			t.Errorf("%+v, %d bytes, %v", o.Paging, taken, err)
		}
	}
	if n := dense.Needs(Options{}); len(n.MoELayers) != 0 || n.ResidentBytes == 0 || n.CacheBytes == 0 || n.LargestTensor == 0 {
		t.Errorf("%+v", n)
	}
}
