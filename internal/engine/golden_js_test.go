package engine

import "github.com/outrider-web/outrider/internal/quant"

// A software adapter in Node takes a quarter of a second a token; the long prompts are compared natively.
var goldenPrompts = []string{"france"}

// A model of each type takes ten seconds there; op by op all are compared (internal/testing/optest).
var llama4Types = []quant.Type{quant.F16, quant.Q8_0, quant.Q4_K}
