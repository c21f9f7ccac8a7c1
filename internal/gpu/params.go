package gpu

import (
	"slices"
)

// The Params uniform of one dispatch: paramWords words in a slot of slotBytes, the offset alignment that every WebGPU
// device accepts.
const (
	paramWords = 32
	slotBytes  = 256
	pageSlots  = 1024
)

// arena hands out slots for Params. It keeps them in few large buffers, so that bind groups, which name the buffer,
// serve many programs.
type arena struct{ pages []*page }

// page is one uniform buffer.
type page struct {
	*buffer
	free []span // sorted, never touching
}

// span is n slots from first on.
type span struct{ first, n int }

// take finds n slots in a row, in a new page if need be.
func (b *Backend) takeSlots(n int) (*page, span, error) {
	for _, p := range b.params.pages {
		if s, ok := p.take(n); ok {
			return p, s, nil
		}
	}
	p, err := b.addPage(max(n, pageSlots))
	if err != nil {
		return nil, span{}, err
	}
	s, _ := p.take(n)
	return p, s, nil
}

func (b *Backend) addPage(slots int) (*page, error) {
	buf, err := b.allocate("params", int64(slots*slotBytes), forParams)
	if err != nil {
		return nil, err
	}
	p := &page{buf, []span{{0, slots}}}
	b.params.pages = append(b.params.pages, p)
	return p, nil
}

// take is first fit.
func (p *page) take(n int) (span, bool) {
	for i := range p.free {
		s := &p.free[i]
		if s.n < n {
			continue
		}
		got := span{s.first, n}
		s.first, s.n = s.first+n, s.n-n
		if s.n == 0 {
			p.free = slices.Delete(p.free, i, i+1)
		}
		return got, true
	}
	return span{}, false
}

// give takes slots back and joins them to their neighbours.
func (p *page) give(s span) {
	i, _ := slices.BinarySearchFunc(p.free, s, func(a, b span) int { return a.first - b.first })
	p.free = slices.Insert(p.free, i, s)
	if i+1 < len(p.free) && s.first+s.n == p.free[i+1].first {
		p.free[i].n += p.free[i+1].n
		p.free = slices.Delete(p.free, i+1, i+2)
	}
	if i > 0 && p.free[i-1].first+p.free[i-1].n == s.first {
		p.free[i-1].n += p.free[i].n
		p.free = slices.Delete(p.free, i, i+1)
	}
}
