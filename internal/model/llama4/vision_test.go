package llama4

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
)

// publishedVision is the metadata of the published vision file (§7.5).
var publishedVision = metadata{
	"general.architecture": "clip", "clip.projector_type": "llama4", "clip.has_vision_encoder": true,
	"clip.use_gelu":          true,
	"clip.vision.image_size": 336, "clip.vision.patch_size": 14, "clip.vision.embedding_length": 1408,
	"clip.vision.feed_forward_length": 5632, "clip.vision.block_count": 34, "clip.vision.attention.head_count": 16,
	"clip.vision.attention.layer_norm_epsilon": 1e-5, "clip.vision.projection_dim": 5120,
	"clip.vision.image_mean": []float64{0.5, 0.5, 0.5}, "clip.vision.image_std": []float64{0.5, 0.5, 0.5},
	"clip.vision.projector.scale_factor": 2,
}

func publishedEncoder(t *testing.T, m metadata) *visionEncoder {
	t.Helper()
	read, err := model.ReadVisionEncoder(m)
	if err != nil {
		t.Fatal(err)
	}
	return read.(*visionEncoder)
}

func TestThePublishedVisionFileIsRead(t *testing.T) {
	v := publishedEncoder(t, publishedVision)
	if v.geometry != image.Llama4 || v.headDim != 88 || v.patches() != 576 || v.vectors() != 144 {
		t.Errorf("the encoder is %+v", v)
	}
	c := v.Config()
	if c.Width != 5120 || c.TileVectors != 144 || c.PatchToken != "<|patch|>" ||
		len(c.SpecialTokens) != 6 || slices.Contains(c.SpecialTokens, "") {
		t.Errorf("its config is %+v", c)
	}
	if few := publishedEncoder(t, publishedVision.With("clip.vision.max_tiles", 4)); few.geometry.MaxTiles != 4 {
		t.Errorf("the file has a maximum of 4 tiles, the encoder one of %d", few.geometry.MaxTiles)
	}
}

func TestAVisionFileOfAnotherKindIsAnError(t *testing.T) {
	for _, c := range []struct {
		key   string
		value any
		code  errs.Code
		says  string
	}{
		{"general.architecture", "llama4", errs.UnsupportedArchitecture, "mmproj"},
		{"clip.projector_type", "mlp", errs.UnsupportedArchitecture, `"mlp"`},
		{"clip.projector_type", nil, errs.UnsupportedArchitecture, "knows llama4"},
		{"clip.use_gelu", false, errs.UnsupportedArchitecture, "GELU"},
		{"clip.vision.image_mean", []float64{0.48, 0.45, 0.4}, errs.UnsupportedArchitecture, "image_mean"},
		{"clip.vision.image_std", []float64{0.5}, errs.UnsupportedArchitecture, "image_std"},
		{"clip.vision.image_size", nil, errs.BadModel, "image_size is 0"},
		{"clip.vision.image_size", 1 << 20, errs.BadModel, "image_size"},
		{"clip.vision.patch_size", 15, errs.BadModel, "patch_size is 15"},
		{"clip.vision.patch_size", nil, errs.BadModel, "patch_size"},
		{"clip.vision.projector.scale_factor", 5, errs.BadModel, "scale_factor is 5"},
		{"clip.vision.projector.scale_factor", 0, errs.BadModel, "scale_factor"},
		{"clip.vision.max_tiles", 0, errs.BadModel, "max_tiles"},
		{"clip.vision.max_tiles", 1 << 40, errs.BadModel, "max_tiles"},
		{"clip.vision.embedding_length", nil, errs.BadModel, "embedding_length"},
		{"clip.vision.feed_forward_length", nil, errs.BadModel, "feed_forward_length"},
		{"clip.vision.block_count", nil, errs.BadModel, "block_count"},
		{"clip.vision.block_count", 1 << 40, errs.BadModel, "block_count"},
		{"clip.vision.attention.head_count", nil, errs.BadModel, "head_count"},
		{"clip.vision.attention.head_count", 15, errs.BadModel, "head_count is 15"},
		{"clip.vision.attention.head_count", 704, errs.BadModel, "head_count is 704"}, // heads of 2: no pair for each axis
		{"clip.vision.attention.head_count", 4, errs.BadModel, "head_count is 4"},     // heads of 352
		{"clip.vision.attention.layer_norm_epsilon", nil, errs.BadModel, "epsilon"},
		{"clip.vision.projection_dim", nil, errs.BadModel, "projection_dim"},
	} {
		_, err := model.ReadVisionEncoder(publishedVision.With(c.key, c.value))
		if !errors.Is(err, errs.New(c.code, "")) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s = %v: error is %v, want %s that says %q", c.key, c.value, err, c.code, c.says)
		}
	}
}

