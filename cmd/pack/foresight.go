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

// foresight is the reference with curiosity: in every layer of a token it also asks the routers of the layers to come what
// they would choose if the residual stream stayed as it is, and keeps score of whether they do.
type foresight struct {
	*ref.Backend
	ahead   int
	weights map[string]*ops.Tensor // by their names
	stream  *ops.Tensor            // that was normalised last: the residual stream, when a router comes next
	eps     float32
	layers  []question // those with experts, of the program for one token

	tokens [][]byte // of each: the experts that its layers used
	right  []int    // experts foretold, by how far ahead less 1
	asked  []int    // experts used where there was a guess
}

// question is a layer's choice, and what was foretold for the layers after it.
type question struct {
	router   string
	choice   *ops.Tensor   // U32 [ChoiceWords·k, 1]
	foretold []*ops.Tensor // the same, of the next layers
}

func newForesight(ahead int) *foresight {
	return &foresight{Backend: ref.New(), ahead: ahead, weights: map[string]*ops.Tensor{}, right: make([]int, ahead), asked: make([]int, ahead)}
}

// Alloc remembers what has a name.
func (b *foresight) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	made, err := b.Backend.Alloc(name, t, shape...)
	b.weights[name] = made
	return made, err
}

// RMSNorm remembers what it normalises.
func (b *foresight) RMSNorm(dst, x, w *ops.Tensor, eps float32) {
	b.stream, b.eps = x, eps
	b.Backend.RMSNorm(dst, x, w, eps)
}

// Router asks the routers to come as well, when it chooses for one token.
func (b *foresight) Router(dst, x, w, slots *ops.Tensor) {
	b.Backend.Router(dst, x, w, slots)
	if x.Dim(1) > 1 {
		return
	}
	q := question{router: w.Name, choice: dst}
	for layer := layerOf(w.Name) + 1; len(q.foretold) < b.ahead; layer++ {
		norm := b.weights[fmt.Sprintf("blk.%d.ffn_norm.weight", layer)]
		if norm == nil {
			break
		}
		if router := b.weights[fmt.Sprintf("blk.%d.ffn_gate_inp.weight", layer)]; router != nil {
			q.foretold = append(q.foretold, b.ask(dst, norm, router))
		}
	}
	b.layers = append(b.layers, q)
}

// ask has a layer's router choose with the stream as it is now.
func (b *foresight) ask(like, norm, router *ops.Tensor) *ops.Tensor {
	x, _ := b.Backend.Alloc("normed", quant.F32, norm.Dim(0), 1) // the reference never lacks room
	choice, _ := b.Backend.Alloc("foretold", quant.U32, like.Dim(0), 1)
	b.Backend.RMSNorm(x, b.stream, norm, b.eps)
	b.Backend.Router(choice, x, router, nil)
	return choice
}

func layerOf(name string) (layer int) {
	fmt.Sscanf(name, "blk.%d.", &layer)
	return layer
}

// Record makes a program that keeps score. Only the first for one token does: it is the one for the answer.
func (b *foresight) Record(label string, f func()) (ops.Program, error) {
	had := len(b.layers)
	p, err := b.Backend.Record(label, f)
	if had > 0 || len(b.layers) == 0 {
		b.layers = b.layers[:had]
		return p, err
	}
	return &scored{p, b}, err
}

type scored struct {
	ops.Program
	b *foresight
}

// Run counts what was foretold. The reference has computed it when it returns.
func (p *scored) Run() error {
	if err := p.Program.Run(); err != nil {
		return err
	}
	b := p.b
	var token []byte
	for i, q := range b.layers {
		used := b.experts(q.choice)
		token = append(token, used...)
		for d := 1; d <= b.ahead && d <= i; d++ {
			b.score(d-1, used, b.experts(b.layers[i-d].foretold[d-1]))
		}
	}
	b.tokens = append(b.tokens, token)
	return nil
}

func (b *foresight) score(d int, used, foretold []byte) {
	for _, e := range used {
		b.asked[d]++
		if bytes.IndexByte(foretold, e) >= 0 {
			b.right[d]++
		}
	}
}

// experts are those of a choice, best first.
func (b *foresight) experts(choice *ops.Tensor) (all []byte) {
	data, _ := ops.Read(context.Background(), b, choice, 0, 4*choice.Dim(0)) // it is in memory
	for at := 0; at < len(data); at += 4 * ops.ChoiceWords {
		all = append(all, byte(binary.LittleEndian.Uint32(data[at+4*ops.ChoiceExpert:])))
	}
	return all
}

func (b *foresight) numExperts() int { return b.weights[b.layers[0].router].Dim(1) }
func (b *foresight) used() int       { return b.layers[0].choice.Dim(0) / ops.ChoiceWords }

// accuracy is the part of the experts used that were foretold d+1 layers before.
func (b *foresight) accuracy(d int) float64 { return float64(b.right[d]) / float64(max(1, b.asked[d])) }

// same is the part of the experts used that the token before used in the same layer.
func (b *foresight) same() float64 {
	right, k := 0, b.used()
	for i := 1; i < len(b.tokens); i++ {
		for at, e := range b.tokens[i] {
			if bytes.IndexByte(b.tokens[i-1][at/k*k:at/k*k+k], e) >= 0 {
				right++
			}
		}
	}
	return float64(right) / float64(max(1, (len(b.tokens)-1)*len(b.layers)*k))
}
