package decode

import (
	"bytes"
	"encoding/binary"
)

// readOrientation returns the EXIF orientation of a file, 1 to 8, from the place where its format stores it. It
// returns 1, upright, if there is none or it is invalid: a picture on its side is better than an error.
func readOrientation(f Format, data []byte) int {
	switch f {
	case JPEG:
		return tiffOrientation(jpegEXIF(data))
	case PNG:
		return tiffOrientation(pngEXIF(data))
	case WebP:
		return tiffOrientation(webpEXIF(data))
	case TIFF:
		return tiffOrientation(data)
	}
	return 1
}

// exifPrefix precedes the EXIF block in a JPEG segment.
var exifPrefix = []byte("Exif\x00\x00")

// jpegEXIF returns the EXIF block from the segments before the first scan. A segment is FF, a marker, a big-endian
// length that includes itself, and data.
func jpegEXIF(data []byte) []byte {
	const app1, startOfScan = 0xe1, 0xda
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xff { // fill byte
			at++
			continue
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == startOfScan || end > len(data) || end < at+4 {
			return nil
		}
		if body := data[at+4 : end]; marker == app1 && bytes.HasPrefix(body, exifPrefix) {
			return body[len(exifPrefix):]
		}
		at = end
	}
	return nil
}

// pngEXIF returns the data of the PNG chunk eXIf. A PNG chunk is a big-endian length, a type, data and a CRC.
func pngEXIF(data []byte) []byte {
	for at := 8; at+8 <= len(data); {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		if n > int64(len(data)-at-8) {
			return nil
		}
		if string(data[at+4:at+8]) == "eXIf" {
			return data[at+8 : at+8+int(n)]
		}
		at += int(n) + 12
	}
	return nil
}

// webpEXIF returns the data of the RIFF chunk EXIF. A RIFF chunk is a type, a little-endian length and data padded to
// an even length. Some programs write JPEG's prefix in it.
func webpEXIF(data []byte) []byte {
	for at := 12; at+8 <= len(data); {
		n := int64(binary.LittleEndian.Uint32(data[at+4:]))
		if n > int64(len(data)-at-8) {
			return nil
		}
		if string(data[at:at+4]) == "EXIF" {
			return bytes.TrimPrefix(data[at+8:at+8+int(n)], exifPrefix)
		}
		at += 8 + int(n+n&1)
	}
	return nil
}

// tiffOrientation returns the orientation, tag 0x0112, from the first directory of a TIFF structure. An EXIF block is
// one.
func tiffOrientation(b []byte) int {
	const tag, short, entryBytes = 0x0112, 3, 12
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 1
	}
	if len(b) < 8 {
		return 1
	}
	first := int64(order.Uint32(b[4:]))
	if first+2 > int64(len(b)) {
		return 1
	}
	entries := b[first+2:]
	for range order.Uint16(b[first:]) {
		if len(entries) < entryBytes {
			return 1
		}
		if order.Uint16(entries) == tag {
			value := int(order.Uint16(entries[8:]))
			if order.Uint16(entries[2:]) != short || value < 1 || value > 8 {
				return 1
			}
			return value
		}
		entries = entries[entryBytes:]
	}
	return 1
}
