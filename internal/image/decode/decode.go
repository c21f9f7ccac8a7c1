// Package decode turns a picture file into tiles: upright 8-bit RGB, resized and cut with the published preprocessing to
// the pixel (docs/spec/llama4.md §4). It knows file formats and filters; it refuses to know models and browsers. What a
// browser decoded in its stead comes in through RGBA. It is a package of its own because its memory is: a large picture
// takes hundreds of megabytes for a moment, so in the browser a program of its own decodes.
package decode

import (
	"bytes"
	"errors"
	"fmt"
	std "image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"github.com/outrider-web/outrider/internal/errs"
)

// The caps on a picture's announced size, checked before any pixel is decoded. The cap on a side is JPEG's own;
// without it a line of 100 million pixels would be stretched to a tile row by row.
const (
	MaxPixels = 100_000_000
	MaxSide   = 65_535
)

// ErrBrowserOnly is inside the error of a picture that Go cannot decode but a browser may: the caller can hand the
// file to createImageBitmap and come back with RGBA.
var ErrBrowserOnly = errors.New("no decoder for it in Go")

// Picture is a decoded picture, upright: width and height are those a person sees. Its pixels are produced row by
// row from the decoder's own planes, so a photo is never held twice.
type Picture struct {
	Width, Height int
	file          span // the pixels as they lie in the file
	turn          orientation
}

// decoder is how Go reads one format.
type decoder struct {
	config func(io.Reader) (std.Config, error)
	pixels func(io.Reader) (std.Image, error)
}

var decoders = map[Format]decoder{
	JPEG: {jpeg.DecodeConfig, jpeg.Decode},
	PNG:  {png.DecodeConfig, png.Decode},
	GIF:  {gif.DecodeConfig, gif.Decode}, // Decode reads the first frame only
	WebP: {webp.DecodeConfig, webp.Decode},
	BMP:  {bmp.DecodeConfig, bmp.Decode},
	TIFF: {tiff.DecodeConfig, tiff.Decode},
}

// File reads a picture file: the first frame of an animation, turned upright by its EXIF orientation, transparency
// laid over white. Errors: UnsupportedImage (with ErrBrowserOnly inside where a browser may do better),
// ImageTooLarge, BadImage.
func FromFile(data []byte) (p *Picture, err error) {
	format := Sniff(data)
	d, ok := decoders[format]
	if !ok {
		return nil, format.refusal()
	}
	// A decoder that panics on a hostile file must not take the engine with it.
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, decodeError(format, fmt.Errorf("the decoder gave up: %v", r))
		}
	}()
	if format == WebP && animatedWebP(data) {
		return nil, decodeError(format, ErrBrowserOnly)
	}
	size, err := d.config(bytes.NewReader(data))
	if err != nil {
		return nil, decodeError(format, err)
	}
	if err := CheckSize(size.Width, size.Height); err != nil {
		return nil, err
	}
	m, err := d.pixels(bytes.NewReader(data))
	if err != nil {
		return nil, decodeError(format, err)
	}
	file, err := spanOf(m, format, std.Rect(0, 0, size.Width, size.Height))
	if err != nil {
		return nil, decodeError(format, err)
	}
	return newPicture(file, size.Width, size.Height, orientations[readOrientation(format, data)]), nil
}

// RGBA makes a Picture of pixels a browser decoded: 4 bytes a pixel, alpha not premultiplied, upright, as
// getImageData gives them. The picture keeps pix. Errors: ImageTooLarge, BadImage.
func FromRGBA(pix []byte, width, height int) (*Picture, error) {
	if err := CheckSize(width, height); err != nil {
		return nil, err
	}
	if len(pix) != 4*width*height {
		return nil, errs.New(errs.BadImage, fmt.Sprintf(
			"the browser gave %d bytes for a picture of %d×%d pixels; try another picture", len(pix), width, height))
	}
	m := &std.NRGBA{Pix: pix, Stride: 4 * width, Rect: std.Rect(0, 0, width, height)}
	return newPicture(nrgbaSpan(m), width, height, orientation{}), nil
}

func newPicture(file span, width, height int, t orientation) *Picture {
	p := &Picture{Width: width, Height: height, file: file, turn: t}
	if t.transposed {
		p.Width, p.Height = height, width
	}
	return p
}

// CheckSize refuses a size before any of its pixels are touched. Errors: ImageTooLarge, BadImage.
func CheckSize(w, h int) error {
	switch {
	case w < 1 || h < 1:
		return errs.New(errs.BadImage, fmt.Sprintf("the picture has no pixels (%d×%d); choose another", w, h))
	case w > MaxSide || h > MaxSide || w*h > MaxPixels:
		return errs.New(errs.ImageTooLarge, fmt.Sprintf(
			"the picture has %d×%d pixels; at most %d million and %d a side can be read: make it smaller first",
			w, h, MaxPixels/1_000_000, MaxSide))
	}
	return nil
}

// bad sorts a decoder's complaint into "the file is broken" and "the file uses something Go does not know".
func decodeError(f Format, cause error) error {
	var (
		j jpeg.UnsupportedError
		p png.UnsupportedError
		t tiff.UnsupportedError
	)
	if errors.As(cause, &j) || errors.As(cause, &p) || errors.As(cause, &t) || errors.Is(cause, bmp.ErrUnsupported) ||
		errors.Is(cause, ErrBrowserOnly) {
		return errs.Wrap(errs.UnsupportedImage,
			fmt.Sprintf("this %s file uses a feature Outrider cannot read; save it as PNG or JPEG", f),
			fmt.Errorf("%w: %w", ErrBrowserOnly, cause))
	}
	return errs.Wrap(errs.BadImage, fmt.Sprintf("the %s file is damaged or cut short; try another copy of it", f), cause)
}
