package decode

import (
	"bytes"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Format is a file format, recognised by the first bytes of a file. The name of a file and its MIME type are not used.
type Format string

// The formats: six that Go decodes, three that a browser may decode, and SVG, which is refused.
const (
	JPEG Format = "JPEG"
	PNG  Format = "PNG"
	GIF  Format = "GIF"
	WebP Format = "WebP"
	BMP  Format = "BMP"
	TIFF Format = "TIFF"

	AVIF Format = "AVIF"
	HEIC Format = "HEIC"
	JXL  Format = "JPEG XL"

	SVG Format = "SVG"

	Unknown Format = ""
)

// magics are the first bytes of the formats.
var magics = []struct {
	format Format
	magic  string // ? stands for any byte
}{
	{JPEG, "\xff\xd8\xff"},
	{PNG, "\x89PNG\r\n\x1a\n"},
	{GIF, "GIF8?a"},
	{WebP, "RIFF????WEBP"},
	{BMP, "BM????\x00\x00\x00\x00"},
	{TIFF, "II*\x00"},
	{TIFF, "MM\x00*"},
	{JXL, "\xff\x0a"},
	{JXL, "\x00\x00\x00\x0cJXL \r\n\x87\n"},
	{AVIF, "????ftypavif"},
	{AVIF, "????ftypavis"},
	{HEIC, "????ftypheic"},
	{HEIC, "????ftypheix"},
	{HEIC, "????ftyphevc"},
	{HEIC, "????ftyphevx"},
	{HEIC, "????ftypmif1"}, // HEIF of any codec; in practice a phone's HEIC
	{HEIC, "????ftypmsf1"},
}

// Sniff returns the format of a file, given its first bytes. A kilobyte is enough.
func Sniff(head []byte) Format {
	for _, m := range magics {
		if hasMagic(head, m.magic) {
			return m.format
		}
	}
	if looksLikeSVG(head) {
		return SVG
	}
	return Unknown
}

// hasMagic reports whether head starts with magic, in which ? stands for any byte.
func hasMagic(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && head[i] != magic[i] {
			return false
		}
	}
	return true
}

// looksLikeSVG reports whether a file starts with markup that has an <svg element in its first kilobyte.
func looksLikeSVG(head []byte) bool {
	head = head[:min(len(head), 1024)]
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("<svg"))
}

// animatedWebP reports whether the extended header of a WebP file announces an animation, which the decoder cannot
// decode.
func animatedWebP(data []byte) bool {
	const flagsAt, animation = 20, 1 << 1
	return len(data) > flagsAt && string(data[12:16]) == "VP8X" && data[flagsAt]&animation != 0
}

// refusal returns the error for a format without a decoder.
func (f Format) refusal() error {
	switch f {
	case AVIF, HEIC, JXL:
		return errs.Wrap(errs.UnsupportedImage,
			fmt.Sprintf("this browser cannot show %s pictures; save it as PNG or JPEG", f), ErrBrowserOnly)
	case SVG:
		return errs.New(errs.UnsupportedImage,
			"SVG is a drawing, not a picture of pixels; export it as PNG and attach that")
	}
	return errs.Wrap(errs.UnsupportedImage,
		"the file is not a picture Outrider knows; use JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC", ErrBrowserOnly)
}
