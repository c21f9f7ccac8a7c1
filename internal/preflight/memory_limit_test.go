package preflight

import (
	"errors"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/experts"
)

// memory implements MemoryLimits.
type memory map[string]MemoryLimit

func (m memory) Recall(device string) MemoryLimit      { return m[device] }
func (m memory) Remember(device string, l MemoryLimit) { m[device] = l }

// device refuses models that are too large, and records what was tried.
type device struct {
	bytes int64
	tried []int64
}

func (d *device) try(m Model) func(experts.Shape) error {
	return func(s experts.Shape) error {
		d.tried = append(d.tried, m.bytes(s))
		if m.bytes(s) > d.bytes {
			return errs.New(errs.OutOfMemory, "full")
		}
		return nil
	}
}

// manyExperts has two layers of 64 experts of a byte, and 50 bytes of resident tensors.
func manyExperts() Model {
	return Model{ResidentBytes: 50, MoELayers: []MoELayer{{1, 1}, {1, 1}}, NumExperts: 64, NumExpertsUsed: 1}
}

// find runs a search on a device.
func find(t *testing.T, s Search, m Model, d *device) (experts.Shape, error) {
	t.Helper()
	d.tried = nil
	return s.Find(m, largeMachine(), d.try(m))
}

func wantTried(t *testing.T, d *device, want ...int64) {
	t.Helper()
	if !slices.Equal(d.tried, want) {
		t.Errorf("tried %v, want %v", d.tried, want)
	}
}

func TestFindTriesAQuarterFewerSlotsAfterARefusal(t *testing.T) {
	limits, d := memory{}, &device{bytes: 90}
	shape, err := find(t, Search{MemoryLimits: limits, Device: "a", FirstBytes: 150}, manyExperts(), d)
	if err != nil || !slices.Equal(shape.Slots, []int{20, 19}) {
		t.Errorf("slots %v, %v", shape.Slots, err)
	}
	wantTried(t, d, 150, 125, 104, 89)
	if limits["a"] != (MemoryLimit{Fits: 89, Refused: 104}) {
		t.Errorf("remembered %+v", limits["a"])
	}
	find(t, Search{MemoryLimits: limits, Device: "a", FirstBytes: 150}, manyExperts(), d)
	wantTried(t, d, 89)
}

func TestFindTriesMoreAfterASessionWithoutRefusal(t *testing.T) {
	limits, d := memory{}, &device{bytes: 1000}
	s := Search{MemoryLimits: limits, Device: "a", FirstBytes: 80}
	for _, want := range []int64{80, 120, 178, 178} { // 178 is all of it
		find(t, s, manyExperts(), d)
		wantTried(t, d, want)
	}
	find(t, Search{MemoryLimits: limits, Device: "b", FirstBytes: 80}, manyExperts(), d)
	wantTried(t, d, 80)
}

func TestASmallModelDoesNotLowerTheLimitForALargeOne(t *testing.T) {
	limits, d := memory{"a": {Fits: 100}}, &device{bytes: 1000}
	small := manyExperts()
	small.MoELayers = small.MoELayers[:1]
	small.ResidentBytes = 1
	find(t, Search{MemoryLimits: limits, Device: "a"}, small, d)
	wantTried(t, d, 65)
	if limits["a"].Fits != 100 {
		t.Errorf("remembered %+v", limits["a"])
	}
	find(t, Search{MemoryLimits: limits, Device: "a", FirstBytes: 160}, manyExperts(), d)
	wantTried(t, d, 160)
}

func TestTheLastTryIsTheSmallestShape(t *testing.T) {
	limits, d := memory{}, &device{bytes: 52}
	s := Search{MemoryLimits: limits, Device: "a", FirstBytes: 56}
	if shape, err := find(t, s, manyExperts(), d); err != nil || !slices.Equal(shape.Slots, []int{1, 1}) {
		t.Errorf("slots %v, %v", shape.Slots, err)
	}
	wantTried(t, d, 56, 53, 52)
	d.bytes = 51
	if _, err := find(t, s, manyExperts(), d); errs.Of(err).Code != errs.OutOfMemory {
		t.Errorf("got %v", err)
	}
	wantTried(t, d, 52)
	if limits["a"] != (MemoryLimit{Refused: 52}) {
		t.Errorf("remembered %+v", limits["a"])
	}
	d.bytes = 60 // another tab was closed
	find(t, s, manyExperts(), d)
	wantTried(t, d, 52)
}

