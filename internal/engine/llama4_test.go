package engine

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/golden"
	"github.com/outrider-web/outrider/internal/testing/tiny"
)

// The golden files of Llama 4 have what transformers computes in float64 (testdata/golden/llama4/README.md).
const llama4Goldens = "../../testdata/golden/llama4/"

var llama4Names = []string{
	"interleave1-qknorm-high1", "interleave1-qknorm-high4", "interleave1-nonorm-high1", "interleave1-nonorm-high4",
	"interleave2-qknorm-high1", "interleave2-qknorm-high4", "interleave2-nonorm-high1", "interleave2-nonorm-high4",
	"headdim24", "interleave1-top2",
}

// llama4Golden opens a golden file and the model that it is about.
func llama4Golden(t *testing.T, name string) (*golden.File, []byte) {
	t.Helper()
	g, err := golden.Open(llama4Goldens + name + ".golden")
	if err != nil {
		t.Fatal(err)
	}
	weights, _, _ := strings.Cut(name, "-")
	file, err := os.ReadFile(llama4Goldens + weights + ".gguf")
	if err == nil {
		err = g.Patch(file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g, file
}

// prefillCalls computes tokens in calls of the given lengths and returns the logits after each call.
func prefillCalls(t *testing.T, e *Engine, tokens []int32, calls []int) (all [][]float32) {
	t.Helper()
	for _, n := range calls {
		if err := e.model.Prefill(t.Context(), tokens[:n]); err != nil {
			t.Fatal(err)
		}
		all, tokens = append(all, logits(t, e)), tokens[n:]
	}
	return all
}

// In single precision the GPU's logits are the golden ones at every position, and so are its tokens.
func TestTheGPUComputesLlama4(t *testing.T) {
	device := onGPU(t)
	for _, name := range llama4Names {
		t.Run(name, func(t *testing.T) {
			g, file := llama4Golden(t, name)
			tokens := g.Ints["tokens"].Data
			e := open(t, device, file, Options{Options: model.Options{CacheF32: true}})
			for how, calls := range map[string][]int{"one by one": slices.Repeat([]int{1}, 26),
				"in unequal parts": {1, 6, 2, 11, 5, 1}} {
				rewind(t, e)
				end := 0
				for i, got := range prefillCalls(t, e, tokens[:26], calls) {
					end += calls[i]
					if d := golden.Compare(got, g.Floats["logits"].Row(end-1)); d.NMSE > 1e-9 {
						t.Errorf("%s, after %d tokens: %v", how, end, d)
					}
				}
			}
			rewind(t, e)
			got, _ := generate(t, e, tokens[:21], Params{MaxTokens: 6, Stop: never})
			if !slices.Equal(got, tokens[21:]) {
				t.Errorf("tokens are %v, want %v", got, tokens[21:])
			}
		})
	}
}

// forget drops the conversation, so that the next prompt is computed from its first token.
func forget(e *Engine) {
	e.history, e.pictures = nil, nil
	if e.vision != nil {
		e.vision.keepPictures(nil)
	}
}

// rewind forgets everything that has been computed.
func rewind(t *testing.T, e *Engine) {
	t.Helper()
	forget(e)
	if _, err := e.model.Rewind(0); err != nil {
		t.Fatal(err)
	}
}

// With the default, keys and values in half precision, the GPU is compared with the reference in half precision.
func TestTheGPUComputesLlama4InHalfPrecisionAsTheReferenceDoes(t *testing.T) {
	device := onGPU(t)
	for _, name := range llama4Names {
		g, file := llama4Golden(t, name)
		tokens := g.Ints["tokens"].Data[:26]
		calls := []int{21, 1, 1, 1, 1, 1}
		want := prefillCalls(t, open(t, ref.New(), file, Options{}), tokens, calls)
		for i, got := range prefillCalls(t, open(t, device, file, Options{}), tokens, calls) {
			if d := golden.Compare(got, want[i]); d.NMSE > 1e-6 {
				t.Errorf("%s, call %d: %v", name, i, d)
			}
		}
	}
}

// TestTinyLlama4sAgreeWithTheReference covers every weight type, in experts and dense layers.
func TestTinyLlama4sAgreeWithTheReference(t *testing.T) {
	device := onGPU(t)
	for _, typ := range llama4Types {
		t.Run(typ.String(), func(t *testing.T) {
			checkLogits(t, device, tiny.Llama4{Seed: 1, Type: typ, MoEInterval: 2, NumExpertsUsed: 2, Window: 8,
				TempFloor: 4}.GGUF())
		})
	}
	t.Run("many experts, odd sizes", func(t *testing.T) {
		checkLogits(t, device, tiny.Llama4{Seed: 2, Type: quant.Q8_0, HiddenSize: 96, NumHeads: 8, NumKVHeads: 1, HeadDim: 24,
			NumExperts: 37, NumExpertsUsed: 3,
			ExpertWidth: 160, DenseWidth: 224, Window: 5, TempFloor: 3}.GGUF())
	})
}

// conversational is a model whose rings a conversation of 60 tokens overwrites several times.
var conversational = tiny.Llama4{Seed: 3, Type: quant.Q8_0, HiddenSize: 64, NumHeads: 4, NumKVHeads: 2, ExpertWidth: 96,
	DenseWidth:  160,
	MoEInterval: 2, Window: 8, TempFloor: 4, ContextSize: 60}

// A turn reuses what the rings still hold; otherwise it starts from the window that they must be filled from again.
func TestAConversationWithRingsMayContinueFromAnyPosition(t *testing.T) {
	e := open(t, ref.New(), conversational.GGUF(), Options{})
	answer, _ := generate(t, e, prompt, Params{MaxTokens: 9, Stop: never})
	said := slices.Concat(prompt, answer)
	for at := range said {
		turn := append(slices.Clone(said[:at]), 301, 17, 5)
		got, stats := generate(t, e, turn, Params{MaxTokens: 9, Stop: never})
		fresh := open(t, ref.New(), conversational.GGUF(), Options{})
		if want, _ := generate(t, fresh, turn, Params{MaxTokens: 9, Stop: never}); !slices.Equal(got, want) {
			t.Errorf("a turn that differs from position %d on generates %v, want %v", at, got, want)
		}
		if len(e.history) != e.model.Len() {
			t.Errorf("the history has %d tokens, the model %d", len(e.history), e.model.Len())
		}
		if stats.ReusedTokens > at || stats.ReusedTokens < at-7 && at < len(prompt) {
			t.Errorf("a turn that differs from position %d on reuses %d tokens", at, stats.ReusedTokens)
		}
		generate(t, e, said, Params{MaxTokens: 1, Stop: never})
	}
}

// Greedy decoding queues steps beyond the end of the answer, here beyond the end of a window, and rewinds. This test
// and the one before fail with a Rewind that treats rings like full caches.
func TestStepsQueuedBeyondAWindowAreRewound(t *testing.T) {
	for n := 1; n < 14; n++ {
		e := open(t, ref.New(), conversational.GGUF(), Options{})
		first, _ := generate(t, e, prompt, Params{Stop: never, MaxTokens: 20})
		forget(e)
		at := 0
		_, err := e.Generate(t.Context(), Prompt{Tokens: prompt}, Params{Stop: never},
			func(int32) bool { at++; return at < n })
		if err != nil || len(e.history) != e.model.Len() {
			t.Fatalf("after %d tokens the history has %d tokens, the model %d; %v", n, len(e.history), e.model.Len(), err)
		}
		rest, _ := generate(t, e, slices.Concat(prompt, first[:n]), Params{Stop: never, MaxTokens: 20 - n})
		if !slices.Equal(rest, first[n:]) {
			t.Errorf("stopped after %d tokens it continues with %v, want %v", n, rest, first[n:])
		}
	}
}

// cancelling is a backend that cancels at a read-back, when the steps after it are queued already.
type cancelling struct {
	ops.Backend
	cancel func()
	at     int
}

func (b *cancelling) ReadBack(t *ops.Tensor, offset, n int) ops.Pending {
	if b.at--; b.at == 0 {
		b.cancel()
	}
	return b.Backend.ReadBack(t, offset, n)
}

// The answer is cancelled before any of its tokens is known, when two steps are queued, beyond the window that the
// prompt ends in: the ring no longer holds that window, and the history must not claim that it does.
func TestAnAnswerCancelledBeyondAWindowIsForgotten(t *testing.T) {
	b := &cancelling{Backend: ref.New()}
	e := open(t, b, conversational.GGUF(), Options{})
	long := append(slices.Clone(prompt), 40, 41, 42) // 15 tokens, in windows of 8
	ctx, cancel := context.WithCancel(t.Context())
	b.cancel, b.at = cancel, maxQueuedSteps
	_, err := e.Generate(ctx, Prompt{Tokens: long}, Params{Stop: never}, func(int32) bool { return true })
	if errs.Of(err).Code != errs.Aborted || e.model.Len() != 8 || len(e.history) != 8 {
		t.Fatalf("%v, %d positions and a history of %d, want 8", err, e.model.Len(), len(e.history))
	}
	got, _ := generate(t, e, long, Params{MaxTokens: 6, Stop: never})
	want, _ := generate(t, open(t, ref.New(), conversational.GGUF(), Options{}), long, Params{MaxTokens: 6, Stop: never})
	if !slices.Equal(got, want) {
		t.Errorf("the next answer is %v, want %v", got, want)
	}
}

// The template and vocabulary of the committed model produce the golden prompt, and the answer is the golden text.
func TestTheGoldenLlama4Chats(t *testing.T) {
	g, file := llama4Golden(t, "interleave1-qknorm-high1")
	e := open(t, ref.New(), file, Options{Options: model.Options{CacheF32: true}})
	tokens := g.Ints["tokens"].Data
	messages := []chat.Message{chat.Text(chat.User, g.Notes["text"])}
	if got, err := e.Prompt(t.Context(), messages, chat.Options{}); err != nil || !slices.Equal(got.Tokens, tokens[:21]) {
		t.Fatalf("the prompt is %v, %v; want %v", got.Tokens, err, tokens[:21])
	}
	var answer strings.Builder
	_, err := e.Chat(t.Context(), messages, chat.Options{}, Params{MaxTokens: 6}, func(delta string) bool {
		answer.WriteString(delta)
		return true
	})
	if want := e.tokenizer.Decode(tokens[21:]); err != nil || answer.String() != want {
		t.Errorf("the answer is %q, %v; want %q", answer.String(), err, want)
	}
	var stops []string
	for _, stop := range e.stops {
		name, _ := e.tokenizer.Token(stop)
		stops = append(stops, name)
	}
	slices.Sort(stops)
	if want := []string{"<|end_of_text|>", "<|eom|>", "<|eot|>"}; !slices.Equal(stops, want) {
		t.Errorf("an answer ends at %v, want %v", stops, want)
	}
}

func TestATinyLlama4Chats(t *testing.T) {
	e := open(t, ref.New(), conversational.GGUF(), Options{})
	_, stats := chatDeltas(t, e, Params{MaxTokens: 5})
	if stats.GeneratedTokens == 0 || e.Config().Architecture != "llama4" {
		t.Errorf("%+v", stats)
	}
}

// renamed returns a file with another name for a token in the vocabulary, but not in the template.
func renamed(file []byte, token string) []byte {
	record := func(name string) string { return fmt.Sprintf("%c\x00\x00\x00\x00\x00\x00\x00%s", len(name), name) }
	other := strings.Repeat("x", len(token))
	return []byte(strings.Replace(string(file), record(token), record(other), 1))
}

func TestAVocabularyWithoutTheTokensOfTheTemplateIsRefused(t *testing.T) {
	_, file := llama4Golden(t, "interleave1-qknorm-high1")
	for _, token := range []string{"<|header_start|>", "<|header_end|>", "<|eot|>"} {
		if _, err := Read(header(t, renamed(file, token))); err == nil || !strings.Contains(err.Error(), token) {
			t.Errorf("without %s: %v", token, err)
		}
	}
	bos := strings.Replace(string(file), "tokenizer.ggml.bos_token_id", "tokenizer.ggml.xxx_token_id", 1)
	_, err := Read(header(t, []byte(bos)))
	if errs.Of(err).Code != errs.BadModel || !strings.Contains(err.Error(), "bos_token") {
		t.Errorf("without a BOS token: %v", err)
	}
}

func TestAPromptLongerThanTheContextIsRefusedBeforeAnyWork(t *testing.T) {
	b := &programCounter{Backend: ref.New()}
	e := open(t, b, conversational.GGUF(), Options{})
	_, err := e.Generate(t.Context(), Prompt{Tokens: make([]int32, 61)}, Params{}, nil)
	if errs.Of(err).Code != errs.ContextFull || b.programs > 0 {
		t.Errorf("%v after %d programs", err, b.programs)
	}
}

// programCounter is a backend that counts the programs that run.
type programCounter struct {
	ops.Backend
	programs int
}

func (b *programCounter) Record(label string, f func()) (ops.Program, error) {
	p, err := b.Backend.Record(label, f)
	return counted{p, b}, err
}

// counted is a program of a programCounter.
type counted struct {
	ops.Program
	on *programCounter
}

func (p counted) Run() error {
	p.on.programs++
	return p.Program.Run()
}

func TestWarningsOfAnOutdatedFileReachTheCaller(t *testing.T) {
	stale := conversational
	stale.RopeFactor = 8
	if got := open(t, ref.New(), stale.GGUF(), Options{}).Warnings(); len(got) != 1 || !strings.Contains(got[0], "rope") {
		t.Errorf("warnings are %q", got)
	}
	if got := openSmall(t).Warnings(); len(got) != 0 {
		t.Errorf("a correct model warns: %q", got)
	}
}
