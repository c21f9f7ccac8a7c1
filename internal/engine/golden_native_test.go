//go:build !js

package engine

var goldenPrompts = []string{"france", "days", "lighthouse"}
