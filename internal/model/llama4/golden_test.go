package llama4

import (
	"fmt"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ref"
)

// splits are ways to prefill 26 tokens in several calls. In one call, the model still splits at the windows of 8.
var splits = map[string][]int{
	"at once":        {26},
	"one by one":     slices.Repeat([]int{1}, 26),
	"at odd places":  {1, 6, 2, 11, 5, 1},
	"at the windows": {8, 8, 8, 2},
}

// Each golden file has what Hugging Face transformers computes in float64 (testdata/golden/llama4/README.md). The limit
// is 1e-10; the errors are near 1e-13, because the reference rounds activations to float32 between ops.
func TestLogitsOfLlama4EqualTheGoldenOnes(t *testing.T) {
	for _, name := range names {
		for how, split := range splits {
			t.Run(name+" "+how, func(t *testing.T) { compareWithGolden(t, name, split) })
		}
	}
}

func compareWithGolden(t *testing.T, name string, split []int) {
	g, file := openGolden(t, name)
	b := &observer{Backend: ref.New(), t: t}
	m := buildOn(t, b, familyOf(t, file), file, model.Options{})
	tokens := g.Ints["tokens"].Data[:26]
	at := 0
	for _, n := range split {
		got := prefill(t, m, tokens[at:at+n])
		at += n
		near(t, fmt.Sprintf("logits after %d tokens", at), got, g.Floats["logits"].Row(at-1), 1e-10)
	}
	hidden := g.Floats["hidden"]
	for i, got := range b.hidden {
		size := hidden.Dims[0] * hidden.Dims[1]
		near(t, fmt.Sprintf("input of layer %d", i), got, hidden.Data[i*size:(i+1)*size], 1e-10)
	}
	for i, got := range b.experts {
		if want := g.Ints["experts"].Row(i); !slices.Equal(got, want) {
			t.Errorf("position %d: experts %v, want %v", i, got, want)
		}
	}
}

func TestGreedyTokensEqualTheGoldenOnes(t *testing.T) {
	for _, name := range names {
		g, file := openGolden(t, name)
		m := build(t, file, model.Options{})
		tokens := g.Ints["tokens"].Data
		prefill(t, m, tokens[:21])
		got := []int32{next(t, m)}
		for range 5 {
			if err := m.Decode(); err != nil {
				t.Fatal(err)
			}
			got = append(got, next(t, m))
		}
		if !slices.Equal(got, tokens[21:]) {
			t.Errorf("%s: %v, want %v", name, got, tokens[21:])
		}
	}
}

// The number of experts that a token uses comes from the file or from the caller. The top-2 file has the same weights
// as the file that uses one expert.
func TestTheCallerCanUseMoreExperts(t *testing.T) {
	g, _ := openGolden(t, "interleave1-top2")
	_, file := openGolden(t, "interleave1-qknorm-high1")
	m := build(t, file, model.Options{NumExpertsUsed: 2})
	tokens := g.Ints["tokens"].Data[:26]
	near(t, "two experts at once", prefill(t, m, tokens), g.Floats["logits"].Row(25), 1e-10)
	if _, err := m.Rewind(0); err != nil {
		t.Fatal(err)
	}
	for i, token := range tokens {
		near(t, "two experts one by one", prefill(t, m, []int32{token}), g.Floats["logits"].Row(i), 1e-10)
	}
}

// A conversation of 26 tokens over two window boundaries is rewound to every position, after a first rewind.
func TestRewindingAnywhereRecomputesWhatTheRingsHaveLost(t *testing.T) {
	g, file := openGolden(t, "interleave2-qknorm-high1")
	tokens := g.Ints["tokens"].Data[:26]
	m := build(t, file, model.Options{})
	for to := range 26 {
		for _, first := range []int{26, 24, 17, 16} { // the first rewind leaves the rings as they are
			prefill(t, m, tokens[m.Len():])
			rewind(t, m, first)
			left := rewind(t, m, to)
			if want := min(to, first); left > want || left < want-7 {
				t.Fatalf("rewinding to %d leaves %d", to, left)
			}
			near(t, fmt.Sprintf("rewound to %d, then to %d", first, to),
				prefill(t, m, tokens[left:to+1]), g.Floats["logits"].Row(to), 1e-10)
		}
	}
}

func rewind(t *testing.T, m *model.Model, to int) int {
	t.Helper()
	left, err := m.Rewind(to)
	if err != nil || left != m.Len() {
		t.Fatalf("rewinding leaves %d (Len %d), %v", left, m.Len(), err)
	}
	return left
}
