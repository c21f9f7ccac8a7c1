package engine

import (
	"os"
	"testing"
)

// Files of llama.cpp's tools, which are not part of the repository. In its mixes, rows that are no multiple of 256 are
// of types with blocks of 32.
func TestFilesOfLlamaCppAgreeWithTheReference(t *testing.T) {
	for _, name := range []string{"llama-hidden288-Q4_K_M.gguf"} {
		file, err := os.ReadFile("../../../shared/cases/files/" + name)
		if err != nil {
			t.Skip("the files are not here")
		}
		t.Run(name, func(t *testing.T) { checkLogits(t, onGPU(t), file) })
	}
}
