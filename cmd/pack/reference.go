package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/model"
	_ "github.com/outrider-web/outrider/internal/model/llama4"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/virtual"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Golden is an answer of the CPU reference with a virtual model, in the format of testdata/golden/virtual.
type Golden struct {
	Model   string    `json:"model"`
	Types   string    `json:"types"`
	Seed    uint64    `json:"seed"`
	Message string    `json:"message,omitempty"` // the user's message that Prompt encodes, if there is one
	Prompt  []int32   `json:"prompt"`            // token ids
	Answer  []int32   `json:"answer"`            // token ids
	Leads   []float32 `json:"leads"`             // for each token of Answer, its logit minus the second largest one
}

// referenceFlags are the flags of pack reference.
type referenceFlags struct {
	*flag.FlagSet
	golden      Golden
	prompt, out string
	tokens      int
	lead        float64
}

func newReferenceFlags() *referenceFlags {
	f := &referenceFlags{FlagSet: flag.NewFlagSet("pack reference", flag.ExitOnError)}
	f.StringVar(&f.golden.Model, "model", "scout-4layers", strings.Join(names(virtual.Models(), modelName), ", "))
	f.StringVar(&f.golden.Types, "types", "ud-q2_k_xl", strings.Join(names(virtual.AllTypes(), typesName), ", "))
	f.Uint64Var(&f.golden.Seed, "seed", 1, "seed of the weights")
	f.StringVar(&f.golden.Message, "message", "Hi", "the user's message")
	f.StringVar(&f.prompt, "prompt", "", "token ids between commas, instead of -message")
	f.IntVar(&f.tokens, "tokens", 4, "length of the answer")
	f.Float64Var(&f.lead, "lead", 0,
		"refuse an answer with a token whose lead is smaller: other backends may choose another token")
	f.StringVar(&f.out, "o", "", "`file` to write the answer to, as JSON")
	return f
}

// reference computes a greedy answer on the CPU reference. The weights of attention, of the shared experts and of the
// chosen experts are computed once for the prompt and once for each further token.
func reference(args []string) error {
	f := newReferenceFlags()
	f.Parse(args)
	file, err := newVirtual(f.golden.Model, f.golden.Types, f.golden.Seed)
	if err == nil {
		err = f.readPrompt()
	}
	if err == nil {
		err = f.golden.answer(context.Background(), file, f.tokens, os.Stdout)
	}
	if err == nil {
		err = f.golden.printText(os.Stdout)
	}
	if err == nil {
		err = f.checkLeads()
	}
	if err != nil || f.out == "" {
		return err
	}
	data, err := json.Marshal(f.golden)
	return errors.Join(err, os.WriteFile(f.out, append(data, '\n'), 0o644))
}

// readPrompt sets the tokens of the prompt: those of -prompt, or those of a conversation with the message.
func (f *referenceFlags) readPrompt() (err error) {
	g := &f.golden
	if f.prompt == "" {
		m, _ := byName(virtual.Models(), modelName, g.Model)
		g.Prompt, err = conversationTokens(m, g.Message)
		return err
	}
	g.Message = ""
	for text := range strings.SplitSeq(f.prompt, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return fmt.Errorf("%q in -prompt is not a token id", text)
		}
		g.Prompt = append(g.Prompt, int32(id))
	}
	return nil
}

// conversationTokens returns the tokens of a conversation that begins with a user's message.
func conversationTokens(m virtual.Model, message string) ([]int32, error) {
	vocabulary, err := m.Tokenizer()
	if err != nil {
		return nil, err
	}
	has := func(special string) bool { _, ok := vocabulary.Special(special); return ok }
	format, err := chat.FromTemplate(virtual.ChatTemplate, has)
	if err != nil {
		return nil, err
	}
	pieces, err := format.Render([]chat.Message{chat.Text(chat.User, message)}, chat.Options{})
	if err != nil {
		return nil, err
	}
	return chat.Tokens(vocabulary, pieces, nil)
}

// checkLeads returns an error for a token whose lead is smaller than -lead.
func (f *referenceFlags) checkLeads() error {
	for i, lead := range f.golden.Leads {
		if float64(lead) < f.lead {
			return fmt.Errorf("the lead of token %d is %.3f, less than %g; try another seed or prompt", i+1, lead, f.lead)
		}
	}
	return nil
}

// answer computes n tokens of Answer and their Leads, and writes a line about each to out.
func (g *Golden) answer(ctx context.Context, file *virtual.File, n int, out io.Writer) error {
	fmt.Fprintf(out, "%s, prompt %v\n", file.Name(), g.Prompt)
	b := ref.New()
	m, err := newStreamedModel(ctx, b, file, model.Options{Context: len(g.Prompt) + n, BatchSize: len(g.Prompt)})
	if err != nil {
		return err
	}
	defer m.Close()
	for next := func() error { return m.Prefill(ctx, g.Prompt) }; len(g.Answer) < n; next = m.Decode {
		start := time.Now()
		if err := next(); err != nil {
			return err
		}
		if err := g.appendNext(ctx, b, m); err != nil {
			return err
		}
		i := len(g.Answer) - 1
		fmt.Fprintf(out, "token %d is %d, lead %.3f, after %.1f s\n", i+1, g.Answer[i], g.Leads[i],
			time.Since(start).Seconds())
	}
	return nil
}

// printText writes the text of the answer to out.
func (g *Golden) printText(out io.Writer) error {
	m, _ := byName(virtual.Models(), modelName, g.Model)
	vocabulary, err := m.Tokenizer()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "the answer is %q\n", vocabulary.Decode(g.Answer))
	return err
}

// appendNext appends the token that the model has computed, and its lead.
func (g *Golden) appendNext(ctx context.Context, b ops.Backend, m *model.Model) error {
	logits, err := model.ReadBack(ctx, b, m.Logits())
	if err != nil {
		return err
	}
	token, err := ops.Read(ctx, b, m.Next(), 0, quant.U32.RowBytes(1))
	if err != nil {
		return err
	}
	g.Answer = append(g.Answer, int32(binary.LittleEndian.Uint32(token)))
	g.Leads = append(g.Leads, lead(logits))
	return nil
}

// lead returns the difference between the two largest numbers of x, which has at least two.
func lead(x []float32) float32 {
	first, second := max(x[0], x[1]), min(x[0], x[1])
	for _, v := range x[2:] {
		first, second = max(first, v), max(second, min(first, v))
	}
	return first - second
}

// newStreamedModel returns a model whose matrices are computed when ops read them.
func newStreamedModel(ctx context.Context, b *ref.Backend, file *virtual.File, o model.Options) (*model.Model, error) {
	header, err := gguf.Read(file.Size(), func(n int64) ([]byte, error) {
		head := make([]byte, n)
		_, err := file.ReadAt(head, 0)
		return head, err
	})
	if err != nil {
		return nil, err
	}
	family, err := model.Read(header.Meta)
	if err != nil {
		return nil, err
	}
	weights := model.Source{}
	for _, t := range header.Tensors {
		if weights[t.Name], err = b.Stream(file, t.Offset, t.Name, t.Type, t.Dims...); err != nil {
			return nil, err
		}
	}
	return model.New(ctx, b, family, weights, o)
}
