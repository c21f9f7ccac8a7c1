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

// Golden is what the CPU reference answers with a virtual model, as testdata/golden/virtual keeps it.
type Golden struct {
	Model   string    `json:"model"`
	Types   string    `json:"types"`
	Seed    uint64    `json:"seed"`
	Message string    `json:"message,omitempty"` // that the prompt asks as a user, in the model's chat format
	Prompt  []int32   `json:"prompt"`
	Answer  []int32   `json:"answer"`
	Leads   []float32 `json:"leads"` // of each token's logit over the next best one's
}

// referenceFlags are what people may ask of the reference.
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
	f.StringVar(&f.golden.Message, "message", "Hi", "what the user asks")
	f.StringVar(&f.prompt, "prompt", "", "token ids between commas, instead of -message")
	f.IntVar(&f.tokens, "tokens", 4, "length of the answer")
	f.Float64Var(&f.lead, "lead", 0, "refuse an answer in which a token leads by less: other backends may choose another")
	f.StringVar(&f.out, "o", "", "`file` to write the answer to, as JSON")
	return f
}

// reference answers greedily on the CPU reference, which computes the weights whenever it needs them: those of attention
// and the shared experts, and of each expert that some token chose, once for the prompt and once for each token after.
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
		err = f.checkLeads()
	}
	if err != nil || f.out == "" {
		return err
	}
	data, err := json.Marshal(f.golden)
	return errors.Join(err, os.WriteFile(f.out, append(data, '\n'), 0o644))
}

// readPrompt finds the prompt's tokens: those given, or those of the conversation that the message begins.
func (f *referenceFlags) readPrompt() (err error) {
	g := &f.golden
	if f.prompt == "" {
		m, _ := byName(virtual.Models(), modelName, g.Model)
		g.Prompt, err = converse(m, g.Message)
		return err
	}
	g.Message = ""
	for text := range strings.SplitSeq(f.prompt, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return fmt.Errorf("%q in -prompt is no token id", text)
		}
		g.Prompt = append(g.Prompt, int32(id))
	}
	return nil
}

// converse gives the tokens of a conversation that a user's message begins.
func converse(m virtual.Model, message string) ([]int32, error) {
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

func (f *referenceFlags) checkLeads() error {
	for i, lead := range f.golden.Leads {
		if float64(lead) < f.lead {
			return fmt.Errorf("token %d leads by %.3f, less than %g; try another seed or prompt", i+1, lead, f.lead)
		}
	}
	return nil
}

// answer fills in Answer and Leads, n of each, and tells of each token as it comes.
func (g *Golden) answer(ctx context.Context, file *virtual.File, n int, out io.Writer) error {
	fmt.Fprintf(out, "%s, prompt %v\n", file.Name(), g.Prompt)
	b := ref.New()
	m, err := stream(ctx, b, file, model.Options{Context: len(g.Prompt) + n, BatchSize: len(g.Prompt)})
	if err != nil {
		return err
	}
	defer m.Close()
	for next := func() error { return m.Prefill(ctx, g.Prompt) }; len(g.Answer) < n; next = m.Decode {
		start := time.Now()
		if err := next(); err != nil {
			return err
		}
		if err := g.read(ctx, b, m); err != nil {
			return err
		}
		i := len(g.Answer) - 1
		fmt.Fprintf(out, "token %d is %d, ahead by %.3f, after %.1f s\n", i+1, g.Answer[i], g.Leads[i], time.Since(start).Seconds())
	}
	return nil
}

// read notes the token that the model would continue with.
func (g *Golden) read(ctx context.Context, b ops.Backend, m *model.Model) error {
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

// lead is how far the largest number is above all others.
func lead(x []float32) float32 {
	first, second := max(x[0], x[1]), min(x[0], x[1])
	for _, v := range x[2:] {
		first, second = max(first, v), max(second, min(first, v))
	}
	return first - second
}

// stream makes a model whose matrices are computed as ops read them.
func stream(ctx context.Context, b *ref.Backend, file *virtual.File, o model.Options) (*model.Model, error) {
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
