package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	std "image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
)

// pngHeader returns a PNG that announces a size and has no pixels.
func pngHeader(width, height uint32) []byte {
	body := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	body = append(body, 8, 2, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(file, body...), crc32.ChecksumIEEE(body))
}

func TestFromFileRefuses(t *testing.T) {
	photo := readFile(t, filepath.Join(goldenDir, "photo.jpg"))
	small := readFile(t, filepath.Join(goldenDir, "300x200.png"))
	animated := append([]byte("RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02"), make([]byte, 9)...)
	large := append(bytes.Clone(animated[:24]), 0xfe, 0x3f, 0, 0xfe, 0x3f, 0) // width - 1 and height - 1
	for _, c := range []struct {
		name    string
		data    []byte
		code    errs.Code
		browser bool // a browser may still decode it
		says    string
	}{
		{"nothing", nil, errs.UnsupportedImage, true, "not a picture"},
		{"text", []byte("hello"), errs.UnsupportedImage, true, "not a picture"},
		{"SVG", []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), errs.UnsupportedImage, false, "SVG"},
		{"SVG with a declaration", []byte("\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- x --><svg/>"), errs.UnsupportedImage,
			false, "SVG"},
		{"AVIF", []byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00"), errs.UnsupportedImage, true, "AVIF"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), errs.UnsupportedImage, true, "HEIC"},
		{"animated WebP", animated, errs.UnsupportedImage, true, "WebP"},
		{"animated WebP with a large canvas", large, errs.ImageTooLarge, false, "16383×16383"},
		{"PNG cut in the pixels", small[:len(small)/2], errs.BadImage, true, "damaged or cut short"},
		{"PNG cut in the header", small[:20], errs.BadImage, true, "damaged or cut short"},
		{"JPEG cut", photo[:len(photo)/2], errs.BadImage, true, "damaged or cut short"},
		{"JPEG of two bytes and a marker", photo[:3], errs.BadImage, true, "damaged or cut short"},
		{"PNG with a flipped bit", flipBit(small, len(small)/2), errs.BadImage, true, "damaged or cut short"},
		{"PNG without pixels", pngHeader(0, 5), errs.BadImage, true, ""},
		{"PNG of a billion pixels", pngHeader(30000, 40000), errs.ImageTooLarge, false, "30000×40000"},
		{"PNG of one very long line", pngHeader(90_000_000, 1), errs.ImageTooLarge, false, "65535 a side"},
		{"PNG of the largest size and no pixels", pngHeader(65535, 1), errs.BadImage, true, "damaged or cut short"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := FromFile(c.data)
			if err == nil {
				t.Fatal("decoded")
			}
			if got := errs.Of(err).Code; got != c.code {
				t.Errorf("code %s, want %s (%v)", got, c.code, err)
			}
			if got := errors.Is(err, ErrBrowserOnly); got != c.browser {
				t.Errorf("a browser may decode it: %v, want %v", got, c.browser)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error %q does not say %q", err, c.says)
			}
		})
	}
}

func flipBit(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 1
	return data
}

// The container of this WebP announces another size than its frame.
func TestFromFileRefusesAContainerThatContradictsItsFrame(t *testing.T) {
	data := readFile(t, filepath.Join(goldenDir, "webp-lossy-alpha.webp"))
	at := bytes.Index(data, []byte("VP8X"))
	if at < 0 {
		t.Fatal("the file has no VP8X chunk")
	}
	data[at+12] ^= 0x40 // width - 1
	if _, err := FromFile(data); !errors.Is(err, errs.New(errs.BadImage, "")) {
		t.Errorf("got %v", err)
	}
}

func TestPanicOfADecoderIsABadImage(t *testing.T) {
	usual := decoders[BMP]
	defer func() { decoders[BMP] = usual }()
	decoders[BMP] = decoder{usual.config, func(io.Reader) (std.Image, error) { panic("index out of range") }}
	if _, err := FromFile(readFile(t, filepath.Join(goldenDir, "bmp.bmp"))); !errors.Is(err, errs.New(errs.BadImage, "")) {
		t.Errorf("got %v", err)
	}
}

func TestFromRGBAEqualsFromFileOfTheSamePixels(t *testing.T) {
	m := std.NewNRGBA(std.Rect(0, 0, 5, 3))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 37)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	decoded, err := FromFile(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	given, err := FromRGBA(m.Pix, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pixelsOf(given), pixelsOf(decoded)) {
		t.Error("the pixels differ")
	}
}

func TestFromRGBARefusesAWrongNumberOfBytes(t *testing.T) {
	for _, c := range []struct {
		bytes, w, h int
		code        errs.Code
	}{{0, 0, 0, errs.BadImage}, {4, 1, 2, errs.BadImage}, {4, -1, -1, errs.BadImage}, {4, 1 << 17, 1,
		errs.ImageTooLarge}} {
		if _, err := FromRGBA(make([]byte, c.bytes), c.w, c.h); err == nil || errs.Of(err).Code != c.code {
			t.Errorf("%d bytes for %d×%d: %v, want %s", c.bytes, c.w, c.h, err, c.code)
		}
	}
}

