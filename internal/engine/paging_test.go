package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/sample"
	"github.com/outrider-web/outrider/internal/testing/tiny"
)

// pagedModels use one or two experts for a token, and have experts in every layer or in every second one.
var pagedModels = map[string]tiny.Llama4{
	"one of six": {Seed: 1, Type: quant.Q8_0, NumExperts: 6, NumExpertsUsed: 1},
	"two of six": {Seed: 2, Type: quant.Q4_0, NumExperts: 6, NumExpertsUsed: 2},
	"two of six between dense layers": {Seed: 3, Type: quant.Q8_0, NumExperts: 6, NumExpertsUsed: 2, MoEInterval: 2,
		PlainQK: true},
}

// pagedFile returns a model of sizes that are fast on the CPU reference, with rings that a conversation overwrites.
func pagedFile(l tiny.Llama4) []byte {
	l.HiddenSize, l.NumHeads, l.NumKVHeads, l.ExpertWidth, l.DenseWidth = 64, 4, 2, 96, 160
	l.Window, l.TempFloor, l.ContextSize = 32, 4, 700
	return l.GGUF()
}

// converse has a conversation: a prompt in several batches, a greedy answer, a sampled one, and a turn that goes back.
// It returns the tokens of the answers.
func converse(t *testing.T, e *Engine) (said []int32) {
	t.Helper()
	history := numbered(37)
	turn := func(p Params, add ...int32) {
		history = append(history, add...)
		p.Stop = never
		answer, _ := generate(t, e, history, p)
		said = append(said, answer...)
		history = append(history, answer...)
	}
	turn(Params{MaxTokens: 7})
	turn(Params{MaxTokens: 4, Options: sample.Options{Temperature: 2, Seed: 5}}, 9, 8, 7)
	history = history[:40]
	turn(Params{MaxTokens: 5}, 77)
	return said
}

// numbered returns a prompt of n tokens.
func numbered(n int) []int32 {
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = int32((i*i*7 + 3*i) % 250)
	}
	return tokens
}

// logitsOfCalls returns the logits after calls of several tokens, and after tokens computed one by one.
func logitsOfCalls(t *testing.T, e *Engine) (all [][]byte) {
	t.Helper()
	tokens := numbered(60)
	rewind(t, e)
	for _, n := range []int{1, 2, 20, 1} {
		if err := e.model.Prefill(t.Context(), tokens[:n]); err != nil {
			t.Fatal(err)
		}
		tokens, all = tokens[n:], append(all, readLogits(t, e))
	}
	for range 4 {
		if err := e.model.Decode(); err != nil {
			t.Fatal(err)
		}
		all = append(all, readLogits(t, e))
	}
	return all
}

// readLogits returns the bytes of the logits.
func readLogits(t *testing.T, e *Engine) []byte {
	t.Helper()
	data, err := e.model.ReadBack(e.model.Logits()).Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(data)
}

var pagings = []Paging{
	{Slots: 2, Policy: "lru"},
	{Slots: 2, Policy: "lfu", Prefetch: true},
	{Slots: 5, Policy: "lru", Prefetch: true},
	{Slots: 5, Policy: "lfu"},
	{SlotsOf: []int{2, 6, 3, 4}, Policy: "stale", Prefetch: true},
	{Slots: 6},
}

// smallBatches returns options with batches of 16 tokens.
func smallBatches(p Paging) Options { return Options{Options: model.Options{BatchSize: 16}, Paging: p} }

func TestPagedModelsComputeTheSameTokensAndLogits(t *testing.T) {
	for name := range pagedModels {
		comparePaged(t, ref.New(), name, pagings)
	}
}

// The GPU has other kernels for one token than for several.
func TestPagedModelsComputeTheSameTokensAndLogitsOnTheGPU(t *testing.T) {
	device := onGPU(t)
	comparePaged(t, device, "one of six", pagings[:1])
	comparePaged(t, device, "two of six between dense layers", pagings[1:3])
}

