package quant

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"
)

// vectors were computed by ggml's own C code: block byte i = (167i + 13) mod 256, then the f16 fields
// d = 0.0625 and m or dmin = 0.03125. All results are exact in float32.
var vectors = []struct {
	t           Type
	d, m        int // offsets of the f16 fields, -1 for none
	first       [4]float32
	middle      float32
	last        float32
	sum, moment float64 // Σ w[i], Σ (i+1)·w[i]
	hash        string  // of the float32 array, little-endian
}{
	{Q4_0, 0, -1, [4]float32{0.1875, -0.375, 0.0625, -0.5}, -0.1875, -0.375, -1, -13.125, "8a0bc36fde79565b"},
	{Q4_1, 0, 2, [4]float32{0.59375, 0.03125, 0.46875, 0.90625}, 0.65625, 0.46875, 16.875, 282.9375, "eed1cd24ded10658"},
	{Q5_0, 0, -1, [4]float32{0.4375, 0.875, -0.6875, 0.75}, 0.9375, -0.25, -4.25, -100.75, "c6c90f1e976b6d63"},
	{Q5_1, 0, 2, [4]float32{1.34375, 0.78125, 0.21875, 1.65625}, 1.28125, 1.03125, 33.625, 582.8125, "bd9da126064beeac"},
	{IQ4_NL, 0, -1, [4]float32{2.375, -5.1875, 0.8125, -7.9375}, -2.1875, -5.1875, -10.5625, -104, "b024a404abd4d4ff"},
	{IQ4_XS, 0, -1, [4]float32{-54.6875, 82.8125, -101.5625, 39.0625}, -15.3125, 149.5, 644.5625, 159257.1875,
		"06757f9025a47c2d"},
	{Q8_0, 0, -1, [4]float32{5.6875, 0.125, -5.4375, 5}, -3.3125, -6.75, -1, -95, "84f162f45644b4c5"},
	{Q2_K, 80, 82, [4]float32{0.8125, 0, 2.4375, 1.625}, 0.1875, 0.34375, 116.0625, 14473.8125, "136abbca4f2da44b"},
	{Q3_K, 108, -1, [4]float32{-0.1875, 0.75, -0.5625, 0.375}, -1.875, -4.75, -48.5, -11090.625, "f10901d9cfc9644a"},
	{Q4_K, 0, 2, [4]float32{33.15625, 10.09375, 28.03125, 4.96875}, 25.875, 11.46875, 4214, 568316, "e8c6af9ab556d692"},
	{Q5_K, 0, 2, [4]float32{74.15625, 10.09375, 69.03125, 4.96875}, 58.875, 44.71875, 9069, 1225946, "448162fc3f0ccbcd"},
	{Q6_K, 208, -1, [4]float32{-14.4375, -134.75, 129.9375, 9.625}, 23.0625, 19.25, 155.5, 15408.75, "97b2da61bcd1957d"},
}

// block returns n bytes, byte i = (a·i + c) mod 256, with the f16 fields at d and m set.
func block(n, a, c, d, m int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(a*i + c)
	}
	copy(b[d:], []byte{0x00, 0x2c})
	if m >= 0 {
		copy(b[m:], []byte{0x00, 0x28})
	}
	return b
}

func TestDequantizeAgreesWithGGML(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.t.String(), func(t *testing.T) {
			w := make([]float32, v.t.BlockWeights())
			Dequantize(v.t, w, block(v.t.BlockBytes(), 167, 13, v.d, v.m))
			if got := [4]float32(w); got != v.first {
				t.Errorf("first four are %v, want %v", got, v.first)
			}
			if n := len(w); w[n/2] != v.middle || w[n-1] != v.last {
				t.Errorf("w[n/2], w[n-1] are %v, %v, want %v, %v", w[n/2], w[n-1], v.middle, v.last)
			}
			if sum, moment := sums(w); sum != v.sum || moment != v.moment {
				t.Errorf("sums are %v, %v, want %v, %v", sum, moment, v.sum, v.moment)
			}
			if got := hash(w); got != v.hash {
				t.Errorf("sha256 begins %s, want %s", got, v.hash)
			}
		})
	}
}

func sums(w []float32) (sum, moment float64) {
	for i, x := range w {
		sum += float64(x)
		moment += float64(i+1) * float64(x)
	}
	return sum, moment
}