func TestWrongVisionTensorsAreErrors(t *testing.T) {
	_, file := openVision(t, "vision-tiny")
	for _, c := range []struct {
		name   string
		change func(model.Source)
		width  int
		says   []string
	}{
		{"another text model", func(model.Source) {}, 128, []string{"64", "128", "mmproj"}},
		{"missing", func(s model.Source) { delete(s, "v.blk.1.attn_q.bias") }, 64,
			[]string{"v.blk.1.attn_q.bias", "missing"}},
		{"wrong shape", func(s model.Source) { s["v.position_embd.weight"].Shape = ops.Shape{32, 16} }, 64,
			[]string{"v.position_embd.weight", "[32 17]"}},
		{"its projector", func(s model.Source) { s["mm.model.fc.weight"].Shape = ops.Shape{48, 128} }, 64,
			[]string{"mm.model.fc.weight", "[48 64]"}},
		{"its adapter", func(s model.Source) { s["mm.model.mlp.2.weight"].Shape = ops.Shape{44, 48} }, 64,
			[]string{"mm.model.mlp.2.weight", "[48 48]"}},
		{"class first", func(s model.Source) { s["v.positional_embedding"] = &ops.Tensor{Shape: ops.Shape{32, 17}} }, 64,
			[]string{"v.positional_embedding"}},
		{"norm in half precision", func(s model.Source) { s["v.pre_ln.weight"].Type = quant.F16 }, 64,
			[]string{"v.pre_ln.weight", "F16"}},
	} {
		source := model.Source{}
		for _, x := range header(t, file).Tensors {
			source[x.Name] = &ops.Tensor{Name: x.Name, Type: x.Type, Shape: slices.Clone(x.Dims)}
		}
		c.change(source)
		err := model.CheckVisionEncoder(encoderOf(t, file), source, model.Config{HiddenSize: c.width})
		if !errors.Is(err, errs.New(errs.BadModel, "")) {
			t.Errorf("%s: %v, want bad_model", c.name, err)
			continue
		}
		for _, word := range c.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not say %q", c.name, err, word)
			}
		}
	}
}

// The files of later converters name the second norm of a block differently.
func TestTheSecondNormHasEitherName(t *testing.T) {
	_, file := openVision(t, "vision-tiny")
	source := model.Source{}
	for _, x := range header(t, file).Tensors {
		name := strings.Replace(x.Name, ".ln2.", ".attn_post_norm.", 1)
		source[name] = &ops.Tensor{Name: name, Type: x.Type, Shape: slices.Clone(x.Dims)}
	}
	if err := model.CheckVisionEncoder(encoderOf(t, file), source, model.Config{HiddenSize: 64}); err != nil {
		t.Error(err)
	}
	source["v.blk.0.ln2.weight"] = source["v.blk.0.ln1.weight"]
	err := model.CheckVisionEncoder(encoderOf(t, file), source, model.Config{HiddenSize: 64})
	if err == nil || !strings.Contains(err.Error(), "v.blk.0.ln2.weight") {
		t.Errorf("a block with both names: %v", err)
	}
}

// The table of §3.6 for a grid of 4×4: row 4t+q is patch q of vector t.
func TestPixelShuffleJoinsThePatchesOfASquare(t *testing.T) {
	n := &visionNetwork{visionEncoder: &visionEncoder{gridSize: 4, shuffleSize: 2}}
	want := []uint32{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}
	if got := n.shuffledOrder(); !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
}

