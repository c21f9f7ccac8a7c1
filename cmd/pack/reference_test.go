package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/testing/virtual"
)

// miniature has Scout's layers at a twentieth of its width.
var miniature = virtual.Model{Name: "miniature", NumLayers: 4, HiddenSize: 256, NumHeads: 4, NumKVHeads: 2,
	HeadDim: 64, NumExperts: 4, ExpertWidth: 512, DenseWidth: 512, MoEInterval: 1,
	ContextSize: 4096, RopeScaled: true, NumRanks: 400}

func answered(t *testing.T, prompt []int32, n int) (Golden, string) {
	t.Helper()
	var out strings.Builder
	g := Golden{Prompt: prompt}
	if err := g.answer(t.Context(), virtual.New(miniature, virtual.UDQ2KXL(), 1), n, &out); err != nil {
		t.Fatal(err)
	}
	return g, out.String()
}

// If the beginning of an answer is moved to the end of the prompt, the answer continues in the same way.
func TestReferenceAnswersGreedily(t *testing.T) {
	prompt := []int32{400, 17, 80, 301}
	g, out := answered(t, prompt, 3)
	if len(g.Answer) != 3 || len(g.Leads) != 3 || strings.Count(out, "\ntoken ") != 3 {
		t.Fatalf("answer %v, leads %v, output %q", g.Answer, g.Leads, out)
	}
	again, _ := answered(t, slices.Concat(prompt, g.Answer[:2]), 1)
	difference := again.Leads[0] - g.Leads[2]
	if again.Answer[0] != g.Answer[2] || difference > 0.01 || difference < -0.01 {
		t.Errorf("the token after %v is %d with lead %g; at first it was %d with lead %g", g.Answer[:2], again.Answer[0],
			again.Leads[0], g.Answer[2], g.Leads[2])
	}
}

func TestLeadIsTheDifferenceToTheSecondLargest(t *testing.T) {
	for _, c := range []struct {
		x    []float32
		want float32
	}{{[]float32{1, 3}, 2}, {[]float32{3, 1, 2.5}, 0.5}, {[]float32{1, 2, 7, 4}, 3}, {[]float32{5, 1, 5}, 0}} {
		if got := lead(c.x); got != c.want {
			t.Errorf("%v: lead %g, want %g", c.x, got, c.want)
		}
	}
}

func TestMessageBecomesAConversation(t *testing.T) {
	f := newReferenceFlags()
	f.Parse([]string{"-message", "Hi"})
	if err := f.readPrompt(); err != nil {
		t.Fatal(err)
	}
	vocabulary, _ := virtual.Scout().Tokenizer()
	if got := vocabulary.Decode(f.golden.Prompt); f.golden.Prompt[0] != 200000 || !strings.Contains(got, "user\n\nHi") {
		t.Errorf("the prompt is %v, %q", f.golden.Prompt, got)
	}
}

func TestReferencePrintsTheTextOfTheAnswer(t *testing.T) {
	vocabulary, err := virtual.Scout().Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	g := Golden{Model: "scout", Answer: vocabulary.Encode("ab cd")}
	var out strings.Builder
	if err := g.printText(&out); err != nil || out.String() != "the answer is \"ab cd\"\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestReferenceRefusesBadFlags(t *testing.T) {
	for says, args := range map[string][]string{
		"unknown model":     {"-model", "behemoth"},
		`in -prompt is not`: {"-prompt", "1, x"},
	} {
		if err := reference(args); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: error %v, want one that says %q", args, err, says)
		}
	}
	f := newReferenceFlags()
	f.Parse([]string{"-prompt", "1, 2", "-lead", "0.1"})
	if err := f.readPrompt(); err != nil || !slices.Equal(f.golden.Prompt, []int32{1, 2}) || f.golden.Message != "" {
		t.Errorf("prompt %v, message %q, %v", f.golden.Prompt, f.golden.Message, err)
	}
	for _, last := range []float32{0.05, 0.15} {
		f.golden.Leads = []float32{0.2, last}
		if err := f.checkLeads(); (err == nil) != (last > 0.1) {
			t.Errorf("leads %v: %v", f.golden.Leads, err)
		}
	}
}

// The golden files have the prompts that the program makes today, and leads large enough for a backend that rounds
// differently to choose the same tokens.
func TestGoldenFilesHaveTodaysPromptsAndLargeLeads(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/golden/virtual/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, path := range paths {
		var g Golden
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, &g)
		}
		if err != nil {
			t.Fatal(path, err)
		}
		m, known := byName(virtual.Models(), modelName, g.Model)
		prompt, err := conversationTokens(m, g.Message)
		if err != nil || !known || !slices.Equal(prompt, g.Prompt) {
			t.Errorf("%s: prompt %v, want that of %q, %v, %v", path, g.Prompt, g.Message, prompt, err)
		}
		if len(g.Answer) == 0 || len(g.Leads) != len(g.Answer) || slices.Min(g.Leads) < 0.05 {
			t.Errorf("%s: answer %v, leads %v", path, g.Answer, g.Leads)
		}
	}
}
