// Command pack makes and fetches model files.
//
//	pack models            fetch the test model into models/cache and check its hash
//	pack tiny -o tiny.gguf write a tiny random model
//	pack virtual           serve a model of a published one's geometry, computed as it is read
//	pack reference         print what the CPU reference answers with such a model
//	pack trace             write which experts a model's tokens choose; print how well they can be predicted
//	pack simulate          replay such a trace with several eviction policies and numbers of slots
package main

import (
	"fmt"
	"os"
)

var verbs = map[string]func(args []string) error{
	"models":    models,
	"tiny":      tinyModel,
	"virtual":   virtualModel,
	"reference": reference,
	"trace":     trace,
	"simulate":  simulatePolicies,
}

func main() {
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: pack models | pack tiny [flags] | pack virtual [flags] | pack reference [flags] | pack trace [flags] | pack simulate [flags]")
		os.Exit(2)
	}
	if err := verbs[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "pack %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