// Patch 29 of a grid of 24 is in column 5 of row 1, so its angles are multiples of 6 and 2.
func TestPatchesRotateByColumnAndRowAndTheClassTokenDoesNot(t *testing.T) {
	n := &visionNetwork{visionEncoder: publishedEncoder(t, publishedVision)}
	table := n.ropeTable()
	if len(table) != 88*577 {
		t.Fatalf("the table has %d numbers", len(table))
	}
	token := table[29*88:][:88]
	for _, c := range []struct {
		pair  int
		angle float64
	}{{0, 6}, {1, 6 * 0.657933225}, {21, 6 * 0.000151991108}, {22, 2}, {23, 2 * 0.657933225}, {33, 2 * 0.01}} {
		near(t, "cos and sin", token[2*c.pair:][:2], []float32{float32(math.Cos(c.angle)), float32(math.Sin(c.angle))}, 1e-13)
	}
	for i, x := range table[576*88:] {
		if x != float32(1-i%2) {
			t.Fatalf("element %d of the class token's row is %v", i, x)
		}
	}
}

// A patch is its colours one after another, each row by row (§3.1).
func TestUnfoldCutsATileIntoPatches(t *testing.T) {
	small := &visionEncoder{geometry: image.Geometry{TileSize: 4}, patchSize: 2, gridSize: 2}
	planes := make([]float32, 3*4*4)
	for i := range planes {
		planes[i] = float32(100*(i/16) + 10*(i/4%4) + i%4) // colour, y, x
	}
	got := small.unfold(planes)
	if want := []float32{2, 3, 12, 13, 102, 103, 112, 113, 202, 203, 212, 213}; !slices.Equal(got[12:24], want) {
		t.Errorf("patch 1 is %v, want %v", got[12:24], want)
	}
}

// The vectors of a tile do not depend on the tiles before it.
func TestTilesAreIndependent(t *testing.T) {
	g, file := openVision(t, "vision-tiny")
	together := observeVision(t, ref.New(), file)
	p := pictureOf(t, g, together.network.visionEncoder)
	for tile := range p.NumTiles() {
		alone := observeVision(t, ref.New(), file)
		err := errors.Join(together.vision.Encode(p, tile, together.out), alone.vision.Encode(p, tile, alone.out))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := floats(t, together.out), floats(t, alone.out); !slices.Equal(got, want) {
			t.Errorf("tile %d after other tiles differs from the tile alone", tile)
		}
	}
}

// The rows of §4.8, and the first and last tokens of their layouts (§4.7).
func TestPromptTokensOfPictures(t *testing.T) {
	v := publishedEncoder(t, publishedVision)
	for name, want := range map[string]int{
		"300x200.png": 147, "337x336.png": 437, "grey-512x512.png": 727, "palette-640x480.png": 727, "1008x336.png": 582,
		"336x1008.png": 582, "1920x1080.png": 2322, "2000x3000.png": 2322,
	} {
		p := cutFile(t, v, "../../../testdata/golden/image/"+name)
		tokens, patches := p.PromptTokens(), 0
		for _, token := range tokens {
			if token == "<|patch|>" {
				patches++
			}
		}
		if len(tokens) != want || patches != 144*p.NumTiles() || tokens[0] != "<|image_start|>" ||
			tokens[want-146] != "<|image|>" || tokens[want-1] != "<|image_end|>" {
			t.Errorf("%s: %d tokens, %d patches for %d tiles; want %d tokens", name, len(tokens), patches, p.NumTiles(), want)
		}
	}
}

func TestTilesCutForAnotherEncoderAreAnError(t *testing.T) {
	others := image.NewTiles(image.Geometry{TileSize: 336, MaxTiles: 4}.Layout(300, 300))
	if _, err := publishedEncoder(t, publishedVision).NewPicture(others); errs.Of(err).Code != errs.InvalidRequest {
		t.Errorf("error is %v", err)
	}
}
