package gpu

import (
	"encoding/binary"
)

// groups makes each bind group once: creating one costs about 100 µs in a browser. The params page is part of a
// group, a dispatch's place in it is the dynamic offset, so programs share groups.
type groups struct {
	ids map[string]uint32   // layout and buffer ids → the device's table
	of  map[uint32][]string // buffer id → the groups it is in
}

func (g *groups) init() {
	g.ids = map[string]uint32{}
	g.of = map[uint32][]string{}
}

// group finds or makes the bind group of a dispatch's buffers, the params page last.
func (b *Backend) group(layout uint32, bind []*buffer) (uint32, error) {
	key := groupKey(layout, bind)
	if id, ok := b.groups.ids[key]; ok {
		return id, nil
	}
	id, err := b.dev.createGroup(layout, bind)
	if err != nil {
		return 0, err
	}
	b.groups.ids[key] = id
	for _, buf := range bind {
		b.groups.of[buf.id] = append(b.groups.of[buf.id], key)
	}
	return id, nil
}

func groupKey(layout uint32, bind []*buffer) string {
	key := binary.LittleEndian.AppendUint32(make([]byte, 0, 64), layout)
	for _, buf := range bind {
		key = binary.LittleEndian.AppendUint32(key, buf.id)
	}
	return string(key)
}

// forget drops the groups a dead buffer was in.
func (g *groups) forget(d *device, buffer uint32) {
	for _, key := range g.of[buffer] {
		if id, ok := g.ids[key]; ok {
			d.dropGroup(id)
			delete(g.ids, key)
		}
	}
	delete(g.of, buffer)
}
