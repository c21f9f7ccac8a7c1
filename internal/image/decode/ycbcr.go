package decode

import std "image"

// A JPEG or lossy WebP file usually stores colour at half resolution. There are two common ways to restore the
// resolution: the reference's libraries interpolate ("fancy upsampling"), Go's own conversion repeats samples. This
// file interpolates, so that the pixels are equal to the reference's.

// upsampler returns the samples of one plane of colour at full resolution, for pixels x0 ≤ x < x1 of row y. The
// result is a part of dst, which is two pixels longer than needed, or of the plane if nothing is computed.
type upsampler func(dst, plane []byte, x0, x1, y int) []byte

// ycbcrSpan reads planes of luma and colour.
func ycbcrSpan(m *std.YCbCr, f Format) span {
	up := upsamplerOf(m, f)
	convert := fromFullRange
	if f == WebP {
		convert = fromStudioRange
	}
	var cb, cr []byte
	return func(dst []byte, x0, x1, y int) {
		if len(cb) < x1-x0+2 {
			cb, cr = make([]byte, x1-x0+2), make([]byte, x1-x0+2)
		}
		luma := m.Y[y*m.YStride+x0:][:x1-x0]
		convert(dst, luma, up(cb, m.Cb, x0, x1, y), up(cr, m.Cr, x0, x1, y))
	}
}

// upsamplerOf returns the upsampler for an image. Samples of JPEG planes at most two samples wide are repeated, as in
// libjpeg.
func upsamplerOf(m *std.YCbCr, f Format) upsampler {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	odd := 7 // what libjpeg adds before dividing by 16 in odd columns; 8 in even ones
	if f == WebP {
		odd = 8
	}
	switch m.SubsampleRatio {
	case std.YCbCrSubsampleRatio444:
		return func(_, plane []byte, x0, x1, y int) []byte { return plane[y*m.CStride+x0:][:x1-x0] }
	case std.YCbCrSubsampleRatio420:
		if f != WebP && w <= 4 {
			return repeat(m.CStride, 1, 1)
		}
		return triangle2x2(m.CStride, (w+1)/2, (h+1)/2, odd)
	case std.YCbCrSubsampleRatio422:
		if w <= 4 {
			return repeat(m.CStride, 1, 0)
		}
		return triangle2x1(m.CStride, (w+1)/2)
	case std.YCbCrSubsampleRatio440:
		return triangle1x2(m.CStride, (h+1)/2)
	case std.YCbCrSubsampleRatio411:
		return repeat(m.CStride, 2, 0)
	default: // 4:1:0
		return repeat(m.CStride, 2, 1)
	}
}

// repeat uses each sample for all pixels of its cell of 2^sx × 2^sy.
func repeat(stride, sx, sy int) upsampler {
	return func(dst, plane []byte, x0, x1, y int) []byte {
		row := plane[(y>>sy)*stride:]
		for x := x0; x < x1; x++ {
			dst[x-x0] = row[x>>sx]
		}
		return dst
	}
}

// triangle2x2 is for 4:2:0: it weighs the four samples around a pixel 9, 3, 3 and 1. Beyond the edges the last sample
// is repeated.
func triangle2x2(stride, w, h, odd int) upsampler {
	var sums []int // 3·near + far of the two nearest rows: sample c is sums[c-first+1], with one more on each side
	return func(dst, plane []byte, x0, x1, y int) []byte {
		first, last := x0>>1, (x1-1)>>1
		if n := last - first + 3; len(sums) < n {
			sums = make([]int, n)
		}
		near := plane[(y>>1)*stride:][:w]
		far := plane[neighbour(y, h)*stride:][:w]
		for i := range last - first + 3 {
			c := min(max(first+i-1, 0), w-1)
			sums[i] = 3*int(near[c]) + int(far[c])
		}
		for i := range last - first + 1 {
			s, d := sums[i:i+3:i+3], dst[2*i:2*i+2:2*i+2]
			d[0] = byte((s[0] + 3*s[1] + 8) >> 4)
			d[1] = byte((3*s[1] + s[2] + odd) >> 4)
		}
		return dst[x0&1:]
	}
}

// triangle2x1 is for 4:2:2: it weighs the two nearest samples of the row 3 and 1.
func triangle2x1(stride, w int) upsampler {
	return func(dst, plane []byte, x0, x1, y int) []byte {
		row := plane[y*stride:][:w]
		for x := x0; x < x1; x++ {
			dst[x-x0] = byte((3*int(row[x>>1]) + int(row[neighbour(x, w)]) + 1 + x&1) >> 2)
		}
		return dst
	}
}

// triangle1x2 is for 4:4:0: it weighs the two nearest samples of the column 3 and 1.
func triangle1x2(stride, h int) upsampler {
	return func(dst, plane []byte, x0, x1, y int) []byte {
		near, far := plane[(y>>1)*stride:], plane[neighbour(y, h)*stride:]
		for x := x0; x < x1; x++ {
			dst[x-x0] = byte((3*int(near[x]) + int(far[x]) + 1 + y&1) >> 2)
		}
		return dst
	}
}

// neighbour returns the second nearest of n half-resolution samples to position i at full resolution: the one before
// the nearest for an even i, the one after it for an odd i.
func neighbour(i, n int) int {
	return min(max(i>>1-1+2*(i&1), 0), n-1)
}

// fromFullRange converts as JFIF does (BT.601, 0..255), with libjpeg's rounding: 16-bit fixed point.
func fromFullRange(dst, luma, cb, cr []byte) {
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for i, l := range luma {
		y, b, r := int(l), int(cb[i])-128, int(cr[i])-128
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0] = clamp(y + (91881*r+1<<15)>>16)
		d[1] = clamp(y + (-22554*b-46802*r+1<<15)>>16)
		d[2] = clamp(y + (116130*b+1<<15)>>16)
	}
}

// fromStudioRange converts as WebP does (BT.601, luma 16..235), with libwebp's rounding: 14-bit factors, 6 bits kept.
func fromStudioRange(dst, luma, cb, cr []byte) {
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for i, l := range luma {
		y, b, r := int(l)*19077>>8, int(cb[i]), int(cr[i])
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0] = clamp((y + r*26149>>8 - 14234) >> 6)
		d[1] = clamp((y - b*6419>>8 - r*13320>>8 + 8708) >> 6)
		d[2] = clamp((y + b*33050>>8 - 17685) >> 6)
	}
}

// clamp returns v limited to 0..255.
func clamp(v int) byte {
	if uint(v) <= 255 {
		return byte(v)
	}
	if v < 0 {
		return 0
	}
	return 255
}
