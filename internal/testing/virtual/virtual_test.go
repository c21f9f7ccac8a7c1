package virtual

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/tokenizer"
	"github.com/outrider-web/outrider/loader/gguf"
)

// small is a small Scout: blocks of all types fit in its rows, it has dense layers, and some of its tensors do not
// end at a multiple of the alignment.
func small() Model {
	return Model{Name: "small", NumLayers: 8, HiddenSize: 256, NumHeads: 4, NumKVHeads: 2, HeadDim: 64, NumExperts: 4,
		ExpertWidth: 512, DenseWidth: 768, MoEInterval: 2, ContextSize: 4096, RopeScaled: true, NumRanks: 401}
}

func open(t testing.TB, f *File) *gguf.File {
	t.Helper()
	header, err := gguf.Read(f.Size(), func(n int64) ([]byte, error) {
		b := make([]byte, n)
		_, err := f.ReadAt(b, 0)
		return b, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return header
}

// The sums of docs/spec/llama4.md §1.3, §1.4 and §8.1.
func TestSizesAreThoseOfThePublishedModels(t *testing.T) {
	const (
		scoutWeights    = 107769861120
		maverickWeights = 400711848960
		plainScout      = 3932160 + 496640  // router and norms, F32 in every file
		plainMaverick   = 15728640 + 496640 // the same of Maverick
		ropeFreqs       = 64
	)
	q4k := func(weights, plain int64) int64 { return (weights-plain)/256*144 + 4*plain }
	for _, c := range []struct {
		model   Model
		types   Types
		tensors int
		weights int64
		bytes   int64
	}{
		{Scout(), UDQ2KXL(), 628, scoutWeights + ropeFreqs, 42578608896},
		{Scout(), Uniform(quant.Q4_K), 628, scoutWeights + ropeFreqs, q4k(scoutWeights, plainScout) + 4*ropeFreqs},
		{Maverick(), Uniform(quant.Q4_K), 531, maverickWeights, q4k(maverickWeights, plainMaverick)},
		{Scout().FirstLayers(4), UDQ2KXL(), 4*13 + 4, 0, 0},
	} {
		f := New(c.model, c.types, 1)
		header := open(t, f)
		weights, bytes := int64(0), int64(0)
		for _, x := range header.Tensors {
			weights += int64(shape(x.Dims).elems())
			bytes += x.Size
		}
		t.Logf("%s: header %d bytes, file %d, tensors %d, weights %d", f.Name(), header.DataStart, f.Size(), bytes, weights)
		if len(header.Tensors) != c.tensors || bytes != f.TensorBytes() {
			t.Errorf("%s: %d tensors of %d bytes, want %d of %d", f.Name(), len(header.Tensors), bytes, c.tensors,
				f.TensorBytes())
		}
		if c.weights > 0 && (weights != c.weights || bytes != c.bytes) {
			t.Errorf("%s: %d weights in %d bytes, want %d in %d", f.Name(), weights, bytes, c.weights, c.bytes)
		}
	}
}

type shape []int

func (s shape) elems() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

func TestHeaderEqualsPublishedHeaders(t *testing.T) {
	h := open(t, New(Scout(), UDQ2KXL(), 1))
	for key, want := range map[string]uint64{
		"llama4.block_count": 48, "llama4.expert_count": 16, "llama4.vocab_size": 202048, "llama4.context_length": 10485760,
		"tokenizer.ggml.bos_token_id": 200000, "tokenizer.ggml.eos_token_id": 200008,
	} {
		if got := h.Meta.Uint(key, 0); got != want {
			t.Errorf("%s is %d, want %d", key, got, want)
		}
	}
	for name, want := range map[string]gguf.Tensor{
		"blk.5.ffn_down_exps.weight":  {Type: quant.Q4_K, Dims: []int{8192, 5120, 16}},
		"blk.6.ffn_down_exps.weight":  {Type: quant.Q3_K, Dims: []int{8192, 5120, 16}},
		"blk.47.ffn_up_exps.weight":   {Type: quant.Q2_K, Dims: []int{5120, 8192, 16}},
		"blk.47.ffn_gate_inp.weight":  {Type: quant.F32, Dims: []int{5120, 16}},
		"blk.0.ffn_down_shexp.weight": {Type: quant.Q6_K, Dims: []int{8192, 5120}},
		"output.weight":               {Type: quant.Q6_K, Dims: []int{5120, 202048}},
	} {
		if got, ok := h.Tensor(name); !ok || got.Type != want.Type || !slices.Equal(got.Dims, want.Dims) {
			t.Errorf("%s is %v%v, want %v%v", name, got.Type, got.Dims, want.Type, want.Dims)
		}
	}
}

func TestVocabularyIsCompleteAndMerges(t *testing.T) {
	h := open(t, New(Scout().FirstLayers(1), UDQ2KXL(), 1))
	m := h.Meta
	tokens, merges := m.Strings("tokenizer.ggml.tokens"), m.Strings("tokenizer.ggml.merges")
	t.Logf("%d tokens, %d merges", tokens.Len(), merges.Len())
	if tokens.Len() != 202048 || tokens.At(200000) != "<|begin_of_text|>" || tokens.At(200008) != "<|eot|>" ||
		tokens.At(200090) != "<|image|>" {
		t.Errorf("%d tokens, special ones %q %q %q", tokens.Len(), tokens.At(200000), tokens.At(200008), tokens.At(200090))
	}
	if merges.Len() < 390000 {
		t.Errorf("%d merges, want about two a token", merges.Len())
	}
	seen := map[string]bool{}
	for i := range tokens.Len() {
		if seen[tokens.At(i)] {
			t.Fatalf("token %q occurs twice", tokens.At(i))
		}
		seen[tokens.At(i)] = true
	}
	for i := range merges.Len() {
		left, right, _ := strings.Cut(merges.At(i), " ")
		if !seen[left+right] || !seen[left] || !seen[right] {
			t.Fatalf("merge %d, %q, names a token that is not in the vocabulary", i, merges.At(i))
		}
	}
	types := make([]int32, tokens.Len())
	for i, x := range m.Ints("tokenizer.ggml.token_type") {
		types[i] = int32(x)
	}
	tok, err := tokenizer.New(tokenizer.Vocab{Model: "gpt2", Pre: "llama4", Tokens: tokens, Types: types, BOS: 200000,
		EOS: 200008})
	if err != nil {
		t.Fatal(err)
	}
	text := "Hello there, two plus 2024 makes \x00\xff\n\nnothing."
	if back := tok.Decode(tok.Encode(text)); back != text {
		t.Errorf("%q is decoded as %q", text, back)
	}
	if ids := tok.Encode(" the"); len(ids) != 1 {
		t.Errorf("%q is %d tokens", " the", len(ids))
	}
}

func whole(t testing.TB, f *File) []byte {
	b := make([]byte, f.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBytesDependOnTheSeed(t *testing.T) {
	once := whole(t, New(small(), UDQ2KXL(), 1))
	if !bytes.Equal(once, whole(t, New(small(), UDQ2KXL(), 1))) {
		t.Error("the same seed makes other bytes")
	}
	if bytes.Equal(once[len(once)-1000:], whole(t, New(small(), UDQ2KXL(), 2))[len(once)-1000:]) {
		t.Error("another seed makes the same bytes")
	}
}

// A change of the generator changes files that are stored under the same name. This test notices an unintended one.
func TestBytesAreTheSameOnEveryMachine(t *testing.T) {
	f := New(small(), UDQ2KXL(), 1)
	h := open(t, f)
	for name, want := range map[string]string{
		"blk.0.attn_q.weight":         "ce0a6116b7bfa4b3b7bfa4b3",
		"blk.1.ffn_gate_exps.weight":  "99bbcccc99ffcc88bbccaacc",
		"blk.7.ffn_down_exps.weight":  "2b5ba836b095231e429c9775",
		"blk.1.ffn_down_shexp.weight": "8d654c246d5274bece1f7b1e",
		"blk.1.ffn_gate_inp.weight":   "efcb0e3e0f4dd7bd20b68f3a",
	} {
		x, _ := h.Tensor(name)
		b := make([]byte, 12)
		f.ReadAt(b, x.Offset)
		if got := fmt.Sprintf("%x", b); got != want {
			t.Errorf("%s begins with %s, want %s", name, got, want)
		}
	}
}

func TestFirstLayersEqualThoseOfTheWholeModel(t *testing.T) {
	all, few := New(Scout(), UDQ2KXL(), 1), New(Scout().FirstLayers(4), UDQ2KXL(), 1)
	for _, name := range []string{"token_embd.weight", "blk.3.ffn_down_exps.weight", "blk.0.attn_norm.weight"} {
		a, _ := open(t, all).Tensor(name)
		b, _ := open(t, few).Tensor(name)
		x, y := make([]byte, 1000), make([]byte, 1000)
		all.ReadAt(x, a.Offset+a.Size-1000)
		few.ReadAt(y, b.Offset+b.Size-1000)
		if !bytes.Equal(x, y) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestReadAtImplementsReaderAt(t *testing.T) {
	f := New(small(), UDQ2KXL(), 1)
	b := make([]byte, 10)
	for _, c := range []struct {
		off  int64
		want int
		err  error
	}{{0, 10, nil}, {f.Size() - 10, 10, nil}, {f.Size() - 3, 3, io.EOF}, {f.Size(), 0, io.EOF},
		{f.Size() + 5, 0, io.EOF}} {
		if n, err := f.ReadAt(b, c.off); n != c.want || err != c.err {
			t.Errorf("at %d: %d bytes, %v; want %d, %v", c.off, n, err, c.want, c.err)
		}
	}
	if _, err := f.ReadAt(b, -1); err == nil {
		t.Error("an offset below zero is accepted")
	}
}

func FuzzRangesAgree(f *testing.F) {
	file := New(small(), UDQ2KXL(), 1)
	all := whole(f, file)
	f.Add(int64(0), 100)
	f.Add(file.tensors[3].offset-1, 1)
	for _, t := range file.tensors {
		f.Add(t.offset+t.size()-7, 500)
	}
	f.Fuzz(func(t *testing.T, off int64, n int) {
		off, n = int64(uint64(off)%uint64(len(all))), int(uint(n)%10000)
		n = min(n, len(all)-int(off))
		got := bytes.Repeat([]byte{0xff}, n) // old content of the caller's slice
		if k, err := file.ReadAt(got, off); k != n || err != nil {
			t.Fatal(k, err)
		}
		if !bytes.Equal(got, all[off:int(off)+n]) {
			t.Errorf("bytes %d..%d differ from those of the whole", off, int(off)+n)
		}
	})
}

// Ranges around the borders of tensors, split anywhere, join to the result of one read.
func TestLargeRangesJoin(t *testing.T) {
	f := New(Maverick(), UDQ2KXL(), 1)
	for i := 1; i < len(f.tensors); i += 37 {
		start := f.tensors[i].offset - 3000
		all := make([]byte, 6000)
		f.ReadAt(all, start)
		for _, cut := range []int{1, 2999, 3000, 3001, 4777} {
			parts := make([]byte, len(all))
			f.ReadAt(parts[:cut], start)
			f.ReadAt(parts[cut:], start+int64(cut))
			if !bytes.Equal(all, parts) {
				t.Fatalf("around %s cut at %d differs", f.tensors[i].name, cut)
			}
		}
	}
}

func TestWeightsHaveTheRequestedSize(t *testing.T) {
	f := New(Scout(), UDQ2KXL(), 1)
	h := open(t, f)
	for name, sigma := range map[string]float64{
		"token_embd.weight":           1,                     // Q4_K
		"output.weight":               4 / math.Sqrt(5120),   // Q6_K
		"blk.0.attn_q.weight":         1 / math.Sqrt(5120),   // Q4_K
		"blk.9.ffn_up_exps.weight":    1 / math.Sqrt(5120),   // Q2_K
		"blk.9.ffn_down_exps.weight":  4 / math.Sqrt(8192),   // Q3_K
		"blk.9.ffn_down_shexp.weight": 1 / math.Sqrt(8192),   // Q6_K
		"blk.9.ffn_gate_inp.weight":   1.5 / math.Sqrt(5120), // F32
	} {
		x, _ := h.Tensor(name)
		w := weights(t, f, x, 80*5120)
		mean, deviation := statistics(w)
		t.Logf("%-28s %v mean %+.5f deviation %.5f of %.5f", name, x.Type, mean/sigma, deviation, sigma)
		if math.Abs(deviation/sigma-1) > 0.02 || math.Abs(mean/sigma) > 0.015 {
			t.Errorf("%s, %v: mean %g, deviation %g, want 0 and %g", name, x.Type, mean, deviation, sigma)
		}
	}
	x, _ := h.Tensor("blk.9.ffn_norm.weight")
	if mean, deviation := statistics(weights(t, f, x, 5120)); math.Abs(mean-1) > 0.01 || deviation > 0.1 {
		t.Errorf("norms have mean %g, deviation %g", mean, deviation)
	}
	x, _ = h.Tensor("rope_freqs.weight")
	if w := weights(t, f, x, 64); w[34] != 1 || w[35] != 16 || w[0] != 1 || w[63] != 16 {
		t.Errorf("rope divisors are %v", w)
	}
}

// weights returns n weights from the middle of a tensor.
func weights(t *testing.T, f *File, x gguf.Tensor, n int) []float32 {
	row := int64(x.Type.RowBytes(x.Dims[0]))
	n = min(n, shape(x.Dims).elems())
	b := make([]byte, x.Type.RowBytes(n))
	if _, err := f.ReadAt(b, x.Offset+(x.Size-int64(len(b)))/2/row*row); err != nil {
		t.Fatal(err)
	}
	w := make([]float32, n)
	quant.Dequantize(x.Type, w, b)
	return w
}

func statistics(w []float32) (mean, deviation float64) {
	var sum, squares float64
	for _, x := range w {
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	mean = sum / float64(len(w))
	return mean, math.Sqrt(squares/float64(len(w)) - mean*mean)
}

// Each expert is chosen for some of a few hundred token embeddings, in each tested layer, and layers differ.
func TestRoutersUseEveryExpert(t *testing.T) {
	f := New(Scout(), UDQ2KXL(), 1)
	h := open(t, f)
	embeddings, _ := h.Tensor("token_embd.weight")
	const tokens = 512
	x := weights(t, f, embeddings, tokens*5120)
	var favourites []int
	for _, layer := range []int{0, 7, 23, 47} {
		router, _ := h.Tensor(fmt.Sprintf("blk.%d.ffn_gate_inp.weight", layer))
		w := weights(t, f, router, 16*5120)
		used := make([]int, 16)
		for token := range tokens {
			used[best(w, x[token*5120:(token+1)*5120])]++
		}
		t.Logf("layer %d: %v", layer, used)
		if slices.Min(used) < tokens/16/4 || slices.Max(used) > tokens/16*4 {
			t.Errorf("layer %d uses its experts %v times", layer, used)
		}
		favourites = append(favourites, best(w, x[:5120]))
	}
	slices.Sort(favourites)
	if len(slices.Compact(favourites)) == 1 {
		t.Error("the first token uses the same expert in every layer")
	}
}

func best(w, x []float32) (expert int) {
	top := math.Inf(-1)
	for e := range len(w) / len(x) {
		sum := 0.0
		for i := range x {
			sum += float64(w[e*len(x)+i]) * float64(x[i])
		}
		if sum > top {
			expert, top = e, sum
		}
	}
	return expert
}

func TestScalesDifferBetweenBlocks(t *testing.T) {
	f := New(Scout(), UDQ2KXL(), 1)
	x, _ := open(t, f).Tensor("blk.0.attn_q.weight")
	b := make([]byte, 100*144)
	f.ReadAt(b, x.Offset)
	seen := map[uint16]bool{}
	for i := 0; i < len(b); i += 144 {
		seen[binary.LittleEndian.Uint16(b[i:])] = true
	}
	if len(seen) != 16 {
		t.Errorf("100 blocks have %d different scales, want 16", len(seen))
	}
}

func BenchmarkReadAt(b *testing.B) {
	f := New(Scout(), UDQ2KXL(), 1)
	h := open(b, f)
	buffer := make([]byte, 4<<20)
	for _, name := range []string{"blk.0.attn_q.weight", "blk.9.ffn_up_exps.weight", "blk.9.ffn_down_exps.weight",
		"output.weight"} {
		x, _ := h.Tensor(name)
		b.Run(x.Type.String(), func(b *testing.B) {
			b.SetBytes(int64(len(buffer)))
			for range b.N {
				f.ReadAt(buffer, x.Offset+1)
			}
		})
	}
}
