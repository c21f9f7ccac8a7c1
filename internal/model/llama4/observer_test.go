package llama4

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
)

var le = binary.LittleEndian

// tap is the reference with ears: it copies the residual stream at the beginning of every layer and after the last one,
// and every choice of experts. Each run of a program appends what it heard.
type observer struct {
	*ref.Backend
	t         *testing.T
	recording *observedProgram
	hidden    [][]float32 // of each layer's input and the last one's output: [hidden, tokens so far]
	experts   [][]int32   // of each token so far: those of each MoE layer, best first
}

// tapped is a program with copies of what it computes.
type observedProgram struct {
	ops.Program
	tap     *observer
	x       *ops.Tensor
	hidden  []*ops.Tensor // F32 [hidden, n]
	choices []*ops.Tensor // U32 [ChoiceWords·k, n]
}

func (b *observer) Record(label string, f func()) (_ ops.Program, err error) {
	p := &observedProgram{tap: b}
	b.recording = p
	p.Program, err = b.Backend.Record(label, f)
	return p, err
}

func (b *observer) RMSNorm(dst, x, w *ops.Tensor, eps float32) {
	if strings.HasSuffix(w.Name, ".attn_norm.weight") {
		b.recording.x = x
		b.copyStream()
	}
	b.Backend.RMSNorm(dst, x, w, eps)
}

// Advance ends every program of a model.
func (b *observer) Advance(step *ops.Tensor) {
	b.copyStream()
	b.Backend.Advance(step)
}

func (b *observer) copyStream() {
	p := b.recording
	n := p.x.Dim(1)
	ids := b.alloc("ids", quant.U32, n)
	for i := range n {
		if err := b.Write(ids, 4*i, le.AppendUint32(nil, uint32(i))); err != nil {
			b.t.Fatal(err)
		}
	}
	p.hidden = append(p.hidden, b.alloc("copy", quant.F32, p.x.Dim(0), n))
	b.GetRows(p.hidden[len(p.hidden)-1], p.x, ids)
}

// Router chooses once for the model and once more to keep.
func (b *observer) Router(dst, x, w, slots *ops.Tensor) {
	b.Backend.Router(dst, x, w, slots)
	p := b.recording
	p.choices = append(p.choices, b.alloc("choice", quant.U32, dst.Dim(0), dst.Dim(1)))
	b.Backend.Router(p.choices[len(p.choices)-1], x, w, slots)
}

func (b *observer) alloc(name string, typ quant.Type, shape ...int) *ops.Tensor {
	x, err := b.Alloc(name, typ, shape...)
	if err != nil {
		b.t.Fatal(err)
	}
	return x
}

func (p *observedProgram) Run() error {
	if err := p.Program.Run(); err != nil {
		return err
	}
	b := p.tap
	if b.hidden == nil {
		b.hidden = make([][]float32, len(p.hidden))
	}
	for i, x := range p.hidden {
		b.hidden[i] = append(b.hidden[i], floats(b.t, x)...)
	}
	for token := range p.x.Dim(1) {
		b.experts = append(b.experts, p.chosen(token))
	}
	return nil
}

// chosen is a token's experts.
func (p *observedProgram) chosen(token int) (experts []int32) {
	for _, choice := range p.choices {
		data, err := ops.Read(p.tap.t.Context(), p.tap, choice.Rows(token, 1), 0, 4*choice.Dim(0))
		if err != nil {
			p.tap.t.Fatal(err)
		}
		for at := 0; at < len(data); at += 4 * ops.ChoiceWords {
			experts = append(experts, int32(le.Uint32(data[at:])))
		}
	}
	return experts
}
