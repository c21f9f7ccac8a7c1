package preflight

import (
	"errors"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/experts"
)

// MemoryLimit is how much GPU memory a device has turned out to have. WebGPU does not report it, so it is found by
// trying.
type MemoryLimit struct {
	Fits    int64 // bytes: the largest model that has fitted; 0: none has been tried
	Refused int64 // bytes: the smallest model that was refused or lost the device; 0: none
}

// MemoryLimits stores the memory limit of each device, by the name of its adapter.
type MemoryLimits interface {
	// Recall returns what was remembered of a device; zero when nothing was.
	Recall(device string) MemoryLimit

	// Remember stores the memory limit of a device.
	Remember(device string, l MemoryLimit)
}

// Search finds out how many slots fit on a device.
type Search struct {
	MemoryLimits MemoryLimits
	Device       string // the name of the adapter
	Setting      int64  // bytes that the user allows; 0: as many as there are

	// FirstBytes is how much to try first on a device that has never been tried. Not every driver refuses memory that
	// it does not have: some move everything else out of GPU memory first. Therefore the search starts low, and
	// increases with each session.
	FirstBytes int64
}

// After a refusal, Find tries three quarters of the bytes of the slots.
func decrease(n int64) int64 { return n / 4 * 3 }

// After a session without a refusal, Find tries half as much again.
func increase(n int64) int64 { return n + n/2 }

// Expected returns what to tell Check about the device's memory: usable is how many bytes Find will probably get, limit
// is how many it certainly will not exceed. A value that is not known is 0.
func (s Search) Expected() (usable, limit int64) {
	if s.Setting > 0 {
		return s.Setting, s.Setting
	}
	l := s.MemoryLimits.Recall(s.Device)
	return l.Fits, max(0, l.Refused-1)
}

// Find returns the shape with the most slots that try accepts, starting from what is remembered. try allocates the
// slots of a shape together with everything else of the model, in an out-of-memory error scope, and frees all of it; it
// returns out_of_memory when it was refused. Another error ends the search. The result is remembered, unless the user's
// setting determined it.
//
// Errors: out_of_memory when not even the experts of one token fit; those of try.
func (s Search) Find(m Model, on Machine, try func(experts.Shape) error) (experts.Shape, error) {
	limit := s.MemoryLimits.Recall(s.Device)
	usable := s.firstTry(limit)
	if err := m.checkSetting(usable); s.Setting > 0 && err != nil {
		return experts.Shape{}, err
	}
	for {
		shape := m.shapeWithin(usable, on)
		bytes := m.bytes(shape)
		err := try(shape)
		if err == nil {
			limit.Fits = max(limit.Fits, bytes)
			s.remember(limit)
			return shape, nil
		}
		if !errors.Is(err, errs.New(errs.OutOfMemory, "")) {
			return experts.Shape{}, err
		}
		limit = limit.refused(bytes)
		s.remember(limit)
		if bytes == m.bytes(m.minShape()) {
			return experts.Shape{}, err
		}
		usable = m.residentBytes() + decrease(bytes-m.residentBytes())
	}
}

// firstTry returns how many bytes to try first.
func (s Search) firstTry(l MemoryLimit) int64 {
	switch {
	case s.Setting > 0:
		return s.Setting
	case l.Refused == 0:
		return max(s.FirstBytes, increase(l.Fits))
	}
	// The model that fitted may have been a small one, so Fits alone may be too little.
	return max(l.Fits, min(s.FirstBytes, decrease(l.Refused)))
}

// remember stores a memory limit, unless the user's setting determined it.
func (s Search) remember(l MemoryLimit) {
	if s.Setting == 0 {
		s.MemoryLimits.Remember(s.Device, l)
	}
}

// refused returns the limit after a model of some bytes was refused.
func (l MemoryLimit) refused(bytes int64) MemoryLimit {
	if l.Refused == 0 || bytes < l.Refused {
		l.Refused = bytes
	}
	if l.Fits >= l.Refused {
		l.Fits = 0
	}
	return l
}

// RecordFailure records that a model that took some bytes of the device lost it or ran out of memory. Find tries less
// the next time, also when the user's setting determines it.
func (s *Search) RecordFailure(bytes int64) {
	if s.Setting > 0 {
		s.Setting = min(s.Setting, decrease(bytes))
		return
	}
	l := s.MemoryLimits.Recall(s.Device).refused(bytes)
	l.Fits = max(l.Fits, decrease(l.Refused))
	s.remember(l)
}

// checkSetting returns an error when the user's setting is too small for one token.
func (m Model) checkSetting(usable int64) error {
	needed := m.bytes(m.minShape())
	if usable >= needed {
		return nil
	}
	return errs.New(errs.OutOfMemory, fmt.Sprintf("the setting allows this model %s of GPU memory, but it needs at least "+
		"%s; raise the setting or choose a smaller model", Bytes(float64(usable)), Bytes(float64(needed))))
}
