package engine

// A software adapter in Node takes a quarter of a second a token; the long prompts are compared natively.
var goldenPrompts = []string{"france"}
