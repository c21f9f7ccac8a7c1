package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
)

// lookahead is the CPU reference with a measurement: in every layer of a token it also runs the routers of the layers
// that follow, on the residual stream as it is, and counts how often they choose what they later choose in earnest.
type lookahead struct {
	*ref.Backend
	ahead   int                    // how many layers ahead routers are run
	weights map[string]*ops.Tensor // by name
	stream  *ops.Tensor            // the last input of RMSNorm: the residual stream, when a router comes next
	eps     float32                // of that RMSNorm
	layers  []routerChoice         // the layers with experts of the program that computes one token

	tokens  [][]byte // of each token: the experts that its layers used
	correct []int    // [layers ahead - 1]: experts that were used and had been predicted
	total   []int    // [layers ahead - 1]: experts that were used where there was a prediction
}

// routerChoice is a layer's choice, and what it predicts for the layers that follow.
type routerChoice struct {
	router    string        // name of the router's weights
	choice    *ops.Tensor   // U32 [ops.ChoiceWords·k, 1], k experts
	predicted []*ops.Tensor // the same, of the next layers
}

func newLookahead(ahead int) *lookahead {
	return &lookahead{Backend: ref.New(), ahead: ahead, weights: map[string]*ops.Tensor{},
		correct: make([]int, ahead), total: make([]int, ahead)}
}

// Alloc remembers tensors by name.
func (b *lookahead) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	made, err := b.Backend.Alloc(name, t, shape...)
	b.weights[name] = made
	return made, err
}

// RMSNorm remembers its input.
func (b *lookahead) RMSNorm(dst, x, w *ops.Tensor, eps float32) {
	b.stream, b.eps = x, eps
	b.Backend.RMSNorm(dst, x, w, eps)
}

// Router also runs the routers of the next layers, when it chooses for one token.
func (b *lookahead) Router(dst, x, w, slots *ops.Tensor) {
	b.Backend.Router(dst, x, w, slots)
	if x.Dim(1) > 1 {
		return
	}
	c := routerChoice{router: w.Name, choice: dst}
	for layer := layerOf(w.Name) + 1; len(c.predicted) < b.ahead; layer++ {
		norm := b.weights[fmt.Sprintf("blk.%d.ffn_norm.weight", layer)]
		if norm == nil {
			break
		}
		if router := b.weights[fmt.Sprintf("blk.%d.ffn_gate_inp.weight", layer)]; router != nil {
			c.predicted = append(c.predicted, b.predict(dst, norm, router))
		}
	}
	b.layers = append(b.layers, c)
}

// predict runs a layer's norm and router on the residual stream as it is. Its result has the shape of `like`.
func (b *lookahead) predict(like, norm, router *ops.Tensor) *ops.Tensor {
	x, _ := b.Backend.Alloc("normed", quant.F32, norm.Dim(0), 1) // the reference backend never runs out of memory
	choice, _ := b.Backend.Alloc("predicted", quant.U32, like.Dim(0), 1)
	b.Backend.RMSNorm(x, b.stream, norm, b.eps)
	b.Backend.Router(choice, x, router, nil)
	return choice
}

// layerOf returns the layer that a tensor's name is of.
func layerOf(name string) (layer int) {
	fmt.Sscanf(name, "blk.%d.", &layer)
	return layer
}

// Record makes a program. The first program with routers for one token, which is the decode program, also counts.
func (b *lookahead) Record(label string, f func()) (ops.Program, error) {
	had := len(b.layers)
	p, err := b.Backend.Record(label, f)
	if had > 0 || len(b.layers) == 0 {
		b.layers = b.layers[:had]
		return p, err
	}
	return &countingProgram{p, b}, err
}

// countingProgram counts correct predictions each time that it runs.
type countingProgram struct {
	ops.Program
	b *lookahead
}

// Run runs the program and counts. The reference has computed everything when its Run returns.
func (p *countingProgram) Run() error {
	if err := p.Program.Run(); err != nil {
		return err
	}
	b := p.b
	var token []byte
	for i, c := range b.layers {
		used := b.experts(c.choice)
		token = append(token, used...)
		for d := 1; d <= b.ahead && d <= i; d++ {
			b.count(d-1, used, b.experts(b.layers[i-d].predicted[d-1]))
		}
	}
	b.tokens = append(b.tokens, token)
	return nil
}

// count compares the experts that a layer used with those predicted d+1 layers before.
func (b *lookahead) count(d int, used, predicted []byte) {
	for _, e := range used {
		b.total[d]++
		if bytes.IndexByte(predicted, e) >= 0 {
			b.correct[d]++
		}
	}
}

// experts returns the experts of a choice, best first.
func (b *lookahead) experts(choice *ops.Tensor) (all []byte) {
	data, _ := ops.Read(context.Background(), b, choice, 0, 4*choice.Dim(0)) // it is in memory: there is no error
	for at := 0; at < len(data); at += 4 * ops.ChoiceWords {
		all = append(all, byte(binary.LittleEndian.Uint32(data[at+4*ops.ChoiceExpert:])))
	}
	return all
}

func (b *lookahead) numExperts() int     { return b.weights[b.layers[0].router].Dim(1) }
func (b *lookahead) numExpertsUsed() int { return b.layers[0].choice.Dim(0) / ops.ChoiceWords }

// accuracy returns the fraction of the used experts that had been predicted d+1 layers before.
func (b *lookahead) accuracy(d int) float64 {
	return float64(b.correct[d]) / float64(max(1, b.total[d]))
}

// repeatRate returns the fraction of the used experts that the token before had used in the same layer.
func (b *lookahead) repeatRate() float64 {
	repeated, k := 0, b.numExpertsUsed()
	for i := 1; i < len(b.tokens); i++ {
		for at, e := range b.tokens[i] {
			if bytes.IndexByte(b.tokens[i-1][at/k*k:at/k*k+k], e) >= 0 {
				repeated++
			}
		}
	}
	return float64(repeated) / float64(max(1, (len(b.tokens)-1)*len(b.layers)*k))
}
