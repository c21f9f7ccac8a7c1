// Package decode decodes picture files to tiles: upright 8-bit RGB, resized and split exactly as the published
// preprocessing does it (docs/spec/llama4.md §4). It knows file formats and filters, but no models and no browsers.
// Pixels that a browser has decoded are passed to FromRGBA. The package is separate from package image because a
// large picture takes hundreds of megabytes for a moment: in the browser a second program decodes, so that its memory
// can be freed.
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

// The largest sizes that a file's header may announce, checked before any pixel is decoded. The limit of a side is
// that of JPEG; without it a picture of one line of 100 million pixels would be accepted.
const (
	MaxPixels = 100_000_000
	MaxSide   = 65_535
)

// ErrBrowserOnly is wrapped by the error for a picture that Go cannot decode but a browser may, because browsers know
// more formats and show damaged files as far as they can: the caller can have the browser decode the file and use
// FromRGBA.
var ErrBrowserOnly = errors.New("no decoder for it in Go")

// Picture is a decoded picture. Its rows are produced from the planes of the decoder one by one, so that a photo is
// in memory only once.
type Picture struct {
	Width, Height int  // of the upright picture, in pixels
	span          span // the pixels as they are in the file
	orientation   orientation
}

// decoder has the functions that decode one format.
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

// FromFile decodes a picture file: the first frame of an animation, upright by its EXIF orientation, with
// transparency over white. Errors: UnsupportedImage and BadImage (wrapping ErrBrowserOnly if a browser may decode
// the file), ImageTooLarge.
func FromFile(data []byte) (p *Picture, err error) {
	format := Sniff(data)
	d, ok := decoders[format]
	if !ok {
		return nil, format.refusal()
	}
	// A decoder that panics on a malicious file must not end the program.
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, decodeError(format, fmt.Errorf("the decoder panicked: %v", r))
		}
	}()
	size, err := d.config(bytes.NewReader(data))
	if err != nil {
		return nil, decodeError(format, err)
	}
	if err := CheckSize(size.Width, size.Height); err != nil {
		return nil, err
	}
	if format == WebP && animatedWebP(data) {
		return nil, decodeError(format, ErrBrowserOnly)
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

// FromRGBA returns a picture of pixels that a browser has decoded: 4 bytes a pixel, alpha not premultiplied, upright,
// as from getImageData. The picture shares memory with pix. Errors: ImageTooLarge, BadImage.
func FromRGBA(pix []byte, width, height int) (*Picture, error) {
	if err := CheckSize(width, height); err != nil {
		return nil, err
	}
	if len(pix) != 4*width*height {
		return nil, errs.New(errs.BadImage, fmt.Sprintf(
			"the browser returned %d bytes for a picture of %d×%d pixels; try another picture", len(pix), width, height))
	}
	m := &std.NRGBA{Pix: pix, Stride: 4 * width, Rect: std.Rect(0, 0, width, height)}
	return newPicture(nrgbaSpan(m), width, height, orientation{}), nil
}

// newPicture returns a picture that is width × height pixels in its file.
func newPicture(s span, width, height int, o orientation) *Picture {
	p := &Picture{Width: width, Height: height, span: s, orientation: o}
	if o.transposed {
		p.Width, p.Height = height, width
	}
	return p
}

// CheckSize returns an error for a picture of w × h pixels that cannot be decoded. Errors: ImageTooLarge, BadImage.
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

// decodeError returns the error for a decoder's error: UnsupportedImage if the file uses a feature that Go's decoders
// do not support, otherwise BadImage.
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
	return errs.Wrap(errs.BadImage, fmt.Sprintf("the %s file is damaged or cut short; try another copy of it", f),
		fmt.Errorf("%w: %w", ErrBrowserOnly, cause))
}
