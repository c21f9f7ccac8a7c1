//go:build !js

package engine

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/image/decode"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/ref"
)

// The photo has 4032×3024 pixels and an EXIF orientation; it becomes 13 tiles and 1900 tokens. The page's test reads
// the same golden file, so that the browser's answer is the reference's.
func TestAnAnswerAboutAPhotoIsTheSameEverywhere(t *testing.T) {
	want, err := os.ReadFile(llama4Goldens + "photo.tokens")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(llama4Goldens + "../image/photo.jpg")
	if err != nil {
		t.Fatal(err)
	}
	photo, err := decode.FromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tiles := photo.Tiles(image.Llama4)
	for name, b := range map[string]ops.Backend{"reference": ref.New(), "GPU": onGPU(t)} {
		t.Run(name, func(t *testing.T) {
			e := openVision(t, b, "vision-real", &album{pictures: map[string]*image.Tiles{"a": tiles}}, Options{})
			answer, stats := answerTo(t, e, Params{MaxTokens: 4, Stop: never}, pictureMessage("Describe this picture", "a"))
			got := strings.Trim(fmt.Sprint(answer), "[]")
			if got != strings.TrimSpace(string(want)) || stats.PromptTokens != 1900 {
				t.Errorf("%d prompt tokens, answer %s; want 1900, %s", stats.PromptTokens, got, want)
			}
		})
	}
}
