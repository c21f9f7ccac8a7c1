package decode

import "math"

// weightBits is the number of fractional bits of the weights: Pillow's precision for 8-bit channels.
const weightBits = 22

// axis is an antialiased triangle filter along one axis: output i is the sum over j of input first[i]+j times
// weightsOf(i)[j] (docs/spec/llama4.md §4.4). first does not decrease.
type axis struct {
	first   []int
	start   []int // the weights of output i are weights[start[i]:start[i+1]]
	weights []int // not negative, in units of 2^-weightBits
}

// newAxis computes the filter from in to out samples as Pillow does, in float64. The explicit conversions prevent
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

// appendTriangle appends the weights of inputs first ≤ x < last, whose sum is 1.
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

// numOutputs returns the number of output samples.
func (a *axis) numOutputs() int { return len(a.first) }

// weightsOf returns the weights of output i.
func (a *axis) weightsOf(i int) []int { return a.weights[a.start[i]:a.start[i+1]] }

// last returns the index after the last input of output i.
func (a *axis) last(i int) int { return a.first[i] + a.start[i+1] - a.start[i] }

// weightOf returns the weight of one input in output i.
func (a *axis) weightOf(i, input int) int { return a.weights[a.start[i]+input-a.first[i]] }

// maxOverlap returns the largest number of outputs that use the same input.
func (a *axis) maxOverlap() int {
	overlap, done := 0, 0
	for i := range a.first {
		for a.last(done) <= a.first[i] {
			done++
		}
		overlap = max(overlap, i-done+1)
	}
	return overlap
}

// row filters one row of RGB pixels. All numbers are int, which is 64 bits in WebAssembly too: with narrower types each
// operation costs another instruction (178 ms a photo instead of 134).
func (a *axis) row(dst, src []byte) {
	for i, first := range a.first {
		r, g, b := half, half, half
		at := 3 * first
		for _, w := range a.weightsOf(i) {
			p := src[at : at+3 : at+3]
			r += w * int(p[0])
			g += w * int(p[1])
			b += w * int(p[2])
			at += 3
		}
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0], d[1], d[2] = fromFixed(r), fromFixed(g), fromFixed(b)
	}
}

// half is added to a fixed-point sum to round it to nearest.
const half = 1 << (weightBits - 1)

// fromFixed returns a sum of weighted bytes, to which half has been added, as 8 bits. Weights are not negative, but
// rounded weights can have a sum above 1.
func fromFixed(sum int) byte { return byte(min(sum>>weightBits, 255)) }

// scaler resizes a picture row by row: each row horizontally, rounded to 8 bits, then vertically. It stores only the
// sums of the few output rows that are incomplete.
type scaler struct {
	horizontal, vertical *axis
	emit                 func(y int, row []byte) // called for each output row from the top down; row is reused
	row, out             []byte                  // one input row after the horizontal pass; one output row
	sums                 [][]int                 // sums[i mod len(sums)] are those of output row i
	rowsIn, nextOut      int                     // rows pushed; first output row that is not yet emitted
}

// newScaler returns a scaler from inW × inH to outW × outH pixels.
func newScaler(inW, inH, outW, outH int, emit func(y int, row []byte)) *scaler {
	s := &scaler{horizontal: newAxis(inW, outW), vertical: newAxis(inH, outH), emit: emit,
		row: make([]byte, 3*outW), out: make([]byte, 3*outW)}
	s.sums = make([][]int, s.vertical.maxOverlap())
	for i := range s.sums {
		s.sums[i] = make([]int, 3*outW)
	}
	return s
}

// push adds the next row of the picture and emits the output rows that it completes.
func (s *scaler) push(row []byte) {
	s.horizontal.row(s.row, row)
	for i := s.nextOut; i < s.vertical.numOutputs() && s.vertical.first[i] <= s.rowsIn; i++ {
		sums := s.sums[i%len(s.sums)]
		if s.rowsIn == s.vertical.first[i] {
			clear(sums)
		}
		accumulate(sums, s.row, s.vertical.weightOf(i, s.rowsIn))
		if s.rowsIn+1 == s.vertical.last(i) {
			s.finish(i, sums)
		}
	}
	s.rowsIn++
}

// finish emits output row i.
func (s *scaler) finish(i int, sums []int) {
	for j, v := range sums {
		s.out[j] = fromFixed(v + half)
	}
	s.emit(i, s.out)
	s.nextOut = i + 1
}

// accumulate adds a row, multiplied by w, to sums.
func accumulate(sums []int, row []byte, w int) {
	row = row[:len(sums)]
	for j := range sums {
		sums[j] += w * int(row[j])
	}
}
