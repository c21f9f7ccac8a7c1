package decode

import (
	"encoding/binary"
	"path/filepath"
	"strconv"
	"testing"
)

// exifBlock returns a TIFF structure with one entry of the given tag, type and value.
func exifBlock(order binary.AppendByteOrder, tag, kind, value uint16) []byte {
	b := []byte("MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		b = []byte("II*\x00")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(order.AppendUint16(b, tag), kind)
	b = order.AppendUint32(b, 1)
	return order.AppendUint16(order.AppendUint16(b, value), 0)
}

func TestTIFFOrientation(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want int
	}{
		{"little endian", exifBlock(binary.LittleEndian, 0x0112, 3, 6), 6},
		{"big endian", exifBlock(binary.BigEndian, 0x0112, 3, 8), 8},
		{"another tag", exifBlock(binary.BigEndian, 0x0111, 3, 8), 1},
		{"another type", exifBlock(binary.BigEndian, 0x0112, 4, 8), 1},
		{"zero", exifBlock(binary.BigEndian, 0x0112, 3, 0), 1},
		{"nine", exifBlock(binary.BigEndian, 0x0112, 3, 9), 1},
		{"cut in the entry", exifBlock(binary.BigEndian, 0x0112, 3, 8)[:20], 1},
		{"cut in the header", []byte("MM\x00*\x00"), 1},
		{"directory beyond the end", []byte("II*\x00\xff\xff\xff\xff"), 1},
		{"nothing", nil, 1},
	} {
		if got := tiffOrientation(c.b); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestOrientationIsFoundInEveryFormat(t *testing.T) {
	files := map[string]int{"jpeg-exif-6.jpg": 6, "photo.jpg": 6, "webp-lossless.webp": 3, "tiff.tiff": 8,
		"300x200.png": 1, "gif.gif": 1}
	for o := 1; o <= 8; o++ {
		files["exif-"+strconv.Itoa(o)+".png"] = o
	}
	for name, want := range files {
		data := readFile(t, filepath.Join(goldenDir, name))
		if got := readOrientation(Sniff(data), data); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

// Cases of the three containers that do not occur in the golden files.
func TestOrientationInUnusualContainers(t *testing.T) {
	block := string(exifBlock(binary.BigEndian, 0x0112, 3, 5))
	for _, c := range []struct {
		name   string
		format Format
		data   string
		want   int
	}{
		{"JPEG with fill bytes", JPEG, "\xff\xd8\xff\xff\xff\xe1\x00\x1eExif\x00\x00" + block, 5},
		{"JPEG with another segment first", JPEG, "\xff\xd8\xff\xe1\x00\x04ab\xff\xe1\x00\x1eExif\x00\x00" + block, 5},
		{"JPEG with EXIF after the scan began", JPEG, "\xff\xd8\xff\xda\x00\x02\xff\xe1\x00\x1eExif\x00\x00" + block, 1},
		{"JPEG whose segment ends beyond the file", JPEG, "\xff\xd8\xff\xe1\xff\xffExif\x00\x00" + block, 1},
		{"JPEG whose segment is shorter than its length", JPEG, "\xff\xd8\xff\xe1\x00\x01Exif\x00\x00" + block, 1},
		{"WebP with JPEG's prefix", WebP, "RIFF....WEBPEXIF\x1c\x00\x00\x00Exif\x00\x00" + block, 5},
		{"WebP after a chunk of odd length", WebP, "RIFF....WEBPabcd\x01\x00\x00\x00x\x00EXIF\x16\x00\x00\x00" + block, 5},
		{"WebP whose chunk ends beyond the file", WebP, "RIFF....WEBPEXIF\xff\xff\xff\xff" + block, 1},
		{"PNG whose chunk ends beyond the file", PNG, "\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf" + block, 1},
	} {
		if got := readOrientation(c.format, []byte(c.data)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	for _, name := range []string{"jpeg-exif-6.jpg", "exif-7.png", "webp-lossless.webp", "tiff.tiff"} {
		f.Add(readFile(f, filepath.Join(goldenDir, name)))
	}
	f.Add([]byte("\xff\xd8\xff\xff\xff\xe1\x00\x02\xff\xe1\x00\x01"))
	f.Add(append([]byte("\xff\xd8\xff\xe1\x00\x1eExif\x00\x00"), exifBlock(binary.BigEndian, 0x0112, 3, 5)...))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPEXIF\xff\xff\xff\xff"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range []Format{JPEG, PNG, WebP, TIFF} {
			if o := readOrientation(format, data); o < 1 || o > 8 {
				t.Errorf("%s: orientation %d", format, o)
			}
		}
	})
}
