package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/image/decode"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/golden"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/loader/gguf"
)

// album has pictures by name, in place of a page's decoder, and counts how often one is cut.
type album struct {
	pictures map[string]*image.Tiles
	cuts     int
}

func (a *album) cut(_ context.Context, file []byte, g image.Geometry) (*image.Tiles, error) {
	a.cuts++
	tiles, ok := a.pictures[string(file)]
	if !ok || tiles.Layout.Geometry != g {
		return nil, errs.New(errs.BadImage, fmt.Sprintf("no picture %s cut for %+v", file, g))
	}
	return tiles, nil
}

// openVision opens the golden Llama 4 with a golden vision file.
func openVision(t *testing.T, b ops.Backend, vision string, a *album, o Options) *Engine {
	t.Helper()
	file, err := os.ReadFile(llama4Goldens + vision + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	return openWithVisionFile(t, b, file, a, o)
}

// openWithVisionFile opens the golden Llama 4 with the bytes of a vision file.
func openWithVisionFile(t *testing.T, b ops.Backend, file []byte, a *album, o Options) *Engine {
	t.Helper()
	text, err := os.ReadFile(llama4Goldens + "interleave1.gguf")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Read(header(t, text))
	if err != nil {
		t.Fatal(err)
	}
	visionPlan, err := plan.ReadVision(header(t, file))
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, b, text, o)
	e.AttachVision(visionPlan, download(t, file), VisionOptions{Cut: a.cut})
	return e
}

