package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/experts/simulate"
	"github.com/outrider-web/outrider/internal/sample"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// traceFlags are the flags of pack trace.
type traceFlags struct {
	*flag.FlagSet
	model, message, out string
	tokens, ahead       int
	seed                uint64
}

func newTraceFlags() *traceFlags {
	f := &traceFlags{FlagSet: flag.NewFlagSet("pack trace", flag.ExitOnError)}
	f.StringVar(&f.model, "model", "",
		"`file` of a mixture-of-experts model, small enough for the CPU reference and for memory")
	f.StringVar(&f.message, "message", "Hi", "the user's message")
	f.IntVar(&f.tokens, "tokens", 200, "length of the answer; stop tokens do not end it")
	f.Uint64Var(&f.seed, "seed", 1, "seed of the sampling")
	f.IntVar(&f.ahead, "ahead", 2, "how many layers ahead to run routers")
	f.StringVar(&f.out, "o", "", "`file` to write the trace to, for pack simulate")
	return f
}

// trace generates an answer on the CPU reference, records which experts its tokens choose, and prints how well they
// could have been predicted.
func trace(args []string) error {
	f := newTraceFlags()
	f.Parse(args)
	b := newLookahead(f.ahead)
	e, err := openWhole(f.model, b)
	if err != nil {
		return err
	}
	defer e.Close()
	if b.layers == nil {
		return errors.New("the model has no routed experts")
	}
	if err := f.answer(e); err != nil {
		return err
	}
	if err := b.report(os.Stdout); err != nil || f.out == "" {
		return err
	}
	return f.write(b)
}

// openWhole reads a model file into memory and opens it.
func openWhole(path string, b *lookahead) (*engine.Engine, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	name, ctx := filepath.Base(path), context.Background()
	files, err := loader.Open(ctx, fetch.Memory{name: data}, name, store.NewMemory(math.MaxInt64), nil)
	if err != nil {
		return nil, err
	}
	plan, err := engine.Read(files.File)
	if err == nil {
		err = files.Download(ctx, nil, nil)
	}
	if err != nil {
		return nil, err
	}
	return plan.Open(ctx, b, files, engine.Options{}, nil)
}

// answer generates the answer with temperature 1.
func (f *traceFlags) answer(e *engine.Engine) error {
	p := engine.Params{MaxTokens: f.tokens, Stop: []int32{-1}, Options: sample.Options{Temperature: 1, Seed: f.seed}}
	_, err := e.Chat(context.Background(), []chat.Message{chat.Text(chat.User, f.message)}, chat.Options{}, p,
		func(string) bool { return true })
	return err
}

// write writes the trace file.
func (f *traceFlags) write(b *lookahead) error {
	file, err := os.Create(f.out)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	r, err := simulate.NewRecorder(w, len(b.layers), b.numExperts(), b.numExpertsUsed())
	for i := 0; err == nil && i < len(b.tokens); i++ {
		err = r.Token(b.tokens[i])
	}
	return errors.Join(err, w.Flush(), file.Close())
}

// report prints, for each way to predict, the share of the used experts that it would have predicted.
func (b *lookahead) report(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%d tokens, %d layers of %d experts, %d a token: predicted correctly\t\t\n",
		len(b.tokens), len(b.layers), b.numExperts(), b.numExpertsUsed())
	fmt.Fprintf(w, "by chance\t%.1f %%\t\n", 100*float64(b.numExpertsUsed())/float64(b.numExperts()))
	fmt.Fprintf(w, "the same as for the token before\t%.1f %%\t\n", 100*b.repeatRate())
	for d := range b.correct {
		fmt.Fprintf(w, "router %d ahead\t%.1f %%\t\n", d+1, 100*b.accuracy(d))
	}
	return w.Flush()
}
