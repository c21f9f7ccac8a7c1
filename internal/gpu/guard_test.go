package gpu

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/testing/optest"
)

func TestASetGuardStopsEveryOpOfDecode(t *testing.T) {
	optest.Guard(t, func() ops.Backend { return open(t) }, "get_rows", "rms_norm", "mul_mat_vec", "rope_kv",
		"attention_vec", "swiglu_vec", "router", "swiglu_id_vec", "mul_mat_id_vec", "argmax", "advance")
}

func TestAGuardedProgramRoutesOneToken(t *testing.T) {
	b := open(t)
	defer b.Close()
	dst, x := alloc(t, b, quant.U32, ops.ChoiceWords, 2), alloc(t, b, quant.F32, 4, 2)
	w, guard := alloc(t, b, quant.F32, 4, 4), alloc(t, b, quant.U32, 1)
	_, err := b.RecordGuarded("two", guard, func() { b.Router(dst, x, w, nil) })
	if err == nil || !strings.Contains(err.Error(), "one token") {
		t.Errorf("%v, want an error that says one token", err)
	}
}

// With the guard such a product has nine storage buffers; a device need not support more than eight.
func TestAGuardedProductOfThreeMatricesCannotHaveBiases(t *testing.T) {
	b := open(t)
	defer b.Close()
	p := ops.Product{Dst: alloc(t, b, quant.F32, 12, 1), X: alloc(t, b, quant.F32, 4, 1)}
	for range 3 {
		p.W, p.Bias = append(p.W, alloc(t, b, quant.F32, 4, 4)), append(p.Bias, alloc(t, b, quant.F32, 4))
	}
	_, err := b.RecordGuarded("biased", alloc(t, b, quant.U32, 1), func() { b.MulMatVec(p) })
	if err == nil || !strings.Contains(err.Error(), "9 tensors are bound, at most 8") {
		t.Errorf("%v, want an error that says 9 and 8", err)
	}
}

// A program that misses an expert in its router r, and the programs queued after it, leave every tensor as a program
// does that ends with that router. Continued from r, it ends like a program without a miss. The first choice, the
// second or both may be missing. There are enough experts that two choices can be found by lanes that do not run in
// lockstep.
func TestAGuardedProgramStopsAtAMissAndContinuesFromItsRouter(t *testing.T) {
	b := open(t)
	defer b.Close()
	shape := decoderShape{hidden: 256, heads: 4, kvHeads: 1, width: 64, numExperts: 24, numLayers: 3, vocab: 300}
	m := newDecoder(t, b, shape)
	free, whole := m.record(nil, len(m.layers)), m.record(m.guard, len(m.layers))
	m.reset()
	for range 2 { // tokens
		must(t, free.Run())
	}
	want := m.snapshot()
	for r, l := range m.layers {
		upTo := m.record(nil, r)
		for _, missing := range [][]int{{0}, {1}, {0, 1}} {
			m.reset()
			must(t, upTo.Run()) // makes the choices that the whole program will make
			chosen := readWords(t, b, l.choice)
			slots := readWords(t, b, l.slots)
			miss := slices.Clone(slots)
			for _, j := range missing {
				miss[chosen[ops.ChoiceWords*j+ops.ChoiceExpert]] = ops.Missing
			}
			m.reset()
			must(t, b.Write(l.slots, 0, wordBytes(miss...)))
			must(t, upTo.Run())
			stopped := m.snapshot()

			m.reset()
			must(t, b.Write(l.slots, 0, wordBytes(miss...)))
			must(t, whole.Run())
			must(t, whole.Run()) // queued after it
			m.compare("after the miss", m.snapshot(), stopped)
			if got := readWords(t, b, m.guard)[0]; got != uint32(r+1) {
				t.Errorf("the guard is %d, want %d", got, r+1)
			}
			must(t, b.Write(l.slots, 0, wordBytes(slots...)))
			must(t, b.Write(m.guard, 0, wordBytes(0)))
			must(t, b.Write(m.tokens, 0, wordBytes(6))) // the dispatches before the router do not run again
			must(t, whole.RunFrom(r+1))
			must(t, whole.Run())
			m.compare("at the end", m.snapshot(), want)
		}
	}
}

// BenchmarkGuard compares the time of tokens with the guard to that of tokens without, and for comparison the latter
// to itself. It alternates between them and reports medians of quotients: on a machine that does other work nothing
// else is precise to a few percent.
func BenchmarkGuard(b *testing.B) {
	for name, shape := range map[string]decoderShape{
		"Nano":    {hidden: 192, heads: 3, kvHeads: 1, width: 256, numExperts: 16, numLayers: 8, vocab: 2048},
		"SmolLM2": {hidden: 576, heads: 9, kvHeads: 3, width: 1536, numLayers: 30, vocab: 49152},
	} {
		b.Run(name, func(b *testing.B) {
			g := open(b)
			defer g.Close()
			m := newDecoder(b, g, shape)
			all := shape.numLayers
			programs := [3]ops.Program{m.record(nil, all), m.record(m.guard, all), m.record(nil, all)}
			var guarded, plain []float64
			for i := range b.N {
				var took [3]float64
				for j := range programs {
					which := (i + j) % 3
					took[which] = float64(m.time(programs[which]))
				}
				guarded, plain = append(guarded, took[1]/took[0]), append(plain, took[2]/took[0])
			}
			b.ReportMetric(median(guarded), "guarded/plain")
			b.ReportMetric(median(plain), "plain/plain")
		})
	}
}

// time returns how long three tokens take, from an empty queue to the read-back.
func (m *decoder) time(p ops.Program) time.Duration {
	m.reset()
	readWords(m.t, m.b, m.step)
	start := time.Now()
	for range 3 {
		must(m.t, p.Run())
	}
	readWords(m.t, m.b, m.step)
	return time.Since(start)
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
