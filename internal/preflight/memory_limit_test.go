package preflight

import (
	"errors"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/experts"
)

// memory remembers rooms.
type memory map[string]MemoryLimit

func (m memory) Recall(device string) MemoryLimit      { return m[device] }
func (m memory) Remember(device string, r MemoryLimit) { m[device] = r }

// device refuses what it has no room for and notes what it was asked for.
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

// wide has two layers of 64 experts of a byte, and 50 bytes beside them.
func wide() Model {
	return Model{ResidentBytes: 50, MoELayers: []MoELayer{{1, 1}, {1, 1}}, NumExperts: 64, NumExpertsUsed: 1}
}

func find(t *testing.T, s Search, m Model, d *device) (experts.Shape, error) {
	t.Helper()
	d.tried = nil
	return s.Find(m, roomy(), d.try(m))
}

func wantTried(t *testing.T, d *device, want ...int64) {
	t.Helper()
	if !slices.Equal(d.tried, want) {
		t.Errorf("tried %v, want %v", d.tried, want)
	}
}

func TestASearchBacksOffByAQuarterOfTheSlots(t *testing.T) {
	rooms, d := memory{}, &device{bytes: 90}
	shape, err := find(t, Search{MemoryLimits: rooms, Device: "a", FirstBytes: 150}, wide(), d)
	if err != nil || !slices.Equal(shape.Slots, []int{20, 19}) {
		t.Errorf("slots %v, %v", shape.Slots, err)
	}
	wantTried(t, d, 150, 125, 104, 89)
	if rooms["a"] != (MemoryLimit{Fits: 89, Refused: 104}) {
		t.Errorf("remembered %+v", rooms["a"])
	}
	find(t, Search{MemoryLimits: rooms, Device: "a", FirstBytes: 150}, wide(), d)
	wantTried(t, d, 89)
}

func TestADeviceThatNeverRefusedIsAskedForMore(t *testing.T) {
	rooms, d := memory{}, &device{bytes: 1000}
	s := Search{MemoryLimits: rooms, Device: "a", FirstBytes: 80}
	for _, want := range []int64{80, 120, 178, 178} { // 178 is all of it
		find(t, s, wide(), d)
		wantTried(t, d, want)
	}
	find(t, Search{MemoryLimits: rooms, Device: "b", FirstBytes: 80}, wide(), d)
	wantTried(t, d, 80)
}

func TestASmallModelTeachesNothingAboutALargeOne(t *testing.T) {
	rooms, d := memory{"a": {Fits: 100}}, &device{bytes: 1000}
	small := wide()
	small.MoELayers = small.MoELayers[:1]
	small.ResidentBytes = 1
	find(t, Search{MemoryLimits: rooms, Device: "a"}, small, d)
	wantTried(t, d, 65)
	if rooms["a"].Fits != 100 {
		t.Errorf("remembered %+v", rooms["a"])
	}
	find(t, Search{MemoryLimits: rooms, Device: "a", FirstBytes: 160}, wide(), d)
	wantTried(t, d, 160)
}

func TestTheLastTryIsTheFewestSlots(t *testing.T) {
	rooms, d := memory{}, &device{bytes: 52}
	s := Search{MemoryLimits: rooms, Device: "a", FirstBytes: 56}
	if shape, err := find(t, s, wide(), d); err != nil || !slices.Equal(shape.Slots, []int{1, 1}) {
		t.Errorf("slots %v, %v", shape.Slots, err)
	}
	wantTried(t, d, 56, 53, 52)
	d.bytes = 51
	if _, err := find(t, s, wide(), d); errs.Of(err).Code != errs.OutOfMemory {
		t.Errorf("got %v", err)
	}
	wantTried(t, d, 52)
	if rooms["a"] != (MemoryLimit{Refused: 52}) {
		t.Errorf("remembered %+v", rooms["a"])
	}
	d.bytes = 60 // another tab was closed
	find(t, s, wide(), d)
	wantTried(t, d, 52)
}

func TestAnotherErrorEndsTheSearch(t *testing.T) {
	lost, rooms := errors.New("lost"), memory{}
	_, err := Search{MemoryLimits: rooms, FirstBytes: 80}.Find(wide(), roomy(), func(experts.Shape) error { return lost })
	if err != lost || len(rooms) != 0 {
		t.Errorf("%v, remembered %v", err, rooms)
	}
}

func TestTheUsersSettingOverrides(t *testing.T) {
	before := MemoryLimit{Fits: 70, Refused: 80}
	rooms, d := memory{"a": before}, &device{bytes: 140}
	s := Search{MemoryLimits: rooms, Device: "a", FirstBytes: 60, Setting: 150}
	if _, err := find(t, s, wide(), d); err != nil {
		t.Error(err)
	}
	wantTried(t, d, 150, 125)
	if rooms["a"] != before {
		t.Errorf("remembered %+v", rooms["a"])
	}
	s.Setting = 51
	_, err := find(t, s, wide(), d)
	if errs.Of(err).Code != errs.OutOfMemory || d.tried != nil {
		t.Errorf("got %v after %v", err, d.tried)
	}
}

func TestALostDeviceIsAskedForLess(t *testing.T) {
	rooms, d := memory{"a": {Fits: 140}}, &device{bytes: 1000}
	s := Search{MemoryLimits: rooms, Device: "a", FirstBytes: 80}
	s.RecordFailure(140)
	find(t, s, wide(), d)
	wantTried(t, d, 105)
	s.RecordFailure(105)
	find(t, s, wide(), d)
	wantTried(t, d, 78)
	if rooms["a"] != (MemoryLimit{Fits: 78, Refused: 105}) {
		t.Errorf("remembered %+v", rooms["a"])
	}
	s.RecordFailure(140) // what fits is known to be less already
	if rooms["a"] != (MemoryLimit{Fits: 78, Refused: 105}) {
		t.Errorf("remembered %+v", rooms["a"])
	}
}

func TestALossAtWhatIsRefusedAnywayTakesNothingAway(t *testing.T) {
	rooms := memory{"a": {Fits: 100, Refused: 105}}
	s := Search{MemoryLimits: rooms, Device: "a"}
	s.RecordFailure(140)
	if rooms["a"] != (MemoryLimit{Fits: 100, Refused: 105}) {
		t.Errorf("remembered %+v", rooms["a"])
	}
}

func TestALostDeviceLowersTheUsersSetting(t *testing.T) {
	rooms, d := memory{}, &device{bytes: 1000}
	s := Search{MemoryLimits: rooms, Device: "a", Setting: 140}
	s.RecordFailure(140)
	find(t, s, wide(), d)
	wantTried(t, d, 105)
	s.RecordFailure(1000) // of another model, late
	find(t, s, wide(), d)
	wantTried(t, d, 105)
	if len(rooms) != 0 {
		t.Errorf("remembered %v", rooms)
	}
}

func TestExpectSaysWhatIsKnown(t *testing.T) {
	rooms := memory{"tried": {Fits: 70, Refused: 80}, "refused": {Refused: 80}}
	for _, c := range []struct {
		search       Search
		usable, most int64
	}{
		{Search{MemoryLimits: rooms, Device: "new", FirstBytes: 60}, 0, 0},
		{Search{MemoryLimits: rooms, Device: "tried"}, 70, 79},
		{Search{MemoryLimits: rooms, Device: "refused"}, 0, 79},
		{Search{MemoryLimits: rooms, Device: "tried", Setting: 90}, 90, 90},
	} {
		if usable, most := c.search.Expected(); usable != c.usable || most != c.most {
			t.Errorf("%+v: %d, %d", c.search, usable, most)
		}
	}
}
