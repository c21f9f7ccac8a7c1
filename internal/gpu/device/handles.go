package device

// handles numbers the objects of one kind. The number of a removed object is used again.
type handles[T any] struct {
	items []T
	free  []uint32
}

// add returns the number of a new object.
func (h *handles[T]) add(item T) uint32 {
	if last := len(h.free) - 1; last >= 0 {
		id := h.free[last]
		h.free = h.free[:last]
		h.items[id] = item
		return id
	}
	h.items = append(h.items, item)
	return uint32(len(h.items) - 1)
}

// remove forgets an object.
func (h *handles[T]) remove(id uint32) {
	var none T
	h.items[id] = none
	h.free = append(h.free, id)
}
