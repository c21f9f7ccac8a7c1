package decode

import (
	"fmt"
	std "image"
	"image/color"
)

// span writes pixels x0 ≤ x < x1 of row y of a file to dst as 8-bit RGB, 3 bytes a pixel, transparency over white.
// Deeper samples lose their low byte, as in the reference.
type span func(dst []byte, x0, x1, y int)

// spanOf makes the span of what a decoder returned. canvas is the announced size, which the frame may only partly
// cover: a GIF's first frame can be smaller than its screen.
func spanOf(m std.Image, f Format, canvas std.Rectangle) (span, error) {
	s, err := frameSpan(m, f)
	if err != nil {
		return nil, err
	}
	frame := m.Bounds()
	if frame == canvas {
		return s, nil
	}
	if f != GIF || !frame.In(canvas) {
		return nil, fmt.Errorf("the header announces %v pixels, the data has %v", canvas.Size(), frame.Size())
	}
	return s.within(frame), nil
}

// frameSpan has one line for each pixel layout the decoders produce. Coordinates begin at the frame's corner.
func frameSpan(m std.Image, f Format) (span, error) {
	switch m := m.(type) {
	case *std.YCbCr:
		return ycbcrSpan(m, f), nil
	case *std.NYCbCrA:
		return overWhite(ycbcrSpan(&m.YCbCr, f), m.A, m.AStride), nil
	case *std.RGBA:
		return rgbaSpan(m), nil
	case *std.NRGBA:
		return nrgbaSpan(m), nil
	case *std.RGBA64:
		return rgbaSpan(&std.RGBA{Pix: highBytes(m.Pix), Stride: m.Stride / 2, Rect: m.Rect}), nil
	case *std.NRGBA64:
		return nrgbaSpan(&std.NRGBA{Pix: highBytes(m.Pix), Stride: m.Stride / 2, Rect: m.Rect}), nil
	case *std.Gray:
		return graySpan(m.Pix, m.Stride, 1), nil
	case *std.Gray16:
		return graySpan(m.Pix, m.Stride, 2), nil
	case *std.Paletted:
		return palettedSpan(m), nil
	case *std.CMYK:
		return cmykSpan(m), nil
	}
	return nil, fmt.Errorf("%w: pixels of type %T", ErrBrowserOnly, m)
}

// within places a frame on a larger, white canvas.
func (s span) within(frame std.Rectangle) span {
	return func(dst []byte, x0, x1, y int) {
		for i := range dst[:3*(x1-x0)] {
			dst[i] = 255
		}
		a, b := max(x0, frame.Min.X), min(x1, frame.Max.X)
		if a < b && frame.Min.Y <= y && y < frame.Max.Y {
			s(dst[3*(a-x0):], a-frame.Min.X, b-frame.Min.X, y-frame.Min.Y)
		}
	}
}

// highBytes drops the low byte of big-endian 16-bit samples, in place: the decoder's buffer is ours.
func highBytes(pix []byte) []byte {
	n := len(pix) / 2
	for i := range n {
		pix[i] = pix[2*i]
	}
	return pix[:n]
}

func graySpan(pix []byte, stride, sampleBytes int) span {
	return func(dst []byte, x0, x1, y int) {
		src := pix[y*stride+x0*sampleBytes:]
		for i := range x1 - x0 {
			v := src[i*sampleBytes]
			dst[3*i], dst[3*i+1], dst[3*i+2] = v, v, v
		}
	}
}

func palettedSpan(m *std.Paletted) span {
	var table [256][3]byte // an index beyond the palette is black
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		table[i] = [3]byte{blendWhite(n.R, n.A), blendWhite(n.G, n.A), blendWhite(n.B, n.A)}
	}
	return func(dst []byte, x0, x1, y int) {
		for i, v := range m.Pix[y*m.Stride+x0:][:x1-x0] {
			d, c := dst[3*i:3*i+3:3*i+3], &table[v]
			d[0], d[1], d[2] = c[0], c[1], c[2]
		}
	}
}

// rgbaSpan reads premultiplied pixels: over white they gain what alpha lacks. Opaque ones, the usual case, pass.
func rgbaSpan(m *std.RGBA) span {
	return func(dst []byte, x0, x1, y int) {
		src := m.Pix[y*m.Stride+4*x0:][:4*(x1-x0)]
		for i, j := 0, 0; i+3 < len(src); i, j = i+4, j+3 {
			white := 255 - int(src[i+3])
			d := dst[j : j+3 : j+3]
			d[0] = byte(min(int(src[i])+white, 255))
			d[1] = byte(min(int(src[i+1])+white, 255))
			d[2] = byte(min(int(src[i+2])+white, 255))
		}
	}
}

func nrgbaSpan(m *std.NRGBA) span {
	return func(dst []byte, x0, x1, y int) {
		src := m.Pix[y*m.Stride+4*x0:][:4*(x1-x0)]
		for i, j := 0, 0; i+3 < len(src); i, j = i+4, j+3 {
			a := src[i+3]
			d := dst[j : j+3 : j+3]
			d[0], d[1], d[2] = blendWhite(src[i], a), blendWhite(src[i+1], a), blendWhite(src[i+2], a)
		}
	}
}

// overWhite blends a span's pixels with a separate plane of alpha.
func overWhite(s span, alpha []byte, stride int) span {
	return func(dst []byte, x0, x1, y int) {
		s(dst, x0, x1, y)
		for i, a := range alpha[y*stride+x0:][:x1-x0] {
			d := dst[3*i:][:3]
			d[0], d[1], d[2] = blendWhite(d[0], a), blendWhite(d[1], a), blendWhite(d[2], a)
		}
	}
}

// cmykSpan converts ink to light: each colour's remainder times black's. Ink counts up from 0; the JPEG decoder has
// undone Adobe's inversion.
func cmykSpan(m *std.CMYK) span {
	return func(dst []byte, x0, x1, y int) {
		src := m.Pix[y*m.Stride+4*x0:][:4*(x1-x0)]
		for i, j := 0, 0; i+3 < len(src); i, j = i+4, j+3 {
			light := 255 - int(src[i+3])
			d := dst[j : j+3 : j+3]
			d[0] = byte(light - div255(int(src[i])*light))
			d[1] = byte(light - div255(int(src[i+1])*light))
			d[2] = byte(light - div255(int(src[i+2])*light))
		}
	}
}

// blendWhite lays v with alpha a over white.
func blendWhite(v, a byte) byte {
	if a == 255 {
		return v
	}
	return byte(div255(int(v)*int(a) + 255*(255-int(a))))
}

// div255 is v/255 rounded to nearest, for 0 ≤ v ≤ 255².
func div255(v int) int {
	v += 128
	return (v + v>>8) >> 8
}