func hash(w []float32) string {
	h := sha256.New()
	binary.Write(h, binary.LittleEndian, w)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Other bytes, and the first weight of each group, so that an error in one group's scale names the group.
func TestDequantizeOfGroups(t *testing.T) {
	for _, v := range []struct {
		t     Type
		d, m  int
		group int
		first []float32 // of each group
		sum   float64
	}{
		{Q4_K, 0, 2, 32, []float32{18.34375, 1, 12.65625, 36.3125, 6.71875, 48.5, 0.75, 26.53125}, 3393.5},
		{Q6_K, 208, -1, 16, []float32{-81.9375, 46, -68.0625, 25.875, -86, 54.25, -4.375, -70.875,
			-162.4375, -34.5, -36.5625, 57.375, -3.25, 137.75, -34.125, 2.125}, 676.75},
	} {
		w := make([]float32, 256)
		Dequantize(v.t, w, block(v.t.BlockBytes(), 89, 7, v.d, v.m))
		for g, want := range v.first {
			if got := w[g*v.group]; got != want {
				t.Errorf("%v group %d begins with %v, want %v", v.t, g, got, want)
			}
		}
		if sum, _ := sums(w); sum != v.sum {
			t.Errorf("%v sums to %v, want %v", v.t, sum, v.sum)
		}
	}
}

// The bounds are relative errors, rms over rms, on normally distributed weights; each is about a tenth above what the
// quantiser reaches, so that a lost bit or a wrong group fails.
func TestQuantizeKeepsWeightsWithinABound(t *testing.T) {
	bounds := map[Type]float64{
		F32: 0, F16: 2.3e-4, BF16: 1.8e-3, Q8_0: 6.1e-3, Q6_K: 0.021, Q5_K: 0.043, Q4_K: 0.086, Q4_1: 0.087, Q4_0: 0.097,
		Q5_0: 0.048, Q5_1: 0.042, IQ4_NL: 0.09, IQ4_XS: 0.09, Q3_K: 0.173, Q2_K: 0.36,
	}
	for typ := range codecs {
		t.Run(typ.String(), func(t *testing.T) {
			want := normal(4096, 0.02)
			got := roundTrip(typ, want)
			err := relativeError(got, want)
			t.Logf("relative error %.4g", err)
			if bound, ok := bounds[typ]; !ok || err > bound {
				t.Errorf("relative error %.4g, want at most %.4g", err, bound)
			}
		})
	}
}

func TestQuantizingAgainChangesNothing(t *testing.T) {
	for _, typ := range []Type{F32, F16, BF16, Q4_0, Q8_0} {
		once := roundTrip(typ, normal(512, 1))
		if err := relativeError(roundTrip(typ, once), once); err != 0 {
			t.Errorf("%v changes by %.3g when quantised again", typ, err)
		}
	}
}

func TestQuantizeOfZerosIsZeros(t *testing.T) {
	for typ := range codecs {
		for i, x := range roundTrip(typ, make([]float32, 512)) {
			if x != 0 {
				t.Fatalf("%v: zero %d becomes %v", typ, i, x)
			}
		}
	}
}

func TestBF16RoundsToEven(t *testing.T) {
	for in, want := range map[uint32]uint32{
		0x3f808000: 0x3f800000, 0x3f818000: 0x3f820000, 0x3f808001: 0x3f810000, 0x7f800000: 0x7f800000,
	} {
		if got := math.Float32bits(roundTrip(BF16, []float32{math.Float32frombits(in)})[0]); got != want {
			t.Errorf("%#x becomes %#x, want %#x", in, got, want)
		}
	}
	if nan := roundTrip(BF16, []float32{math.Float32frombits(0x7fffffff)})[0]; nan == nan {
		t.Errorf("NaN becomes %v", nan)
	}
}

func TestLengthsThatAreNotWholeBlocksPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"half a block":    func() { Dequantize(Q4_0, make([]float32, 16), make([]byte, 9)) },
		"too few weights": func() { Dequantize(Q8_0, make([]float32, 32), make([]byte, 68)) },
		"too few bytes":   func() { Quantize(Q4_K, make([]byte, 143), make([]float32, 256)) },
		"index type":      func() { Dequantize(U32, make([]float32, 1), make([]byte, 4)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("did not panic")
				}
			}()
			f()
		})
	}
}

func roundTrip(t Type, w []float32) []float32 {
	b := make([]byte, t.RowBytes(len(w)))
	Quantize(t, b, w)
	back := make([]float32, len(w))
	Dequantize(t, back, b)
	return back
}

func normal(n int, sigma float64) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(r.NormFloat64() * sigma)
	}
	return w
}

func relativeError(got, want []float32) float64 {
	var e, s float64
	for i := range want {
		d := float64(got[i]) - float64(want[i])
		e, s = e+d*d, s+float64(want[i])*float64(want[i])
	}
	return math.Sqrt(e / s)
}
