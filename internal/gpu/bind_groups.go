package gpu

import (
	"encoding/binary"

	"github.com/outrider-web/outrider/internal/gpu/device"
)

// bindGroups creates each bind group once: creating one takes about 100 µs in a browser. The buffer of parameters is
// part of a group and the place in it is a dynamic offset, so that programs share groups.
type bindGroups struct {
	ids      map[string]uint32   // by layout and buffers
	byBuffer map[uint32][]string // the keys of the groups that a buffer is in
}

func (g *bindGroups) init() {
	g.ids = map[string]uint32{}
	g.byBuffer = map[uint32][]string{}
}

// bindGroup finds or creates the bind group of a dispatch's buffers, the buffer of parameters last.
func (b *Backend) bindGroup(layout uint32, buffers []*device.Buffer) (uint32, error) {
	key := bindGroupKey(layout, buffers)
	if id, ok := b.bindGroups.ids[key]; ok {
		return id, nil
	}
	id, err := b.dev.CreateBindGroup(layout, buffers)
	if err != nil {
		return 0, err
	}
	b.bindGroups.ids[key] = id
	for _, buf := range buffers {
		b.bindGroups.byBuffer[buf.ID] = append(b.bindGroups.byBuffer[buf.ID], key)
	}
	return id, nil
}

func bindGroupKey(layout uint32, buffers []*device.Buffer) string {
	key := binary.LittleEndian.AppendUint32(make([]byte, 0, 64), layout)
	for _, buf := range buffers {
		key = binary.LittleEndian.AppendUint32(key, buf.ID)
	}
	return string(key)
}

// releaseOf releases the groups that a buffer is in, before the buffer is destroyed.
func (g *bindGroups) releaseOf(d *device.Device, buf *device.Buffer) {
	for _, key := range g.byBuffer[buf.ID] {
		if id, ok := g.ids[key]; ok {
			d.ReleaseBindGroup(id)
			delete(g.ids, key)
		}
	}
	delete(g.byBuffer, buf.ID)
}
