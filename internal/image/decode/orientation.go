package decode

// orientation is the transformation that makes a file's pixels upright: the axes are swapped or not, and each axis of
// the file is read backwards or not.
type orientation struct {
	transposed   bool // rows of the upright picture are columns of the file
	flipX, flipY bool // x, y of the file are read backwards
}

// orientations maps EXIF orientations, 1 to 8.
var orientations = [9]orientation{
	1: {},
	2: {flipX: true},
	3: {flipX: true, flipY: true},
	4: {flipY: true},
	5: {transposed: true},
	6: {transposed: true, flipY: true},
	7: {transposed: true, flipX: true, flipY: true},
	8: {transposed: true, flipX: true},
}

// bandColumns is the number of columns of the file that are transposed to rows at once: enough to read memory in long
// runs, and few enough for the rows to stay in the cache.
const bandColumns = 32

// rows calls f with each row of the upright picture from the top down: 3 bytes a pixel, valid until f returns.
func (p *Picture) rows(f func(row []byte)) {
	if p.orientation.transposed {
		p.columns(f)
		return
	}
	row := make([]byte, 3*p.Width)
	for y := range p.Height {
		p.span(row, 0, p.Width, flip(y, p.Height, p.orientation.flipY))
		if p.orientation.flipX {
			reversePixels(row)
		}
		f(row)
	}
}

// columns does the same as rows for a transposed picture.
func (p *Picture) columns(f func(row []byte)) {
	fileWidth, fileHeight := p.Height, p.Width
	band := make([]byte, bandColumns*3*p.Width)
	run := make([]byte, 3*bandColumns)
	for y0 := 0; y0 < p.Height; y0 += bandColumns {
		n := min(bandColumns, p.Height-y0)
		x0 := y0
		if p.orientation.flipX {
			x0 = fileWidth - y0 - n
		}
		for y := range fileHeight {
			p.span(run, x0, x0+n, y)
			scatter(band[3*flip(y, fileHeight, p.orientation.flipY):], 3*p.Width, run[:3*n])
		}
		for i := range n {
			i = flip(i, n, p.orientation.flipX)
			f(band[3*i*p.Width:][:3*p.Width])
		}
	}
}

// scatter copies each pixel of a run stride bytes after the one before. It assigns single bytes, because copy of
// three bytes is a function call.
func scatter(dst []byte, stride int, run []byte) {
	at := 0
	for i := 0; i+2 < len(run); i += 3 {
		d, r := dst[at:at+3:at+3], run[i:i+3:i+3]
		d[0], d[1], d[2] = r[0], r[1], r[2]
		at += stride
	}
}

// flip returns i, or its mirror image among n indices.
func flip(i, n int, flipped bool) int {
	if flipped {
		return n - 1 - i
	}
	return i
}

// reversePixels reverses the order of the pixels of a row.
func reversePixels(row []byte) {
	for i, j := 0, len(row)-3; i < j; i, j = i+3, j-3 {
		row[i], row[j] = row[j], row[i]
		row[i+1], row[j+1] = row[j+1], row[i+1]
		row[i+2], row[j+2] = row[j+2], row[i+2]
	}
}
