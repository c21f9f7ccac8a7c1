package tokenizer

// merger joins the bytes of a piece into tokens, lowest rank first, leftmost first among equals. A heap of the pairs
// keeps that at n log n, so that a megabyte without a space is no trap. The slices are scratch, kept between pieces.
type merger struct {
	ranks   ranker
	bytes   *[256]int32 // the token of each single byte, or missing
	piece   string
	symbols []symbol
	heap    pairHeap
}

const missing = -1

// part is a token of the piece under way. Parts are a list linked by place in merger.parts; a part that was joined
// to the one on its left stays in its place, out of the list.
type symbol struct {
	token      int32
	start      int32  // byte of the piece
	prev, next int32  // neighbours; next is len(parts) at the end
	rank       uint32 // of the pair of this part and the next
}

// append appends the tokens of a piece. A byte for which the vocabulary has no token is left out, as the reference
// tokenizers do.
func (m *merger) append(dst []int32, piece string) []int32 {
	m.load(piece)
	for len(m.heap) > 0 {
		rank, at := m.heap.pop()
		if m.symbols[at].rank == rank { // else the pair has changed since it was pushed
			m.join(at, m.ranks.token(rank))
		}
	}
	for at := int32(0); at < int32(len(m.symbols)); at = m.symbols[at].next {
		dst = append(dst, m.symbols[at].token)
	}
	return dst
}

// load makes one part a byte and pushes every pair that joins.
func (m *merger) load(piece string) {
	m.piece, m.symbols, m.heap = piece, m.symbols[:0], m.heap[:0]
	for i := range len(piece) {
		if token := m.bytes[piece[i]]; token != missing {
			at := int32(len(m.symbols))
			m.symbols = append(m.symbols, symbol{token: token, start: int32(i), prev: at - 1, next: at + 1})
		}
	}
	for at := range m.symbols {
		m.rank(int32(at))
	}
}

// join makes one token of a part and the next one.
func (m *merger) join(at, token int32) {
	p := &m.symbols[at]
	gone := &m.symbols[p.next]
	gone.rank = none
	p.token, p.next = token, gone.next
	if int(p.next) < len(m.symbols) {
		m.symbols[p.next].prev = at
	}
	m.rank(at)
	if p.prev >= 0 {
		m.rank(p.prev)
	}
}

// rank looks up the pair that starts at a part and pushes it if it joins.
func (m *merger) rank(at int32) {
	p := &m.symbols[at]
	p.rank = none
	if int(p.next) == len(m.symbols) {
		return
	}
	right := &m.symbols[p.next]
	end := int32(len(m.piece))
	if int(right.next) < len(m.symbols) {
		end = m.symbols[right.next].start
	}
	p.rank = m.ranks.rank(p.token, right.token, m.piece[p.start:end])
	if p.rank != none {
		m.heap.push(p.rank, at)
	}
}

// pairHeap is a binary heap of rank<<32 | place, smallest first.
type pairHeap []uint64

func (h *pairHeap) push(rank uint32, at int32) {
	pair := uint64(rank)<<32 | uint64(at)
	*h = append(*h, pair)
	heap := *h
	i := len(heap) - 1
	for i > 0 && heap[(i-1)/2] > pair {
		heap[i] = heap[(i-1)/2]
		i = (i - 1) / 2
	}
	heap[i] = pair
}

func (h *pairHeap) pop() (rank uint32, at int32) {
	heap := *h
	top, pair := heap[0], heap[len(heap)-1]
	heap = heap[:len(heap)-1]
	*h = heap
	if len(heap) > 0 {
		heap.sink(pair)
	}
	return uint32(top >> 32), int32(uint32(top))
}

// sink puts pair where it belongs, starting at the top, which is free.
func (h pairHeap) sink(pair uint64) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if pair <= h[child] {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = pair
}
