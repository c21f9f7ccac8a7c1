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

// observer is the CPU reference that also copies the residual stream before every layer and after the last one, and
// every choice of experts. Each run of a program appends its copies to hidden and experts.
type observer struct {
	*ref.Backend
	t         *testing.T
	recording *observedProgram
	hidden    [][]float32 // the input of each layer and the output of the last: [hidden, tokens so far]
	experts   [][]int32   // for each token so far, the experts of each MoE layer, best first
}

// observedProgram is a program that also makes copies.
type observedProgram struct {
	ops.Program
	observer *observer
	x        *ops.Tensor
	hidden   []*ops.Tensor // F32 [hidden, n]
	choices  []*ops.Tensor // U32 [ChoiceWords·k, n]
}

func (b *observer) Record(label string, f func()) (_ ops.Program, err error) {
	p := &observedProgram{observer: b}
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

// Advance is the last op of every program of a model.
func (b *observer) Advance(step *ops.Tensor) {
	b.copyStream()
	b.Backend.Advance(step)
}

// copyStream calls the op that copies the residual stream.
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

// Router writes the choices a second time, into a copy.
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
	b := p.observer
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

// chosen returns the experts of a token.
func (p *observedProgram) chosen(token int) (experts []int32) {
	for _, choice := range p.choices {
		data, err := ops.Read(p.observer.t.Context(), p.observer, choice.Rows(token, 1), 0, 4*choice.Dim(0))
		if err != nil {
			p.observer.t.Fatal(err)
		}
		for at := 0; at < len(data); at += 4 * ops.ChoiceWords {
			experts = append(experts, int32(le.Uint32(data[at:])))
		}
	}
	return experts
}
