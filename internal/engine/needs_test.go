package engine

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/loader"
)

// limitedMemory is a device that has little memory.
type limitedMemory struct {
	ops.Backend
	limit, allocated, maxAllocated int64
	refusal                        error
}

func (c *limitedMemory) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	made := &ops.Tensor{Name: name, Type: t, Shape: shape}
	n := bytesOf(made)
	if c.allocated+n > c.limit {
		return nil, c.refusal
	}
	c.allocated += n
	c.maxAllocated = max(c.maxAllocated, c.allocated)
	return made, nil
}

func (c *limitedMemory) Free(ts ...*ops.Tensor) {
	for _, t := range ts {
		c.allocated -= bytesOf(t)
	}
}

// bytesOf returns the size of a tensor.
func bytesOf(t *ops.Tensor) int64 {
	return int64(t.Shape.Elems() / t.Type.BlockWeights() * t.Type.BlockBytes())
}

func limitedTo(bytes int64) *limitedMemory {
	return &limitedMemory{Backend: ref.New(), limit: bytes, refusal: errs.New(errs.OutOfMemory, "full")}
}

// known implements preflight.MemoryLimits.
type known map[string]preflight.MemoryLimit

func (k known) Recall(device string) preflight.MemoryLimit      { return k[device] }
func (k known) Remember(device string, l preflight.MemoryLimit) { k[device] = l }

// newSearch returns a search on a device that has never been tried.
func newSearch() *preflight.Search {
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

func TestNeedsIsTheSizeOfWhatIsAllocated(t *testing.T) {
	for name := range pagedModels {
		p, b := pagedPlan(t, name), limitedTo(1<<40)
		if err := p.tryAlloc(b, Options{}); err != nil {
			t.Fatal(err)
		}
		if want := p.Needs(Options{}).Bytes(nil); b.maxAllocated != want || b.allocated != 0 {
			t.Errorf("%s: %d bytes allocated and %d kept, %d needed", name, b.maxAllocated, b.allocated, want)
		}
	}
}

func TestAModelThatFitsIsNotPaged(t *testing.T) {
	p := pagedPlan(t, "two of six")
	all := p.Needs(Options{}).Bytes(nil)
	o, taken, err := p.FindSlots(t.Context(), limitedTo(all), newSearch(), Options{}, nil)
	if err != nil || o.SlotsOf != nil || taken != all {
		t.Errorf("slots %v, %d of %d bytes, %v", o.SlotsOf, taken, all, err)
	}
}

func TestFindSlotsFindsAsManySlotsAsFit(t *testing.T) {
	p := pagedPlan(t, "two of six between dense layers")
	needs := p.Needs(Options{})
	b, s := limitedTo(needs.Bytes([]int{4, 3})), newSearch()
	o, taken, err := p.FindSlots(t.Context(), b, s, Options{}, nil)
	if err != nil || len(o.SlotsOf) != len(needs.MoELayers) || taken != needs.Bytes(o.SlotsOf) || taken > b.limit ||
		b.allocated != 0 {
		t.Errorf("slots %v, %d of %d bytes, %d kept, %v", o.SlotsOf, taken, b.limit, b.allocated, err)
	}
	if usable, _ := s.Expected(); usable != taken {
		t.Errorf("remembered %d bytes, not %d", usable, taken)
	}
	y, err := p.place(b.Limits(), o)
	if err != nil || !slices.Equal(y.shape.Slots, o.SlotsOf) {
		t.Errorf("Open would choose %v, %v", y, err)
	}
}

func TestFindSlotsFailsWithoutMemoryForOneToken(t *testing.T) {
	p := pagedPlan(t, "two of six")
	slots := make([]int, len(p.Needs(Options{}).MoELayers))
	for i := range slots {
		slots[i] = 2
	}
	b := limitedTo(p.Needs(Options{}).Bytes(slots) - 1)
	_, taken, err := p.FindSlots(t.Context(), b, newSearch(), Options{}, nil)
	if errs.Of(err).Code != errs.OutOfMemory || taken != 0 {
		t.Errorf("%d bytes, %v", taken, err)
	}
}

func TestFindSlotsReturnsWhatWasTriedWhenTheDeviceIsLost(t *testing.T) {
	p, b := pagedPlan(t, "two of six"), limitedTo(0)
	b.refusal = errs.New(errs.DeviceLost, "gone")
	_, taken, err := p.FindSlots(t.Context(), b, newSearch(), Options{}, nil)
	if !errors.Is(err, b.refusal) || taken != p.Needs(Options{}).Bytes(nil) {
		t.Errorf("%d bytes, %v", taken, err)
	}
}

func TestFindSlotsTriesNeitherGivenSlotsNorDenseModels(t *testing.T) {
	mixture, dense := pagedPlan(t, "two of six"), planOf(t, small.GGUF())
	for _, c := range []struct {
		plan *Plan
		o    Options
	}{{mixture, Options{Paging: Paging{Slots: 3}}}, {dense, Options{}}} {
		o, taken, err := c.plan.FindSlots(t.Context(), limitedTo(0), newSearch(), c.o, nil)
		if err != nil || taken != 0 || o.Slots != c.o.Slots || o.SlotsOf != nil {
			t.Errorf("%+v, %d bytes, %v", o.Paging, taken, err)
		}
	}
	n := dense.Needs(Options{})
	if len(n.MoELayers) != 0 || n.ResidentBytes == 0 || n.CacheBytes == 0 || n.LargestTensor == 0 {
		t.Errorf("%+v", n)
	}
}

func TestFindSlotsReportsEachTrialAndEndsWithItsContext(t *testing.T) {
	p := pagedPlan(t, "two of six")
	all := p.Needs(Options{}).Bytes(nil)
	var reports []loader.Progress
	ctx, cancel := context.WithCancel(t.Context())
	b := limitedTo(all)
	_, _, err := p.FindSlots(ctx, b, newSearch(), Options{}, func(r loader.Progress) {
		if reports = append(reports, r); len(reports) == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(reports) != 5 || b.allocated != 0 {
		t.Errorf("%v after %d reports, %d bytes kept", err, len(reports), b.allocated)
	}
	for i, r := range reports {
		if r.Phase != loader.PhaseMemory || r.Total != all || r.Done <= 0 || i > 0 && r.Done <= reports[i-1].Done {
			t.Errorf("%+v", r)
		}
	}
}
