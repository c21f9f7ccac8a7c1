package decode

import (
	"fmt"
	std "image"
	"image/color"
)

// span writes pixels x0 ≤ x < x1 of row y of a file to dst as 8-bit RGB, 3 bytes a pixel, with transparency over white.
// Samples of 16 bits lose their low byte, as in the reference.
type span func(dst []byte, x0, x1, y int)

// spanOf returns the span of a decoded image. canvas is the size announced in the header. The first frame of a GIF
// can be smaller.
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
	return s.onCanvas(frame), nil
}

// frameSpan returns the span of a frame, with coordinates relative to its corner. It has a case for each pixel layout
// that the decoders produce.
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

// onCanvas places a frame on a larger, white canvas.
func (s span) onCanvas(frame std.Rectangle) span {
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

// highBytes removes the low bytes of big-endian 16-bit samples, in place.
func highBytes(pix []byte) []byte {
	n := len(pix) / 2
	for i := range n {
		pix[i] = pix[2*i]
	}
	return pix[:n]
}

// graySpan reads grey samples of one or two bytes.
func graySpan(pix []byte, stride, sampleBytes int) span {
	return func(dst []byte, x0, x1, y int) {
		src := pix[y*stride+x0*sampleBytes:]
		for i := range x1 - x0 {
			v := src[i*sampleBytes]
			dst[3*i], dst[3*i+1], dst[3*i+2] = v, v, v
		}
	}
}

// palettedSpan reads indices into a palette.
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

// rgbaSpan reads premultiplied pixels. Over white, 255 - alpha is added to each colour.
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

// nrgbaSpan reads pixels whose alpha is not premultiplied.
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

// cmykSpan converts ink to light: (255 - ink) of a colour times (255 - ink) of black. The JPEG decoder has undone
// Adobe's inversion, so 0 means no ink.
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

// blendWhite returns v with alpha a over white.
func blendWhite(v, a byte) byte {
	if a == 255 {
		return v
	}
	return byte(div255(int(v)*int(a) + 255*(255-int(a))))
}

// div255 returns v/255 rounded to nearest, for 0 ≤ v ≤ 255².
func div255(v int) int {
	v += 128
	return (v + v>>8) >> 8
}
