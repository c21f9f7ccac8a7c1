package gpu

// table numbers things; the numbers of dropped ones are used again.
type table[T any] struct {
	items []T
	free  []uint32
}

func (t *table[T]) add(item T) uint32 {
	if last := len(t.free) - 1; last >= 0 {
		id := t.free[last]
		t.free = t.free[:last]
		t.items[id] = item
		return id
	}
	t.items = append(t.items, item)
	return uint32(len(t.items) - 1)
}

func (t *table[T]) drop(id uint32) {
	var none T
	t.items[id] = none
	t.free = append(t.free, id)
}
