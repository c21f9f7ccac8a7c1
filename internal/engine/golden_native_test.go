//go:build !js

package engine

var goldenPrompts = []string{"france", "days", "lighthouse"}

var llama4Types = weightTypes