func visionGolden(t *testing.T, name string) *golden.File {
	t.Helper()
	g, err := golden.Open(llama4Goldens + name + ".golden")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// tinyGeometry is that of vision-tiny.gguf: patches of 4 pixels, 4 vectors for each tile.
var tinyGeometry = image.Geometry{TileSize: 16, MaxTiles: 16}

// goldenPicture returns the picture of a golden file, cut into tiles.
func goldenPicture(t *testing.T, g *golden.File) *image.Tiles {
	t.Helper()
	if pixels, ok := g.Floats["pixels"]; ok {
		tiles := image.NewTiles(tinyGeometry.Layout(32, 16))
		for i := range tiles.Len() {
			for j := range 16 * 16 {
				for colour := range 3 {
					x := pixels.Data[(i*3+colour)*16*16+j]
					tiles.Pixels(i)[3*j+colour] = byte((x+1)*127.5 + 0.5)
				}
			}
		}
		return tiles
	}
	file, err := os.ReadFile(llama4Goldens + g.Notes["picture"])
	if err != nil {
		t.Fatal(err)
	}
	p, err := decode.FromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return p.Tiles(image.Llama4)
}

// pictureMessage returns a user's message with pictures before its text.
func pictureMessage(text string, pictures ...string) chat.Message {
	m := chat.Message{Role: chat.User}
	for _, name := range pictures {
		m.Parts = append(m.Parts, chat.ContentPart{Image: true, File: []byte(name)})
	}
	m.Parts = append(m.Parts, chat.ContentPart{Text: text})
	return m
}

// answerTo generates the answer to a conversation.
func answerTo(t *testing.T, e *Engine, p Params, messages ...chat.Message) ([]int32, Stats) {
	t.Helper()
	prompt, err := e.Prompt(t.Context(), messages, chat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var answer []int32
	stats, err := e.Generate(t.Context(), prompt, p, func(token int32) bool {
		answer = append(answer, token)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer, stats
}

// From the pixels of a picture to the tokens of the answer, on the reference and on the GPU: the prompt, the logits
// after it and after each step, and the tokens are those of Hugging Face transformers.
func TestAnAnswerAboutAPictureIsTheGoldenOne(t *testing.T) {
	for name, b := range map[string]ops.Backend{"reference": ref.New(), "GPU": onGPU(t)} {
		for vision, prompt := range map[string]int{"vision-tiny": 30, "vision-real": 160} {
			for _, batch := range []int{0, 7} {
				if batch > 0 && vision == "vision-real" && name == "GPU" {
					continue // 23 calls would add nothing to those of the other file
				}
				t.Run(fmt.Sprint(name, " ", vision, " batch ", batch), func(t *testing.T) {
					g := visionGolden(t, vision)
					a := &album{pictures: map[string]*image.Tiles{"a": goldenPicture(t, g)}}
					e := openVision(t, b, vision, a, Options{Options: model.Options{CacheF32: true, BatchSize: batch}})
					compareAnswer(t, e, g, prompt)
				})
			}
		}
	}
}

// compareAnswer compares prompt, logits and tokens with a golden file.
func compareAnswer(t *testing.T, e *Engine, g *golden.File, prompt int) {
	tokens, want := g.Ints["tokens"].Data, g.Floats["logits"]
	p, err := e.Prompt(t.Context(), []chat.Message{pictureMessage(g.Notes["text"], "a")}, chat.Options{})
	if err != nil || !slices.Equal(p.Tokens, tokens[:prompt]) {
		t.Fatalf("the prompt is %v, %v; want %v", p.Tokens, err, tokens[:prompt])
	}
	step := want.Dims[1] - 8
	_, err = e.Generate(t.Context(), p, Params{MaxTokens: 1, Stop: never}, func(int32) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if d := golden.Compare(logits(t, e), want.Row(step+i)); d.NMSE > 1e-9 {
			t.Errorf("step %d: %v", i, d)
		}
		if err := errors.Join(e.model.SetNext(tokens[prompt+i]), e.model.Decode()); err != nil {
			t.Fatal(err)
		}
	}
	e.history = nil // and not e.Forget: the encoded pictures are kept
	answer, _ := answerTo(t, e, Params{MaxTokens: 8, Stop: never}, pictureMessage(g.Notes["text"], "a"))
	if !slices.Equal(answer, tokens[prompt:]) {
		t.Errorf("the answer is %v, want %v", answer, tokens[prompt:])
	}
}

// The vectors that the GPU makes of each tile are those of the reference, with weights of each type that vision files
// have.
func TestTheGPUEncodesPicturesAsTheReferenceDoes(t *testing.T) {
	device := onGPU(t)
	for _, vision := range []string{"vision-tiny", "vision-real"} {
		file, err := os.ReadFile(llama4Goldens + vision + ".gguf")
		if err != nil {
			t.Fatal(err)
		}
		tiles := goldenPicture(t, visionGolden(t, vision))
		t.Run(vision, func(t *testing.T) { compareVectors(t, device, file, tiles) })
		if vision == "vision-tiny" {
			for _, typ := range []quant.Type{quant.F16, quant.Q8_0} {
				t.Run(fmt.Sprint(vision, " ", typ), func(t *testing.T) {
					compareVectors(t, device, requantised(t, file, typ), tiles)
				})
			}
		}
	}
}

// compareVectors compares the vectors of a picture on a device with the reference.
func compareVectors(t *testing.T, device ops.Backend, vision []byte, tiles *image.Tiles) {
	a := &album{pictures: map[string]*image.Tiles{"a": tiles}}
	var vectors [2][]float32
	for i, b := range []ops.Backend{ref.New(), device} {
		e := openWithVisionFile(t, b, vision, a, Options{})
		answerTo(t, e, Params{MaxTokens: 1, Stop: never}, pictureMessage("", "a"))
		for _, p := range e.vision.pictures {
			x, err := model.ReadBack(t.Context(), b, p.vectors)
			if err != nil {
				t.Fatal(err)
			}
			vectors[i] = x
		}
	}
	d := golden.Compare(vectors[1], vectors[0])
	t.Log(d)
	if d.NMSE > 1e-10 {
		t.Errorf("%v, want 1e-10", d)
	}
}

// requantised returns vision-tiny with its matrices, and the table of positions, converted to another type where the
// length of their rows allows it.
func requantised(t *testing.T, file []byte, typ quant.Type) []byte {
	t.Helper()
	f := header(t, file)
	w := &gguf.Writer{}
	for _, key := range f.Meta.Keys() {
		switch {
		case f.Meta.String(key, "") != "":
			w.Set(key, f.Meta.String(key, ""))
		case f.Meta.Uint(key, 0) != 0:
			w.Set(key, uint32(f.Meta.Uint(key, 0)))
		case f.Meta.Float(key, 0) != 0:
			w.Set(key, float32(f.Meta.Float(key, 0)))
		}
	}
	for _, x := range f.Tensors {
		data := file[x.Offset : x.Offset+x.Size]
		if len(x.Dims) == 2 && x.Dims[0]%typ.BlockWeights() == 0 {
			numbers := make([]float32, len(data)/4)
			quant.Dequantize(quant.F32, numbers, data)
			x.Type, data = typ, make([]byte, typ.RowBytes(len(numbers)))
			quant.Quantize(typ, data, numbers)
		}
		w.Add(x.Name, x.Type, x.Dims, data)
	}
	return w.Bytes()
}

// noisy returns a picture of random pixels.
func noisy(seed uint64, width, height int) *image.Tiles {
	tiles := image.NewTiles(tinyGeometry.Layout(width, height))
	r := rand.New(rand.NewPCG(seed, 1))
	pix := tiles.Bytes()
	for i := range pix {
		pix[i] = byte(r.Uint32())
	}
	return tiles
}

// gallery returns an album with two pictures of the same size and a larger one.
func gallery() *album {
	return &album{pictures: map[string]*image.Tiles{"sun": noisy(1, 16, 16), "sea": noisy(2, 16, 16),
		"wood": noisy(3, 30, 40)}}
}

// checkAnswer returns the engine's answer to a conversation. It must be that of a new engine, and encode the given
// number of tiles.
func checkAnswer(t *testing.T, e *Engine, what string, tiles int, messages ...chat.Message) []int32 {
	t.Helper()
	p := Params{MaxTokens: 6, Stop: never}
	got, stats := answerTo(t, e, p, messages...)
	want, _ := answerTo(t, openVision(t, ref.New(), "vision-tiny", gallery(), Options{}), p, messages...)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the answer is %v, that of a new engine %v", what, got, want)
	}
	if stats.EncodedTiles != tiles {
		t.Errorf("%s: %d tiles were encoded, want %d", what, stats.EncodedTiles, tiles)
	}
	return got
}

func TestAPictureIsEncodedOnceInAConversation(t *testing.T) {
	a := gallery()
	e := openVision(t, ref.New(), "vision-tiny", a, Options{})
	said := chat.Text(chat.Assistant, "a sun")
	first := pictureMessage("what", "sun")
	checkAnswer(t, e, "the first turn", 1, first)
	checkAnswer(t, e, "a turn about the same picture", 0, first, said, chat.Text(chat.User, "why"))
	checkAnswer(t, e, "a turn with another picture", 7, first, said, pictureMessage("this", "wood"))
	checkAnswer(t, e, "the first again", 0, first, said, pictureMessage("that", "wood", "sun"))
	checkAnswer(t, e, "an edit before the picture", 0, chat.Text(chat.System, "short"), first, said,
		pictureMessage("that", "wood", "sun"))
	if a.cuts != 2 {
		t.Errorf("two pictures were cut %d times", a.cuts)
	}
	checkAnswer(t, e, "a conversation without it", 0, chat.Text(chat.User, "hi"))
	checkAnswer(t, e, "a new one with it", 1, first)
}

// The prompts of two pictures of the same size have the same tokens.
func TestAnotherPictureIsNotMistakenForTheFirst(t *testing.T) {
	e := openVision(t, ref.New(), "vision-tiny", gallery(), Options{})
	sun := checkAnswer(t, e, "one", 1, pictureMessage("what", "sun"))
	sea := checkAnswer(t, e, "another", 1, pictureMessage("what", "sea"))
	if slices.Equal(sun, sea) {
		t.Errorf("both pictures have the answer %v", sun)
	}
	both := checkAnswer(t, e, "both", 1, pictureMessage("what", "sea", "sun"))
	if swapped := checkAnswer(t, e, "swapped", 0, pictureMessage("what", "sun", "sea")); slices.Equal(both, swapped) {
		t.Errorf("both orders have the answer %v", both)
	}
	checkAnswer(t, e, "the same twice", 0, pictureMessage("what", "sun", "sun"))
}

func TestAPromptKnowsWhereItsPicturesAre(t *testing.T) {
	e := openVision(t, ref.New(), "vision-tiny", gallery(), Options{})
	messages := []chat.Message{pictureMessage("what", "sun", "wood"), pictureMessage("this", "sea", "sun")}
	p, err := e.Prompt(t.Context(), messages, chat.Options{})
	if err != nil || len(p.pictures) != 4 {
		t.Fatalf("%d pictures, %v", len(p.pictures), err)
	}
	for i, picture := range p.pictures {
		if got := p.Tokens[picture.at:picture.end()]; !slices.Equal(got, picture.tokens) {
			t.Errorf("picture %d is at %d, where the tokens are %v", i, picture.at, got)
		}
	}
	if p.pictures[0].at >= p.pictures[1].at || p.pictures[2].at >= p.pictures[3].at {
		t.Errorf("the pictures are out of order")
	}
}

func TestAReleasedVisionEncoderIsLoadedForTheNextNewPicture(t *testing.T) {
	e := openVision(t, ref.New(), "vision-tiny", gallery(), Options{})
	if e.vision.encoder != nil || len(e.vision.weights) > 0 {
		t.Error("the vision encoder was loaded before the first picture")
	}
	checkAnswer(t, e, "text alone", 0, chat.Text(chat.User, "hi"))
	if e.vision.encoder != nil {
		t.Error("the vision encoder was loaded for text")
	}
	checkAnswer(t, e, "the first picture", 1, pictureMessage("what", "sun"))
	encoder := e.vision.encoder
	if checkAnswer(t, e, "the second", 1, pictureMessage("what", "sea")); e.vision.encoder != encoder {
		t.Error("the vision encoder was loaded for each picture")
	}
	checkAnswer(t, e, "the first once more", 1, pictureMessage("what", "sun"))
	e.vision.unload()
	checkAnswer(t, e, "the first picture again", 0, pictureMessage("this", "sun"))
	if e.vision.encoder != nil || len(e.vision.weights) > 0 {
		t.Error("the vision encoder was loaded for a picture that is encoded")
	}
	checkAnswer(t, e, "a new one", 1, pictureMessage("this", "sun", "sea"))
	if e.vision.encoder == nil {
		t.Error("the vision encoder was not loaded again")
	}
}

func TestTilesAreReportedAndEncodingStopsBetweenThem(t *testing.T) {
	e := openVision(t, ref.New(), "vision-tiny", gallery(), Options{})
	var reports []string
	p := Params{MaxTokens: 1, OnTile: func(done, total int) {
		reports = append(reports, fmt.Sprintf("%d/%d", done, total))
	}}
	answerTo(t, e, p, pictureMessage("what", "sun", "wood"))
	if len(reports) != 8 || reports[0] != "1/8" || reports[7] != "8/8" {
		t.Errorf("the reports are %v", reports)
	}
	answerTo(t, e, p, chat.Text(chat.User, "what of another conversation"))
	ctx, cancel := context.WithCancel(t.Context())
	p.OnTile = func(done, _ int) {
		if done == 3 {
			cancel()
		}
	}
	stats, err := e.Chat(ctx, []chat.Message{pictureMessage("what", "sun", "wood")}, chat.Options{}, p,
		func(string) bool { return true })
	if errs.Of(err).Code != errs.Aborted || stats.EncodedTiles != 3 || e.model.Len() != len(e.history) {
		t.Errorf("%v after %d tiles; the history has %d tokens, the model %d", err, stats.EncodedTiles, len(e.history),
			e.model.Len())
	}
	checkAnswer(t, e, "after a stop", 7, pictureMessage("what", "sun", "wood"))
}

func TestAPictureThatCannotBeCutIsRefusedBeforeAnyWork(t *testing.T) {
	b := &programCounter{Backend: ref.New()}
	e := openVision(t, b, "vision-tiny", gallery(), Options{})
	_, err := e.Chat(t.Context(), []chat.Message{pictureMessage("what", "sun", "moon")}, chat.Options{}, Params{}, nil)
	if errs.Of(err).Code != errs.BadImage || b.programs > 0 {
		t.Errorf("%v after %d programs", err, b.programs)
	}
	other := &album{pictures: map[string]*image.Tiles{"sun": image.NewTiles(image.Llama4.Layout(16, 16))}}
	e.vision.options.Cut = func(context.Context, []byte, image.Geometry) (*image.Tiles, error) {
		return other.pictures["sun"], nil
	}
	_, err = e.Prompt(t.Context(), []chat.Message{pictureMessage("what", "dusk")}, chat.Options{})
	if errs.Of(err).Code != errs.InvalidRequest {
		t.Errorf("tiles of another size: %v", err)
	}
}

// A prompt of tokens alone has no vectors for its patch tokens.
func TestPatchTokensWithoutAPictureAreRefused(t *testing.T) {
	b := &programCounter{Backend: ref.New()}
	e := openVision(t, b, "vision-tiny", gallery(), Options{})
	p, err := e.Prompt(t.Context(), []chat.Message{pictureMessage("what", "sun")}, chat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []Prompt{{Tokens: p.Tokens}, {slices.Concat(p.Tokens, p.Tokens), p.pictures}} {
		_, err := e.Generate(t.Context(), wrong, Params{}, nil)
		if errs.Of(err).Code != errs.InvalidRequest || !strings.Contains(err.Error(), "<|patch|>") || b.programs > 0 {
			t.Errorf("%v after %d programs", err, b.programs)
		}
	}
}

func TestAVisionFileThatDoesNotFitItsModelIsRefused(t *testing.T) {
	_, text := llama4Golden(t, "interleave1-qknorm-high1")
	visionFile, err := os.ReadFile(llama4Goldens + "vision-tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		text, vision []byte
		code         errs.Code
		message      string
	}{
		{"no token for a patch", renamed(text, "<|patch|>"), visionFile, errs.BadModel, "<|patch|>"},
		{"no token for the end of a row", renamed(text, "<|tile_y_separator|>"), visionFile, errs.BadModel,
			"<|tile_y_separator|>"},
		{"a wider text model", tiny.Llama{Type: quant.F32, HiddenSize: 96, NumHeads: 4}.GGUF(), visionFile,
			errs.BadModel, "96"},
		{"no vision file", text, text, errs.UnsupportedArchitecture, "mmproj"},
	} {
		plan, err := Read(header(t, c.text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = plan.ReadVision(header(t, c.vision))
		if errs.Of(err).Code != c.code || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v, want %s with %q", c.name, err, c.code, c.message)
		}
	}
}

func TestTheTensorsOfAVisionEncoderMustFitTheDevice(t *testing.T) {
	_, text := llama4Golden(t, "interleave1-qknorm-high1")
	visionFile, err := os.ReadFile(llama4Goldens + "vision-tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Read(header(t, text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := plan.ReadVision(header(t, visionFile))
	if err != nil {
		t.Fatal(err)
	}
	enough := ops.Limits{MaxBuffer: 1 << 20, MaxBinding: 1 << 20}
	if err := v.Fit(enough); err != nil {
		t.Error(err)
	}
	if err := v.Fit(ops.Limits{MaxBuffer: 1 << 20, MaxBinding: 1000}); errs.Of(err).Code != errs.LimitsTooSmall {
		t.Errorf("a binding of 1000 bytes: %v", err)
	}
}
