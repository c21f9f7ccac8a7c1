package gpu

import (
	"slices"

	"github.com/outrider-web/outrider/internal/gpu/device"
)

// The parameters of one dispatch are at most paramWords words in an entry of entryBytes, the alignment of offsets that
// every WebGPU device accepts.
const (
	paramWords       = device.ParamBytes / 4
	entryBytes       = 256
	minBufferEntries = 1024
)

// paramBuffer is a uniform buffer with the parameters of many dispatches, an entry each. Programs share a few large
// ones: a bind group names its buffer, so that it serves many programs too.
type paramBuffer struct {
	*device.Buffer
	free []entryRange // sorted, never adjacent
}

// entryRange is n entries from first on.
type entryRange struct{ first, n int }

// acquireEntries finds n consecutive entries, in a new buffer if need be.
func (b *Backend) acquireEntries(n int) (*paramBuffer, entryRange, error) {
	for _, p := range b.paramBuffers {
		if r, ok := p.acquire(n); ok {
			return p, r, nil
		}
	}
	p, err := b.addParamBuffer(max(n, minBufferEntries))
	if err != nil {
		return nil, entryRange{}, err
	}
	r, _ := p.acquire(n)
	return p, r, nil
}

func (b *Backend) addParamBuffer(entries int) (*paramBuffer, error) {
	buf, err := b.allocate("params", int64(entries*entryBytes), device.ForParams)
	if err != nil {
		return nil, err
	}
	p := &paramBuffer{buf, []entryRange{{0, entries}}}
	b.paramBuffers = append(b.paramBuffers, p)
	return p, nil
}

// acquire returns the first n consecutive free entries.
func (p *paramBuffer) acquire(n int) (entryRange, bool) {
	for i := range p.free {
		r := &p.free[i]
		if r.n < n {
			continue
		}
		acquired := entryRange{r.first, n}
		r.first, r.n = r.first+n, r.n-n
		if r.n == 0 {
			p.free = slices.Delete(p.free, i, i+1)
		}
		return acquired, true
	}
	return entryRange{}, false
}

// release makes entries free again and joins them with their neighbours.
func (p *paramBuffer) release(r entryRange) {
	i, _ := slices.BinarySearchFunc(p.free, r, func(a, b entryRange) int { return a.first - b.first })
	p.free = slices.Insert(p.free, i, r)
	if i+1 < len(p.free) && r.first+r.n == p.free[i+1].first {
		p.free[i].n += p.free[i+1].n
		p.free = slices.Delete(p.free, i+1, i+2)
	}
	if i > 0 && p.free[i-1].first+p.free[i-1].n == r.first {
		p.free[i-1].n += p.free[i].n
		p.free = slices.Delete(p.free, i, i+1)
	}
}
