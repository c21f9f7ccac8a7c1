package engine

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/sample"
	"github.com/outrider-web/outrider/internal/testing/golden"
)

var prompt = []int32{7, 200, 31, 31, 5, 90, 144, 250, 12, 63, 8, 19}

// never is a stop token that is never generated.
var never = []int32{-1}

// generate collects the tokens of an answer.
func generate(t testing.TB, e *Engine, prompt []int32, p Params) ([]int32, Stats) {
	t.Helper()
	var answer []int32
	stats, err := e.Generate(t.Context(), Prompt{Tokens: prompt}, p, func(token int32) bool {
		answer = append(answer, token)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer, stats
}

func TestGreedyChoosesTheMostLikelyTokens(t *testing.T) {
	e := openSmall(t)
	answer, stats := generate(t, e, prompt, Params{MaxTokens: 6, Stop: never})
	slow := openSmall(t)
	read := slices.Clone(prompt)
	for i, got := range answer {
		if err := slow.model.Prefill(t.Context(), read); err != nil {
			t.Fatal(err)
		}
		if want := sample.New(sample.Options{}).Sample(logits(t, slow)); got != want {
			t.Fatalf("token %d is %d, want %d", i, got, want)
		}
		read = []int32{got}
	}
	if stats.Finish != FinishLength || stats.GeneratedTokens != 6 || stats.PromptTokens != len(prompt) ||
		stats.PeakHeapBytes == 0 {
		t.Errorf("statistics are %+v", stats)
	}
}

func TestGreedySamplingOnTheCPUChoosesTheSameTokens(t *testing.T) {
	greedy, _ := generate(t, openSmall(t), prompt, Params{MaxTokens: 8, Stop: never})
	p := Params{MaxTokens: 8, Stop: never, Options: sample.Options{Temperature: 1, TopK: 1}}
	if sampled, _ := generate(t, openSmall(t), prompt, p); !slices.Equal(greedy, sampled) {
		t.Errorf("greedy generates %v, top-k of one %v", greedy, sampled)
	}
}

func TestASeedDeterminesTheAnswer(t *testing.T) {
	e := openSmall(t)
	p := Params{MaxTokens: 8, Stop: never, Options: sample.Options{Temperature: 2, Seed: 5}}
	first, _ := generate(t, e, prompt, p)
	again, _ := generate(t, e, prompt, p)
	p.Seed = 6
	other, _ := generate(t, e, prompt, p)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("seed 5 generates %v and %v, seed 6 %v", first, again, other)
	}
}

func TestAnAnswerEndsBeforeAStopToken(t *testing.T) {
	for name, o := range map[string]sample.Options{"greedy": {}, "sampled": {Temperature: 1, TopK: 1}} {
		e := openSmall(t)
		whole, _ := generate(t, e, prompt, Params{MaxTokens: 8, Stop: never})
		at := slices.IndexFunc(whole[1:], func(x int32) bool { return !slices.Contains(whole[:1], x) }) + 1
		got, stats := generate(t, e, prompt, Params{MaxTokens: 8, Stop: whole[at : at+1], Options: o})
		if !slices.Equal(got, whole[:at]) || stats.Finish != FinishStop || stats.GeneratedTokens != at {
			t.Errorf("%s: stopping at token %d of %v generates %v, %+v", name, at, whole, got, stats)
		}
		want, n := append(slices.Clone(prompt), whole[:at+1]...), len(e.history)
		if n > len(want) || !slices.Equal(e.history, want[:n]) || e.model.Len() != n {
			t.Errorf("%s: the history is %v (%d positions), want a prefix of %v", name, e.history, e.model.Len(), want)
		}
	}
}

func TestTheModelsOwnStopTokensEndAnAnswer(t *testing.T) {
	e := openSmall(t)
	whole, _ := generate(t, e, prompt, Params{MaxTokens: 2, Stop: never})
	e.stops = whole[:1]
	if got, stats := generate(t, e, prompt, Params{MaxTokens: 2}); len(got) != 0 || stats.Finish != FinishStop {
		t.Errorf("the answer is %v, %+v; want none", got, stats)
	}
}

func TestTheHistoryHasTheSampledTokens(t *testing.T) {
	e := openSmall(t)
	generate(t, e, prompt, Params{MaxTokens: 6, Stop: never, Options: sample.Options{Temperature: 3, Seed: 1}})
	again := openSmall(t)
	if err := again.model.Prefill(t.Context(), e.history); err != nil {
		t.Fatal(err)
	}
	if d := golden.Compare(logits(t, e), logits(t, again)); d.NMSE > 1e-10 {
		t.Errorf("the logits differ from those of the history: %v", d)
	}
}

func TestEmitMayEndAnAnswer(t *testing.T) {
	e, n := openSmall(t), 0
	stats, err := e.Generate(t.Context(), Prompt{Tokens: prompt}, Params{Stop: never},
		func(int32) bool { n++; return n < 3 })
	if err != nil || n != 3 || stats.Finish != FinishStop || stats.GeneratedTokens != 3 {
		t.Errorf("%d tokens, %+v, %v; want 3", n, stats, err)
	}
}

func TestATurnComputesOnlyNewTokens(t *testing.T) {
	e := openSmall(t)
	answer, _ := generate(t, e, prompt, Params{MaxTokens: 6, Stop: never})
	next := slices.Concat(prompt, answer, []int32{1, 2, 3})
	got, stats := generate(t, e, next, Params{MaxTokens: 6, Stop: never})
	want, _ := generate(t, openSmall(t), next, Params{MaxTokens: 6, Stop: never})
	if !slices.Equal(got, want) {
		t.Errorf("the second turn generates %v, want %v as from an empty cache", got, want)
	}
	if known := len(prompt) + len(answer); stats.ReusedTokens < known-1 || stats.ReusedTokens > known {
		t.Errorf("%d tokens were reused, want %d or one less", stats.ReusedTokens, known)
	}
}

func TestAChangedPromptIsComputedFromTheChange(t *testing.T) {
	e := openSmall(t)
	generate(t, e, prompt, Params{MaxTokens: 6, Stop: never})
	changed := slices.Clone(prompt)
	changed[4] = 99
	got, stats := generate(t, e, changed, Params{MaxTokens: 6, Stop: never})
	want, _ := generate(t, openSmall(t), changed, Params{MaxTokens: 6, Stop: never})
	if !slices.Equal(got, want) || stats.ReusedTokens != 4 {
		t.Errorf("the changed prompt generates %v after reusing %d tokens, want %v after 4", got, stats.ReusedTokens, want)
	}
}

func TestTheSamePromptGeneratesTheSameAnswer(t *testing.T) {
	e := openSmall(t)
	first, _ := generate(t, e, prompt, Params{MaxTokens: 6, Stop: never})
	again, stats := generate(t, e, prompt, Params{MaxTokens: 6, Stop: never})
	if !slices.Equal(first, again) || stats.ReusedTokens != len(prompt)-1 {
		t.Errorf("%v, then %v after reusing %d", first, again, stats.ReusedTokens)
	}
}

func TestAnAnswerEndsWithTheContext(t *testing.T) {
	for name, o := range map[string]sample.Options{"greedy": {}, "sampled": {Temperature: 1}} {
		e := openSmall(t)
		answer, stats := generate(t, e, prompt, Params{Stop: never, Options: o})
		if want := e.Context() - len(prompt) + 1; len(answer) != want || stats.Finish != FinishLength {
			t.Errorf("%s: %d tokens, %v; want %d", name, len(answer), stats.Finish, want)
		}
	}
}

func TestBadPromptsAreRefusedBeforeAnyWork(t *testing.T) {
	e := openSmall(t)
	generate(t, e, prompt, Params{MaxTokens: 1})
	for code, p := range map[errs.Code][]int32{errs.ContextFull: make([]int32, 61), errs.InvalidRequest: {1, 320}} {
		_, err := e.Generate(t.Context(), Prompt{Tokens: p}, Params{}, nil)
		if errs.Of(err).Code != code || e.model.Len() != len(prompt) {
			t.Errorf("%v and %d positions, want %s and %d", err, e.model.Len(), code, len(prompt))
		}
	}
	if _, err := e.Generate(t.Context(), Prompt{}, Params{}, nil); errs.Of(err).Code != errs.InvalidRequest {
		t.Errorf("no tokens: %v", err)
	}
}

func TestCancellingTheContextAbortsAnAnswer(t *testing.T) {
	for name, o := range map[string]sample.Options{"greedy": {}, "sampled": {Temperature: 1}} {
		e, n := openSmall(t), 0
		ctx, cancel := context.WithCancel(t.Context())
		stats, err := e.Generate(ctx, Prompt{Tokens: prompt}, Params{Stop: never, Options: o}, func(int32) bool {
			if n++; n == 4 {
				cancel()
			}
			return true
		})
		if errs.Of(err).Code != errs.Aborted || !errors.Is(err, context.Canceled) || stats.GeneratedTokens != 4 {
			t.Errorf("%s: %v after %d tokens", name, err, stats.GeneratedTokens)
		}
		after, _ := generate(t, e, prompt, Params{MaxTokens: 5, Stop: never})
		want, _ := generate(t, openSmall(t), prompt, Params{MaxTokens: 5, Stop: never})
		if !slices.Equal(after, want) {
			t.Errorf("%s: the next answer is %v, want %v", name, after, want)
		}
	}
}