// comparePaged compares a model paged in several ways with the same model without paging.
func comparePaged(t *testing.T, b ops.Backend, name string, pagings []Paging) {
	m := pagedModels[name]
	file := pagedFile(m)
	plain := open(t, b, file, smallBatches(Paging{}))
	tokens, numbers := converse(t, plain), logitsOfCalls(t, plain)
	if plain.pager != nil {
		t.Fatal("a model that fits is paged")
	}
	for _, p := range pagings {
		if m.MoEInterval == 2 {
			p.SlotsOf = p.SlotsOf[:min(2, len(p.SlotsOf))]
		}
		e := open(t, b, file, smallBatches(p))
		if got := converse(t, e); !slices.Equal(got, tokens) {
			t.Errorf("%s, %+v: the tokens are %v, want %v", name, p, got, tokens)
		}
		for i, got := range logitsOfCalls(t, e) {
			if !slices.Equal(got, numbers[i]) {
				t.Errorf("%s, %+v: the logits of call %d differ by %v", name, p, i, difference(got, numbers[i]))
			}
		}
		if s := e.pagingStats(); s.Misses == 0 || s.Hits == 0 || s.Reads < 3*s.Loads || p.Slots == 2 && s.Evictions == 0 {
			t.Errorf("%s, %+v: nothing was paged: %+v", name, p, s)
		}
		e.Close()
	}
}

// difference returns the largest difference between two lists of F32.
func difference(a, b []byte) (largest float64) {
	for i := 0; i < len(a); i += 4 {
		x := math.Float32frombits(binary.LittleEndian.Uint32(a[i:]))
		y := math.Float32frombits(binary.LittleEndian.Uint32(b[i:]))
		largest = max(largest, math.Abs(float64(x-y)))
	}
	return largest
}

func TestOneSlotIsEnoughForOneExpertAToken(t *testing.T) {
	file := pagedFile(pagedModels["one of six"])
	want := converse(t, open(t, ref.New(), file, smallBatches(Paging{})))
	got := converse(t, open(t, ref.New(), file, smallBatches(Paging{Slots: 1, Prefetch: true})))
	if !slices.Equal(got, want) {
		t.Errorf("the tokens are %v, want %v", got, want)
	}
}

func TestTooFewSlotsForATokenAreRefused(t *testing.T) {
	files := download(t, pagedFile(pagedModels["two of six"]))
	plan, err := Read(files.File)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Open(t.Context(), ref.New(), files, smallBatches(Paging{Slots: 1}), nil)
	if errs.Of(err).Code != errs.OutOfMemory {
		t.Errorf("one slot for two experts: %v", err)
	}
	_, err = plan.Open(t.Context(), ref.New(), files, smallBatches(Paging{Slots: 2, Policy: "best"}), nil)
	if errs.Of(err).Code != errs.InvalidRequest {
		t.Errorf("an unknown policy: %v", err)
	}
}

func TestALongPromptIsPaged(t *testing.T) {
	file := pagedFile(pagedModels["two of six"])
	p := Params{MaxTokens: 3, Stop: never}
	want, _ := generate(t, open(t, ref.New(), file, Options{}), numbered(600), p)
	got, stats := generate(t, open(t, ref.New(), file, Options{Paging: Paging{Slots: 2}}), numbered(600), p)
	if !slices.Equal(got, want) {
		t.Errorf("the tokens are %v, want %v", got, want)
	}
	if stats.PrefillPaging.Loads == 0 || stats.DecodePaging.Tokens != 2 {
		t.Errorf("statistics %+v", stats)
	}
}

// Embeddings are inserted in calls of one token and of several.
func TestEmbeddingsAreUsedInAPagedModel(t *testing.T) {
	file := pagedFile(pagedModels["two of six"])
	run := func(o Options) (all [][]byte) {
		e := open(t, ref.New(), file, o)
		vectors, err := e.backend.Alloc("picture", quant.F32, 64, 9)
		if err == nil {
			err = model.Write(e.backend, vectors, slices.Repeat([]float32{0.5, -1, 2}, 64*3))
		}
		for _, n := range []int{12, 1, 20, 1, 1} {
			if err == nil {
				err = e.model.Prefill(t.Context(), numbered(n), model.Embeddings{At: n - 5, Vectors: vectors})
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, readLogits(t, e))
		}
		return all
	}
	want := run(smallBatches(Paging{}))
	for i, got := range run(smallBatches(Paging{Slots: 2})) {
		if !slices.Equal(got, want[i]) {
			t.Errorf("call %d differs by %v", i, difference(got, want[i]))
		}
	}
}

