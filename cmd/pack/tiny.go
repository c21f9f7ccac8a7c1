package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/testing/tiny"
)

// tinyFlags are the flags of a tiny model.
type tinyFlags struct {
	*flag.FlagSet
	out, family, typeName string
	llama                 tiny.Llama
	llama4                tiny.Llama4
}

// familyOf maps the flags that are for one family; the others are for both.
var familyOf = map[string]string{"tied": "llama", "experts": "llama4", "experts-used": "llama4",
	"interleave": "llama4", "window": "llama4"}

func newTinyFlags() *tinyFlags {
	f := &tinyFlags{FlagSet: flag.NewFlagSet("pack tiny", flag.ExitOnError)}
	f.StringVar(&f.out, "o", "tiny.gguf", "file to write")
	f.StringVar(&f.family, "family", "llama", "llama or llama4")
	f.StringVar(&f.typeName, "type", "Q4_1", "weight type: "+strings.Join(typeNames(), " "))
	f.Uint64Var(&f.llama.Seed, "seed", 1, "seed of the random weights")
	f.IntVar(&f.llama.HiddenSize, "hidden", 0, "width of the residual stream (default 256)")
	f.IntVar(&f.llama.NumLayers, "layers", 0, "number of layers (default 2, for llama4 4)")
	f.IntVar(&f.llama.ContextSize, "context", 0, "positions (default 512)")
	f.BoolVar(&f.llama.Tied, "tied", false, "llama: use the embedding as the head")
	f.IntVar(&f.llama4.NumExperts, "experts", 0, "llama4: routed experts of a layer (default 4)")
	f.IntVar(&f.llama4.NumExpertsUsed, "experts-used", 0, "llama4: routed experts of a token (default 1)")
	f.IntVar(&f.llama4.MoEInterval, "interleave", 0,
		"llama4: 1 for experts in every layer, like Scout; 2 for every second layer, like Maverick (default 1)")
	f.IntVar(&f.llama4.Window, "window", 0, "llama4: window of a rotating layer, in positions (default 8192)")
	return f
}

// tinyModel writes a tiny random model.
func tinyModel(args []string) error {
	f := newTinyFlags()
	f.Parse(args)
	file, err := f.model()
	if err != nil {
		return err
	}
	return os.WriteFile(f.out, file, 0o644)
}

func (f *tinyFlags) model() ([]byte, error) {
	t, ok := typeNamed(f.typeName)
	if !ok {
		return nil, fmt.Errorf("unknown type %q; known are %s", f.typeName, strings.Join(typeNames(), " "))
	}
	var misplaced error
	f.Visit(func(x *flag.Flag) {
		if family, ok := familyOf[x.Name]; ok && family != f.family {
			misplaced = fmt.Errorf("-%s is for -family %s", x.Name, family)
		}
	})
	if misplaced != nil {
		return nil, misplaced
	}
	l, l4 := f.llama, f.llama4
	switch f.family {
	case "llama":
		l.Type = t
		return l.GGUF(), nil
	case "llama4":
		l4.Type, l4.Seed, l4.HiddenSize, l4.NumLayers, l4.ContextSize = t, l.Seed, l.HiddenSize, l.NumLayers, l.ContextSize
		return l4.GGUF(), nil
	}
	return nil, fmt.Errorf("unknown family %q; known are llama and llama4", f.family)
}

func typeNames() []string {
	var names []string
	for _, t := range quant.WeightTypes {
		names = append(names, t.String())
	}
	return names
}

func typeNamed(name string) (quant.Type, bool) {
	for _, t := range quant.WeightTypes {
		if strings.EqualFold(t.String(), name) {
			return t, true
		}
	}
	return 0, false
}
