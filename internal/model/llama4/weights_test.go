package llama4

import (
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/golden"
	"github.com/outrider-web/outrider/internal/testing/modeltest"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/loader/gguf"
)

// handles returns the tensors of a file without data.
func handles(f *gguf.File) model.Source {
	source := model.Source{}
	for _, x := range f.Tensors {
		source[x.Name] = &ops.Tensor{Name: x.Name, Type: x.Type, Shape: x.Dims}
	}
	return source
}

func TestErrorsNameTheWrongTensor(t *testing.T) {
	shape := func(name string, dims ...int) func(model.Source) {
		return func(s model.Source) { s[name].Shape = dims }
	}
	for _, c := range []struct {
		name   string
		change func(model.Source)
		want   []string
	}{
		{"missing", func(s model.Source) { delete(s, "blk.1.ffn_down_shexp.weight") },
			[]string{"blk.1.ffn_down_shexp.weight", "[96 64]"}},
		{"no router", func(s model.Source) { delete(s, "blk.3.ffn_gate_inp.weight") },
			[]string{"blk.3.ffn_gate_inp.weight", "[64 4]"}},
		{"expert count", shape("blk.1.ffn_gate_exps.weight", 64, 96, 8),
			[]string{"blk.1.ffn_gate_exps.weight", "[64 96 8]", "[64 96 4]"}},
		{"one expert", shape("blk.1.ffn_up_exps.weight", 64, 96), []string{"blk.1.ffn_up_exps.weight", "[64 96]"}},
		{"expert width", shape("blk.1.ffn_down_exps.weight", 128, 64, 4),
			[]string{"blk.1.ffn_down_exps.weight", "[128 64 4]", "[96 64 4]"}},
		{"dense width", shape("blk.2.ffn_gate.weight", 64, 96), []string{"blk.2.ffn_gate.weight", "[64 160]"}},
		{"heads", shape("blk.0.attn_q.weight", 64, 80), []string{"blk.0.attn_q.weight", "[64 80]", "[64 64]"}},
		{"key heads", shape("blk.0.attn_v.weight", 64, 64), []string{"blk.0.attn_v.weight", "[64 32]"}},
		{"rope pairs", shape("rope_freqs.weight", 64), []string{"rope_freqs.weight", "[64]", "[8]"}},
		{"dense tensor in a MoE layer", func(s model.Source) { s["blk.1.ffn_gate.weight"] = s["blk.0.ffn_gate.weight"] },
			[]string{"blk.1.ffn_gate.weight", "not part of the model"}},
		{"a fused stack", func(s model.Source) {
			s["blk.1.ffn_gate_up_exps.weight"] = &ops.Tensor{Shape: ops.Shape{64, 192, 4}}
		},
			[]string{"blk.1.ffn_gate_up_exps.weight", "not part of the model"}},
		{"a quantised router", func(s model.Source) { s["blk.1.ffn_gate_inp.weight"].Type = quant.F16 },
			[]string{"blk.1.ffn_gate_inp.weight", "F16", "F32"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := header(t, small.GGUF())
			source := handles(f)
			c.change(source)
			modeltest.WantBadModel(t, f.Meta, source, c.want...)
		})
	}
}

