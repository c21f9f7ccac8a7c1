//go:build !js

package engine

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/image/decode"
)

// The golden files have what transformers generates greedily, in float32, with the weights of Nano's two files
// (models/nano/parity.py).
const (
	nanoFiles   = "../../models/nano/"
	nanoGoldens = "../../testdata/golden/nano/"
)

// nanoCase is a question with the golden answer.
type nanoCase struct {
	Ask     string
	Picture string // its file; "" for a question without a picture
	Prompt  []int32
	Tokens  []int32
	Answer  string
}

func nanoCases(t *testing.T) (all []nanoCase) {
	t.Helper()
	file, err := os.ReadFile(nanoGoldens + "cases.json")
	if err == nil {
		err = json.Unmarshal(file, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// openNano opens the built-in model with its vision file. A picture of a message is the name of a golden file.
func openNano(t *testing.T) *Engine {
	t.Helper()
	text, err := os.ReadFile(nanoFiles + "nano.gguf")
	if err != nil {
		t.Fatal(err)
	}
	vision, err := os.ReadFile(nanoFiles + "nano-mmproj.gguf")
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, onGPU(t), text, Options{})
	plan, err := Read(header(t, text))
	if err != nil {
		t.Fatal(err)
	}
	visionPlan, err := plan.ReadVision(header(t, vision))
	if err != nil {
		t.Fatal(err)
	}
	e.AttachVision(visionPlan, download(t, vision), VisionOptions{Cut: cutGolden})
	return e
}

// cutGolden decodes and cuts a picture as the page does.
func cutGolden(_ context.Context, name []byte, g image.Geometry) (*image.Tiles, error) {
	file, err := os.ReadFile(nanoGoldens + string(name))
	if err != nil {
		return nil, err
	}
	p, err := decode.FromFile(file)
	if err != nil {
		return nil, err
	}
	return p.Tiles(g), nil
}

// The questions, some about pictures, were not in the training data. The tokens of the whole answers are compared.
func TestNanoAnswersAsTransformersDoes(t *testing.T) {
	e := openNano(t)
	pictures := 0
	cases := nanoCases(t)
	for _, c := range cases {
		message := chat.Text(chat.User, c.Ask)
		if c.Picture != "" {
			message = pictureMessage(c.Ask, c.Picture)
			pictures++
		}
		prompt, err := e.Prompt(t.Context(), []chat.Message{message}, chat.Options{})
		if err != nil || !slices.Equal(prompt.Tokens, c.Prompt) {
			t.Errorf("%q %s: the prompt is %v, %v; want %v", c.Ask, c.Picture, prompt.Tokens, err, c.Prompt)
			continue
		}
		got, _ := answerTo(t, e, Params{MaxTokens: len(c.Tokens), Stop: never}, message)
		if !slices.Equal(got, c.Tokens) {
			t.Errorf("%q %s: %v %q\nwant %v %q", c.Ask, c.Picture, got, e.tokenizer.Decode(got), c.Tokens, c.Answer)
		}
	}
	if len(cases) != 50 || pictures != 20 {
		t.Errorf("%d cases, %d with pictures; want 50, 20", len(cases), pictures)
	}
}
