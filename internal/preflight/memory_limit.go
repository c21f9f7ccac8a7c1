package preflight

import (
	"errors"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/experts"
)

// Room is how much GPU memory a device has turned out to have. WebGPU does not tell, so it is found by trying.
type MemoryLimit struct {
	Fits    int64 // bytes: the most that a model has taken; 0: never tried
	Refused int64 // bytes: the least that was refused, or lost the device; 0: never
}

// Rooms remembers the room of each device, by the adapter's description.
type MemoryLimits interface {
	Recall(device string) MemoryLimit
	Remember(device string, r MemoryLimit)
}

// Search finds how many slots fit on a device.
type Search struct {
	MemoryLimits MemoryLimits
	Device       string // the adapter's description
	Setting      int64  // bytes that the user gives; 0: as many as there are

	// First is where to begin on a device that has never been tried, in bytes. Not every driver refuses what it has not
	// got: some push everything else out of memory first. So the search comes from below, session by session.
	FirstBytes int64
}

// The search goes down by a quarter of the slots after a refusal, and up by half after a session that met none.
func lower(n int64) int64  { return n / 4 * 3 }
func higher(n int64) int64 { return n + n/2 }

// Expect is what preflight is to be told of the device's memory: bytes that Find is likely to get, and bytes beyond
// which it will get none; 0: unknown.
func (s Search) Expected() (usable, most int64) {
	if s.Setting > 0 {
		return s.Setting, s.Setting
	}
	r := s.MemoryLimits.Recall(s.Device)
	return r.Fits, max(0, r.Refused-1)
}

// Find gives the shape that try accepts. try allocates a shape's slots, under an out-of-memory scope, beside everything
// else of the model, and gives all back when it is refused with out_of_memory; another error ends the search. What was
// found is remembered, unless it is the user's setting that decided.
//
// Errors: out_of_memory when not even the experts of one token fit; those of try.
func (s Search) Find(m Model, on Machine, try func(experts.Shape) error) (experts.Shape, error) {
	room := s.MemoryLimits.Recall(s.Device)
	usable := s.begin(room)
	if err := m.check(usable); s.Setting > 0 && err != nil {
		return experts.Shape{}, err
	}
	for {
		shape := m.within(usable, on)
		bytes := m.bytes(shape)
		err := try(shape)
		if err == nil {
			s.fits(room, bytes)
			return shape, nil
		}
		if !errors.Is(err, errs.New(errs.OutOfMemory, "")) {
			return experts.Shape{}, err
		}
		room = room.refuse(bytes)
		s.remember(room)
		if bytes == m.bytes(m.fewest()) {
			return experts.Shape{}, err
		}
		usable = m.fixed() + lower(bytes-m.fixed())
	}
}

// begin is how many bytes to try first.
func (s Search) begin(r MemoryLimit) int64 {
	switch {
	case s.Setting > 0:
		return s.Setting
	case r.Refused == 0:
		return max(s.FirstBytes, higher(r.Fits))
	}
	return max(r.Fits, min(s.FirstBytes, lower(r.Refused))) // what fits may be all of a small model
}

// fits remembers what a session got.
func (s Search) fits(r MemoryLimit, bytes int64) {
	r.Fits = max(r.Fits, bytes)
	s.remember(r)
}

func (s Search) remember(r MemoryLimit) {
	if s.Setting == 0 {
		s.MemoryLimits.Remember(s.Device, r)
	}
}

// refuse lowers a room that was less than it seemed.
func (r MemoryLimit) refuse(bytes int64) MemoryLimit {
	if r.Refused == 0 || bytes < r.Refused {
		r.Refused = bytes
	}
	if r.Fits >= r.Refused {
		r.Fits = 0
	}
	return r
}

// Lost tells that the device was lost while a model took bytes of it: that was too much. Find tries less the next time,
// whatever the setting.
func (s *Search) RecordFailure(bytes int64) {
	if s.Setting > 0 {
		s.Setting = min(s.Setting, lower(bytes))
		return
	}
	r := s.MemoryLimits.Recall(s.Device).refuse(bytes)
	r.Fits = max(r.Fits, lower(r.Refused))
	s.remember(r)
}

// check refuses a setting too small for a token.
func (m Model) check(usable int64) error {
	fewest := m.bytes(m.fewest())
	if usable >= fewest {
		return nil
	}
	return errs.New(errs.OutOfMemory, "the setting gives this model "+Bytes(float64(usable))+" of GPU memory, but it needs at least "+
		Bytes(float64(fewest))+"; raise the setting or choose a smaller model")
}
