package engine

import "github.com/outrider-web/outrider/internal/quant"

// A software adapter in Node takes a quarter of a second for a token, so the long prompts are compared natively only.
var goldenPrompts = []string{"france"}

// A model of each type takes ten seconds there. internal/testing/optest compares each op with all types.
var llama4Types = []quant.Type{quant.F16, quant.Q8_0, quant.Q4_K}
