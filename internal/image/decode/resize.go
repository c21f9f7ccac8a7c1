package decode

import "math"

// weightBits is the fixed point of the weights: Pillow's precision for 8-bit channels.
const weightBits = 22

// axis is an antialiased triangle filter along one axis: output i is the sum of inputs first[i] + j times
// weight(i)[j] (docs/spec/llama4.md §4.4). Windows move forward only.
type axis struct {
	first   []int
	start   []int // weights[start[i]:start[i+1]] belong to output i
	weights []int // not negative, 22-bit fixed point
}

// newAxis computes the filter from in to out samples as Pillow does, in float64. The explicit conversions keep
// compilers from fusing a multiplication with an addition, which would round differently.
func newAxis(in, out int) *axis {
	scale := float64(in) / float64(out)
	support := max(scale, 1)
	inverse := 1 / support
	a := &axis{start: []int{0}}
	for i := range out {
		centre := float64((float64(i) + 0.5) * scale)
		first := max(0, int(centre-support+0.5))
		last := min(in, int(centre+support+0.5))
		a.first = append(a.first, first)
		a.weights = appendTriangle(a.weights, first, last, centre, inverse)
		a.start = append(a.start, len(a.weights))
	}
	return a
}

// appendTriangle appends the weights of inputs first ≤ x < last, which sum to 1.
func appendTriangle(weights []int, first, last int, centre, inverse float64) []int {
	triangle := func(x int) float64 {
		return max(0, 1-math.Abs(float64((float64(x)-centre+0.5)*inverse)))
	}
	sum := 0.0
	for x := first; x < last; x++ {
		sum += triangle(x)
	}
	for x := first; x < last; x++ {
		weights = append(weights, int(0.5+float64(triangle(x)/sum*(1<<weightBits))))
	}
	return weights
}

func (a *axis) outputs() int         { return len(a.first) }
func (a *axis) weight(i int) []int   { return a.weights[a.start[i]:a.start[i+1]] }
func (a *axis) last(i int) int       { return a.first[i] + a.start[i+1] - a.start[i] }
func (a *axis) window(i, in int) int { return a.weights[a.start[i]+in-a.first[i]] }

// overlap is the largest number of outputs that any one input contributes to.
func (a *axis) overlap() int {
	most, done := 0, 0
	for i := range a.first {
		for a.last(done) <= a.first[i] {
			done++
		}
		most = max(most, i-done+1)
	}
	return most
}

// row filters one row of RGB pixels. Everything is int, also on a 32-bit heap: wasm's registers have 64 bits, and
// narrower types cost an instruction each time (134 against 178 ms a photo).
func (a *axis) row(dst, src []byte) {
	for i, first := range a.first {
		r, g, b := half, half, half
		at := 3 * first
		for _, w := range a.weight(i) {
			p := src[at : at+3 : at+3]
			r += w * int(p[0])
			g += w * int(p[1])
			b += w * int(p[2])
			at += 3
		}
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0], d[1], d[2] = fixed(r), fixed(g), fixed(b)
	}
}

// half is what rounds a fixed-point sum to nearest.
const half = 1 << (weightBits - 1)

// fixed takes a sum of weighted bytes, half added, back to 8 bits. Weights are not negative, but rounded ones can
// add up to more than 1.
func fixed(sum int) byte { return byte(min(sum>>weightBits, 255)) }

// scaler resizes a picture that arrives row by row: each row horizontally, rounded to 8 bits, then vertically. It
// holds sums for the few output rows that are open, never the picture.
type scaler struct {
	across, down *axis
	emit         func(y int, row []byte) // called for each output row from the top down; row is reused
	row, out     []byte                  // one input row after the horizontal pass; one output row
	sums         [][]int                 // open output row i adds up in sums[i mod len(sums)]
	in, next     int                     // rows taken in; first output row not yet emitted
}

func newScaler(inW, inH, outW, outH int, emit func(y int, row []byte)) *scaler {
	s := &scaler{across: newAxis(inW, outW), down: newAxis(inH, outH), emit: emit,
		row: make([]byte, 3*outW), out: make([]byte, 3*outW)}
	s.sums = make([][]int, s.down.overlap())
	for i := range s.sums {
		s.sums[i] = make([]int, 3*outW)
	}
	return s
}

// push takes the next row of the picture and emits the output rows that it completes.
func (s *scaler) push(row []byte) {
	s.across.row(s.row, row)
	for i := s.next; i < s.down.outputs() && s.down.first[i] <= s.in; i++ {
		sums := s.sums[i%len(s.sums)]
		if s.in == s.down.first[i] {
			clear(sums)
		}
		accumulate(sums, s.row, s.down.window(i, s.in))
		if s.in+1 == s.down.last(i) {
			s.finish(i, sums)
		}
	}
	s.in++
}

func (s *scaler) finish(i int, sums []int) {
	for j, v := range sums {
		s.out[j] = fixed(v + half)
	}
	s.emit(i, s.out)
	s.next = i + 1
}

func accumulate(sums []int, row []byte, w int) {
	row = row[:len(sums)]
	for j := range sums {
		sums[j] += w * int(row[j])
	}
}
