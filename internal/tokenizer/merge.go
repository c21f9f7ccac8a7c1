package tokenizer

// merger joins the symbols of a piece to tokens: the pair of lowest rank first, the leftmost of equal ones first. A
// heap of the pairs makes it O(n log n), so that a megabyte without a space takes no longer than other text. The
// slices are kept from one piece to the next.
type merger struct {
	ranks   ranker
	piece   string
	symbols []symbol
	heap    pairHeap
}

// noToken stands for a byte without a token.
const noToken = -1

// symbol is a token of the piece that is being merged. Symbols are a linked list in merger.symbols. A symbol that was
// merged into the one before it keeps its index but is not in the list any more.
type symbol struct {
	token      int32
	start      int32  // index of its first byte in the piece
	prev, next int32  // neighbours; next is len(symbols) at the end
	rank       uint32 // rank of the pair of this symbol and the next
	merged     int32  // the token into which the pair is merged
}

// begin begins a piece, whose symbols are then added in order.
func (m *merger) begin(piece string) {
	m.piece, m.symbols, m.heap = piece, m.symbols[:0], m.heap[:0]
}

// add adds a symbol that begins at a byte of the piece; its token may be noToken.
func (m *merger) add(token int32, start int) {
	at := int32(len(m.symbols))
	m.symbols = append(m.symbols, symbol{token: token, start: int32(start), prev: at - 1, next: at + 1})
}

// merge merges the symbols that have been added.
func (m *merger) merge() {
	for at := range m.symbols {
		m.updateRank(int32(at))
	}
	for len(m.heap) > 0 {
		rank, at := m.heap.pop()
		if m.symbols[at].rank == rank { // otherwise the pair has changed since it was pushed
			m.mergePair(at)
		}
	}
}

// all yields the token and the text of each symbol that is left.
func (m *merger) all(yield func(token int32, text string) bool) {
	for at := int32(0); at < int32(len(m.symbols)); at = m.symbols[at].next {
		if p := m.symbols[at]; !yield(p.token, m.piece[p.start:m.end(at)]) {
			return
		}
	}
}

// end returns the end of a symbol in the piece.
func (m *merger) end(at int32) int32 {
	if next := m.symbols[at].next; int(next) < len(m.symbols) {
		return m.symbols[next].start
	}
	return int32(len(m.piece))
}

// mergePair merges a symbol and the next one.
func (m *merger) mergePair(at int32) {
	p := &m.symbols[at]
	right := &m.symbols[p.next]
	right.rank = noRank
	p.token, p.next = p.merged, right.next
	if int(p.next) < len(m.symbols) {
		m.symbols[p.next].prev = at
	}
	m.updateRank(at)
	if p.prev >= 0 {
		m.updateRank(p.prev)
	}
}

// updateRank looks up the rank of a symbol and the next one and pushes the pair if it has one.
func (m *merger) updateRank(at int32) {
	p := &m.symbols[at]
	p.rank = noRank
	if int(p.next) == len(m.symbols) {
		return
	}
	right := &m.symbols[p.next]
	p.rank, p.merged = m.ranks.merge(p.token, right.token, m.piece[p.start:m.end(p.next)])
	if p.rank != noRank {
		m.heap.push(p.rank, at)
	}
}

// pairHeap is a binary heap of rank<<32 | index of the first symbol, smallest first.
type pairHeap []uint64

// push adds a pair.
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

// pop removes the smallest pair.
func (h *pairHeap) pop() (rank uint32, at int32) {
	heap := *h
	top, pair := heap[0], heap[len(heap)-1]
	heap = heap[:len(heap)-1]
	*h = heap
	if len(heap) > 0 {
		heap.siftDown(pair)
	}
	return uint32(top >> 32), int32(uint32(top))
}

// siftDown inserts pair from the top, which is free.
func (h pairHeap) siftDown(pair uint64) {
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