func TestTransparencyIsOverWhite(t *testing.T) {
	premultiplied := rgbaSpan(&std.RGBA{Pix: []byte{50, 0, 128, 128}, Stride: 4, Rect: std.Rect(0, 0, 1, 1)})
	straight := nrgbaSpan(&std.NRGBA{Pix: []byte{100, 0, 255, 128}, Stride: 4, Rect: std.Rect(0, 0, 1, 1)})
	for name, s := range map[string]span{"premultiplied": premultiplied, "straight": straight} {
		got := make([]byte, 3)
		s(got, 0, 1, 0)
		if want := []byte{177, 127, 255}; !bytes.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// Rare subsamplings, which the encoder of the golden files does not write: 4:4:0 is interpolated, 4:1:1 and 4:1:0
// repeated.
func TestChromaUpsampling(t *testing.T) {
	plane := []byte{0, 100, 200, 40, 80, 120} // 3 samples a row, 2 rows
	for _, c := range []struct {
		ratio         std.YCbCrSubsampleRatio
		width, height int
		y             int
		want          []byte
	}{
		{std.YCbCrSubsampleRatio440, 3, 4, 0, []byte{0, 100, 200}},
		{std.YCbCrSubsampleRatio440, 3, 4, 1, []byte{10, 95, 180}},
		{std.YCbCrSubsampleRatio440, 3, 4, 2, []byte{30, 85, 140}},
		{std.YCbCrSubsampleRatio411, 9, 2, 1, []byte{40, 40, 40, 40, 80, 80, 80, 80, 120}},
		{std.YCbCrSubsampleRatio410, 9, 4, 1, []byte{0, 0, 0, 0, 100, 100, 100, 100, 200}},
		{std.YCbCrSubsampleRatio422, 6, 2, 0, []byte{0, 25, 75, 125, 175, 200}},
		{std.YCbCrSubsampleRatio420, 6, 4, 1, []byte{10, 31, 74, 116, 159, 180}},
	} {
		m := &std.YCbCr{CStride: 3, SubsampleRatio: c.ratio, Rect: std.Rect(0, 0, c.width, c.height)}
		got := upsamplerOf(m, JPEG)(make([]byte, c.width+2), plane, 0, c.width, c.y)[:c.width]
		if !bytes.Equal(got, c.want) {
			t.Errorf("%v row %d: %v, want %v", c.ratio, c.y, got, c.want)
		}
	}
}

func TestSmallGIFFrameIsOnAWhiteScreen(t *testing.T) {
	frame := std.NewPaletted(std.Rect(1, 1, 2, 2), color.Palette{color.RGBA{200, 10, 20, 255}})
	var file bytes.Buffer
	err := gif.EncodeAll(&file, &gif.GIF{Image: []*std.Paletted{frame}, Delay: []int{0},
		Config: std.Config{ColorModel: frame.Palette, Width: 3, Height: 2}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := FromFile(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	w := []byte{255, 255, 255}
	want := bytes.Join([][]byte{w, w, w, w, {200, 10, 20}, w}, nil)
	if got := pixelsOf(p); !bytes.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The picture is wider than a band of columns and its width is not a multiple of one.
func TestEachOrientationMovesEveryPixel(t *testing.T) {
	const w, h = 2*bandColumns + 5, bandColumns + 3
	file := func(dst []byte, x0, x1, y int) {
		for x := x0; x < x1; x++ {
			copy(dst[3*(x-x0):][:3], []byte{byte(x), byte(y), 7})
		}
	}
	// The pixel of the file that is upright (X, Y), after the table of the EXIF standard.
	source := map[int]func(X, Y int) (int, int){
		1: func(X, Y int) (int, int) { return X, Y },
		2: func(X, Y int) (int, int) { return w - 1 - X, Y },
		3: func(X, Y int) (int, int) { return w - 1 - X, h - 1 - Y },
		4: func(X, Y int) (int, int) { return X, h - 1 - Y },
		5: func(X, Y int) (int, int) { return Y, X },
		6: func(X, Y int) (int, int) { return Y, h - 1 - X },
		7: func(X, Y int) (int, int) { return w - 1 - Y, h - 1 - X },
		8: func(X, Y int) (int, int) { return w - 1 - Y, X },
	}
	for o := 1; o <= 8; o++ {
		p := newPicture(file, w, h, orientations[o])
		pix := pixelsOf(p)
		if len(pix) != 3*w*h {
			t.Fatalf("orientation %d: %d bytes", o, len(pix))
		}
		for i := range w * h {
			x, y := source[o](i%p.Width, i/p.Width)
			if got := pix[3*i:][:3]; got[0] != byte(x) || got[1] != byte(y) {
				t.Fatalf("orientation %d: upright pixel %d is file pixel %v, want (%d, %d)", o, i, got[:2], x, y)
			}
		}
	}
}

func TestSniffRecognisesTheGoldenFiles(t *testing.T) {
	for name, want := range map[string]Format{"photo.jpg": JPEG, "300x200.png": PNG, "gif.gif": GIF, "bmp.bmp": BMP,
		"tiff.tiff": TIFF, "webp-lossy.webp": WebP} {
		if got := Sniff(readFile(t, filepath.Join(goldenDir, name))); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := Sniff([]byte("\x00\x00\x00\x0cJXL \r\n\x87\n")); got != JXL {
		t.Errorf("got %q, want %q", got, JXL)
	}
}

func TestPhotoIsUpright(t *testing.T) {
	p := decodeFile(t, filepath.Join(goldenDir, "photo.jpg"))
	if p.Width != 4032 || p.Height != 3024 {
		t.Fatalf("%d×%d", p.Width, p.Height)
	}
	tiles := p.Tiles(image.Llama4)
	if l := tiles.Layout; l.Rows != 3 || l.Cols != 4 || l.Width != 1344 || l.Height != 1008 {
		t.Errorf("layout %+v", l)
	}
	// The sun is a quarter from the top and at 0.3/1.33 from the left: in the global tile near (76, 84).
	global := tiles.Pixels(12)
	if sun := global[3*(84*336+76):][:3]; sun[0] < 240 || sun[2] > 210 {
		t.Errorf("the sun is not where it should be: %v", sun)
	}
}