// Some of the queued tokens are not read back.
func TestPagedTokensAreQueuedBeforeAReadBack(t *testing.T) {
	file := pagedFile(pagedModels["two of six"])
	run := func(o Options) (all [][]byte) {
		e := open(t, ref.New(), file, o)
		if err := e.model.Prefill(t.Context(), numbered(5)); err != nil {
			t.Fatal(err)
		}
		var pending []ops.Pending
		for _, n := range []int{0, 3, 1, 2} {
			for range n {
				if err := e.model.Decode(); err != nil {
					t.Fatal(err)
				}
			}
			pending = append(pending, e.model.ReadBack(e.model.Logits()))
		}
		if err := e.model.Decode(); err != nil {
			t.Fatal(err)
		}
		for _, p := range pending {
			data, err := p.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data)
		}
		return append(all, readLogits(t, e))
	}
	want := run(Options{})
	for i, got := range run(Options{Paging: Paging{Slots: 2}}) {
		if !slices.Equal(got, want[i]) {
			t.Errorf("read-back %d differs by %v", i, difference(got, want[i]))
		}
	}
}

// What routers choose does not depend on which experts are resident.
func TestThePagingTraceHasEachTokenOnce(t *testing.T) {
	file := pagedFile(pagedModels["two of six"])
	record := func(slots int) (trace []string) {
		o := smallBatches(Paging{Slots: slots, Trace: func(used [][]int) { trace = append(trace, fmt.Sprint(used)) }})
		e := open(t, ref.New(), file, o)
		_, stats := generate(t, e, numbered(20), Params{MaxTokens: 9, Stop: never})
		if s := stats.DecodePaging; s.Tokens != 8 || s.Hits+s.Misses != 8*4*2 {
			t.Errorf("with %d slots %d tokens were counted, want 8; %d hits and %d misses, want %d together",
				slots, s.Tokens, s.Hits, s.Misses, 8*4*2)
		}
		return trace
	}
	all, few := record(6), record(2)
	if len(all) != 8 || !slices.Equal(all, few) {
		t.Errorf("with all experts resident %v, with two of each layer %v", all, few)
	}
}

func TestStacksBeyondTheLimitsArePaged(t *testing.T) {
	files := download(t, pagedFile(pagedModels["one of six"]))
	plan, err := Read(files.File)
	if err != nil {
		t.Fatal(err)
	}
	stack, _ := plan.file.Tensor("blk.0.ffn_up_exps.weight")
	for _, c := range []struct {
		bytes int64
		o     Paging
		slots []int
	}{
		{stack.Size, Paging{}, nil},
		{stack.Size - 1, Paging{}, []int{5, 5, 5, 5}},
		{stack.Size / 2, Paging{Slots: 4}, []int{3, 3, 3, 3}},
		{stack.Size, Paging{SlotsOf: []int{1, 2, 3, 9}}, []int{1, 2, 3, 6}},
	} {
		y, err := plan.place(ops.Limits{MaxBinding: c.bytes, MaxBuffer: 1 << 40}, Options{Paging: c.o})
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		if y != nil {
			got = y.shape.Slots
		}
		if !slices.Equal(got, c.slots) {
			t.Errorf("%d bytes, %+v: %v slots, want %v", c.bytes, c.o, got, c.slots)
		}
	}
	err = plan.Fit(ops.Limits{MaxBinding: stack.Size/6 - 1, MaxBuffer: 1 << 40}, Options{})
	if errs.Of(err).Code != errs.LimitsTooSmall {
		t.Errorf("a limit too small for one expert: %v", err)
	}
}
