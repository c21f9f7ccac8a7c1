// Command pack makes, serves and downloads model files.
//
//	pack models            download the test model to models/cache and check its hash
//	pack tiny -o tiny.gguf write a tiny random model
//	pack virtual           serve a model with the sizes of a published one, computed while it is read
//	pack reference         print an answer of the CPU reference with such a model
//	pack trace             write which experts a model's tokens choose; print how well they can be predicted
//	pack simulate          replay such a trace with several eviction policies and numbers of slots
//	pack manifest          write the hashes of model files beside them, which a page checks when it downloads them
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
	"manifest":  writeManifests,
}

func main() {
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: pack models, or pack manifest FILE|FOLDER..., or "+
			"pack tiny, virtual, reference, trace or simulate with flags")
		os.Exit(2)
	}
	if err := verbs[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "pack %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
