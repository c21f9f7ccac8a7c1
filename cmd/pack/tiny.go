package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/tiny"
)

// tinyModel writes a tiny random model.
func tinyModel(args []string) error {
	var l tiny.Llama
	flags := flag.NewFlagSet("pack tiny", flag.ExitOnError)
	out := flags.String("o", "tiny.gguf", "file to write")
	name := flags.String("type", "Q4_1", "weight type: "+strings.Join(typeNames(), " "))
	flags.Uint64Var(&l.Seed, "seed", 1, "seed of the random weights")
	flags.IntVar(&l.Hidden, "hidden", 0, "width of the residual stream (default 256)")
	flags.IntVar(&l.Layers, "layers", 0, "number of layers (default 2)")
	flags.IntVar(&l.Context, "context", 0, "positions (default 512)")
	flags.BoolVar(&l.Tied, "tied", false, "use the embedding as the head")
	flags.Parse(args)
	t, ok := typeNamed(*name)
	if !ok {
		return fmt.Errorf("unknown type %q; known are %s", *name, strings.Join(typeNames(), " "))
	}
	l.Type = t
	return os.WriteFile(*out, l.GGUF(), 0o644)
}

var types = []quant.Type{quant.F32, quant.F16, quant.BF16, quant.Q4_0, quant.Q4_1, quant.Q8_0, quant.Q2_K, quant.Q3_K,
	quant.Q4_K, quant.Q5_K, quant.Q6_K}

func typeNames() []string {
	var names []string
	for _, t := range types {
		names = append(names, t.String())
	}
	return names
}

func typeNamed(name string) (quant.Type, bool) {
	for _, t := range types {
		if strings.EqualFold(t.String(), name) {
			return t, true
		}
	}
	return 0, false
}
