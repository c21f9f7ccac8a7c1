//go:build !js

package engine

import (
	"testing"

	"github.com/outrider-web/outrider/internal/model"
)

var goldenPrompts = []string{"france", "days", "lighthouse"}

// With keys and values in single precision nothing is left but the order of sums.
func TestTheGPUComputesSmolLM2InSinglePrecision(t *testing.T) {
	e := openSmolLM2(t, onGPU(t), Options{model.Options{CacheF32: true, Context: 64}})
	g := goldenOf(t, "france")
	compareLogits(t, e, g, 1e-10)
}