func TestFindEndsWithAnotherError(t *testing.T) {
	lost, limits := errors.New("lost"), memory{}
	_, err := Search{MemoryLimits: limits, FirstBytes: 80}.Find(manyExperts(), largeMachine(),
		func(experts.Shape) error { return lost })
	if err != lost || len(limits) != 0 {
		t.Errorf("%v, remembered %v", err, limits)
	}
}

func TestTheUsersSettingOverridesWhatIsRemembered(t *testing.T) {
	before := MemoryLimit{Fits: 70, Refused: 80}
	limits, d := memory{"a": before}, &device{bytes: 140}
	s := Search{MemoryLimits: limits, Device: "a", FirstBytes: 60, Setting: 150}
	if _, err := find(t, s, manyExperts(), d); err != nil {
		t.Error(err)
	}
	wantTried(t, d, 150, 125)
	if limits["a"] != before {
		t.Errorf("remembered %+v", limits["a"])
	}
	s.Setting = 51
	_, err := find(t, s, manyExperts(), d)
	if errs.Of(err).Code != errs.OutOfMemory || d.tried != nil {
		t.Errorf("got %v after %v", err, d.tried)
	}
}

func TestFindTriesLessAfterAFailure(t *testing.T) {
	limits, d := memory{"a": {Fits: 140}}, &device{bytes: 1000}
	s := Search{MemoryLimits: limits, Device: "a", FirstBytes: 80}
	s.RecordFailure(140)
	find(t, s, manyExperts(), d)
	wantTried(t, d, 105)
	s.RecordFailure(105)
	find(t, s, manyExperts(), d)
	wantTried(t, d, 78)
	if limits["a"] != (MemoryLimit{Fits: 78, Refused: 105}) {
		t.Errorf("remembered %+v", limits["a"])
	}
	s.RecordFailure(140) // it is known already that less than this fits
	if limits["a"] != (MemoryLimit{Fits: 78, Refused: 105}) {
		t.Errorf("remembered %+v", limits["a"])
	}
}

func TestAFailureAboveWhatWasRefusedChangesNothing(t *testing.T) {
	limits := memory{"a": {Fits: 100, Refused: 105}}
	s := Search{MemoryLimits: limits, Device: "a"}
	s.RecordFailure(140)
	if limits["a"] != (MemoryLimit{Fits: 100, Refused: 105}) {
		t.Errorf("remembered %+v", limits["a"])
	}
}

func TestAFailureLowersTheUsersSetting(t *testing.T) {
	limits, d := memory{}, &device{bytes: 1000}
	s := Search{MemoryLimits: limits, Device: "a", Setting: 140}
	s.RecordFailure(140)
	find(t, s, manyExperts(), d)
	wantTried(t, d, 105)
	s.RecordFailure(1000) // of a larger model
	find(t, s, manyExperts(), d)
	wantTried(t, d, 105)
	if len(limits) != 0 {
		t.Errorf("remembered %v", limits)
	}
}

func TestExpectedReturnsWhatIsKnown(t *testing.T) {
	limits := memory{"tried": {Fits: 70, Refused: 80}, "refused": {Refused: 80}}
	for _, c := range []struct {
		search        Search
		usable, limit int64
	}{
		{Search{MemoryLimits: limits, Device: "new", FirstBytes: 60}, 0, 0},
		{Search{MemoryLimits: limits, Device: "tried"}, 70, 79},
		{Search{MemoryLimits: limits, Device: "refused"}, 0, 79},
		{Search{MemoryLimits: limits, Device: "tried", Setting: 90}, 90, 90},
	} {
		if usable, limit := c.search.Expected(); usable != c.usable || limit != c.limit {
			t.Errorf("%+v: %d, %d", c.search, usable, limit)
		}
	}
}