func TestTensorsOfWholeFilesPass(t *testing.T) {
	for _, l := range []tiny.Llama4{{}, {MoEInterval: 2}, {RopeFactor: -1}, {MoEInterval: 5}} {
		f := header(t, l.GGUF())
		family, err := model.Read(f.Meta)
		if err == nil {
			err = model.Check(family, handles(f))
		}
		if err != nil {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

// The bytes of a stack are one expert after another, so that one expert can be read alone: property 8 of §10.3. Seen to
// fail when the reference used the offset of a row instead of that of a matrix.
func TestAnExpertIsOneRangeOfBytes(t *testing.T) {
	_, file := openGolden(t, "interleave1-qknorm-high1")
	const name = "blk.2.ffn_down_exps.weight"
	tensor, ok := header(t, file).Tensor(name)
	if !ok {
		t.Fatal("no " + name)
	}
	b := ref.New()
	stack := upload(t, b, file)[name]
	width, hidden := stack.Dim(0), stack.Dim(1)
	matrixBytes := int64(hidden * tensor.Type.RowBytes(width)) // §7.3
	x := randomTensor(t, b, width, 1)
	for e := range stack.Dim(2) {
		alone, err := b.Alloc(name, tensor.Type, width, hidden)
		if err == nil {
			err = b.Upload(alone, 0, ops.Bytes(file[tensor.Offset+int64(e)*matrixBytes:][:matrixBytes]))
		}
		if err != nil {
			t.Fatal(err)
		}
		want, got := f32(t, b, hidden, 1), f32(t, b, hidden, 1)
		run(t, b, func() {
			b.MulMat(ops.Product{Dst: want, X: x, W: []*ops.Tensor{alone}})
			b.MulMatID(ops.ProductID{Dst: got, X: x, W: []*ops.Tensor{stack}, Choice: choose(t, b, e),
				Groups: group(t, b, e, stack.Dim(2)), PerChoice: true})
		})
		near(t, "expert", floats(t, got), floats(t, want), 0)
	}
}

// Hugging Face's files have gate and up of all experts in one tensor [experts, hidden, 2·width], which is multiplied by
// x from the left (§2.8): the other half of property 8. Seen to fail with the matrices swapped in MulMatID.
func TestFusedExpertsAreTheTransposedStacks(t *testing.T) {
	_, file := openGolden(t, "interleave1-qknorm-high1")
	b := ref.New()
	source := upload(t, b, file)
	gate, up := source["blk.5.ffn_gate_exps.weight"], source["blk.5.ffn_up_exps.weight"]
	hidden, width := gate.Dim(0), gate.Dim(1)
	x := randomTensor(t, b, hidden, 1)
	for e := range gate.Dim(2) {
		fused := fuse(matrixOf(t, b, file, gate, e), matrixOf(t, b, file, up, e), hidden, width)
		want := make([]float32, 2*width)
		for i, xi := range floats(t, x) {
			for j := range want {
				want[j] += xi * fused[i*2*width+j]
			}
		}
		got := f32(t, b, 2*width, 1)
		run(t, b, func() {
			b.MulMatID(ops.ProductID{Dst: got, X: x, W: []*ops.Tensor{gate, up}, Choice: choose(t, b, e),
				Groups: group(t, b, e, gate.Dim(2))})
		})
		near(t, "fused", floats(t, got), want, 1e-12)
	}
}

// fuse transposes two output-major matrices to rows of one input each: [hidden][gate rows, up rows].
func fuse(gate, up []float32, hidden, width int) []float32 {
	fused := make([]float32, 0, 2*hidden*width)
	for i := range hidden {
		for _, m := range [][]float32{gate, up} {
			for r := range width {
				fused = append(fused, m[r*hidden+i])
			}
		}
	}
	return fused
}

// matrixOf returns the numbers of one expert's matrix, taken from those of the whole stack.
func matrixOf(t *testing.T, b *ref.Backend, file []byte, stack *ops.Tensor, e int) []float32 {
	t.Helper()
	tensor, _ := header(t, file).Tensor(stack.Name)
	all := make([]float32, stack.Shape.Elems())
	quant.Dequantize(stack.Type, all, file[tensor.Offset:tensor.Offset+tensor.Size])
	n := stack.Dim(0) * stack.Dim(1)
	return all[e*n : (e+1)*n]
}

func f32(t *testing.T, b *ref.Backend, shape ...int) *ops.Tensor {
	t.Helper()
	x, err := b.Alloc("x", quant.F32, shape...)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func randomTensor(t *testing.T, b *ref.Backend, shape ...int) *ops.Tensor {
	t.Helper()
	x := f32(t, b, shape...)
	data := []byte{}
	for i := range x.Shape.Elems() {
		data = le.AppendUint32(data, 0x3f000000+uint32(i*2654435761)>>10) // between 0.5 and 1
	}
	write(t, b, x, data)
	return x
}

// choose returns the choice of one expert by one token, with weight 1.
func choose(t *testing.T, b *ref.Backend, expert int) *ops.Tensor {
	return u32(t, b, ops.Shape{ops.ChoiceWords, 1}, uint32(expert), uint32(expert), 0x3f800000)
}

// group returns the same choice as GroupTokens lists it.
func group(t *testing.T, b *ref.Backend, expert, numExperts int) *ops.Tensor {
	starts := slices.Concat(make([]uint32, expert+1), slices.Repeat([]uint32{1}, numExperts-expert), []uint32{0})
	return u32(t, b, ops.Shape{len(starts)}, starts...)
}

func u32(t *testing.T, b *ref.Backend, shape ops.Shape, numbers ...uint32) *ops.Tensor {
	t.Helper()
	x, err := b.Alloc("u32", quant.U32, shape...)
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for _, n := range numbers {
		data = le.AppendUint32(data, n)
	}
	write(t, b, x, data)
	return x
}

func write(t *testing.T, b *ref.Backend, x *ops.Tensor, data []byte) {
	t.Helper()
	if err := b.Write(x, 0, data); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, b *ref.Backend, f func()) {
	t.Helper()
	p, err := b.Record(t.Name(), f)
	if err == nil {
		err = p.Run()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// counter counts the ops of a decode step. Calls of other ops reach the reference, which panics outside Record.
type counter struct {
	*ref.Backend
	n int
}

func (c *counter) RMSNorm(*ops.Tensor, *ops.Tensor, *ops.Tensor, float32)         { c.n++ }
func (c *counter) MulMatVec(ops.Product)                                          { c.n++ }
func (c *counter) RopeKV(ops.RopeKV)                                              { c.n++ }
func (c *counter) AttentionVec(ops.Attention)                                     { c.n++ }
func (c *counter) SwigluVec(*ops.Tensor, *ops.Tensor, *ops.Tensor, *ops.Tensor)   { c.n++ }
func (c *counter) Router(*ops.Tensor, *ops.Tensor, *ops.Tensor, *ops.Tensor)      { c.n++ }
func (c *counter) SwigluIDVec(*ops.Tensor, *ops.Tensor, *ops.Tensor, ops.Experts) { c.n++ }
func (c *counter) MulMatIDVec(*ops.Tensor, *ops.Tensor, *ops.Tensor, ops.Experts) { c.n++ }
func (c *counter) GetRows(*ops.Tensor, *ops.Tensor, *ops.Tensor)                  {}
func (c *counter) Argmax(*ops.Tensor, *ops.Tensor)                                {}
func (c *counter) Advance(*ops.Tensor)                                            {}
func (c *counter) Record(_ string, f func()) (ops.Program, error)                 { f(); return nil, nil }

func TestDecodeCallsAtMostNineOpsPerLayer(t *testing.T) {
	for interleave, want := range map[int]int{1: 4 * 9, 2: 2*9 + 2*8} {
		l := small
		l.MoEInterval = interleave
		file := l.GGUF()
		c := &counter{Backend: ref.New()}
		if _, err := model.New(t.Context(), c, familyOf(t, file), upload(t, c, file), model.Options{}); err != nil {
			t.Fatal(err)
		}
		if got := c.n - 2; got != want { // without the output norm and the head
			t.Errorf("interleave %d: %d ops in 4 layers, want %d", interleave, got, want)
		}
	}
}

func TestNewModelHasTheWarningsOfItsFile(t *testing.T) {
	for factor, want := range map[float32]int{16: 0, 8: 1, -1: 0} {
		l := small
		l.RopeFactor = factor
		if got := build(t, l.GGUF(), model.Options{}).Warnings(); len(got) != want {
			t.Errorf("factor %g: %q", factor, got)
		}
	}
}

func TestMoreExpertsThanThereAreMeansAll(t *testing.T) {
	all := small
	all.NumExpertsUsed = 4
	want := prefill(t, build(t, all.GGUF(), model.Options{}), prompt)
	near(t, "all experts", prefill(t, build(t, small.GGUF(), model.Options{NumExpertsUsed: 9}), prompt), want, 0)
	if d := golden.Compare(prefill(t, build(t, small.GGUF(), model.Options{}), prompt), want); d.NMSE == 0 {
		t.Error("one expert computes the same as four")
	}
}
