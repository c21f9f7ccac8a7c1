package manifest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
	"strings"

	"github.com/outrider-web/outrider/loader/store"
)

// Read makes the manifest of the file that r returns. It calls progress with the number of bytes read so far after
// every chunk. Errors: those of r; ctx.Err() if ctx ends.
func Read(ctx context.Context, name string, r io.Reader, progress func(read int64)) (Manifest, error) {
	m := Manifest{Name: name}
	whole, chunk := sha256.New(), sha256.New()
	for ctx.Err() == nil {
		chunk.Reset()
		n, err := io.Copy(io.MultiWriter(whole, chunk), io.LimitReader(r, store.ChunkBytes))
		if err != nil {
			return m, err
		}
		if n > 0 {
			m.Size += n
			m.Chunks = append(m.Chunks, hex.EncodeToString(chunk.Sum(nil)))
			progress(m.Size)
		}
		if n < store.ChunkBytes {
			m.SHA256 = hex.EncodeToString(whole.Sum(nil))
			return m, nil
		}
	}
	return m, ctx.Err()
}

// JSON returns the text that Parse reads.
func (m Manifest) JSON() string {
	var b strings.Builder
	b.WriteString("{\n  \"outrider\": 1,\n  \"name\": " + quote(m.Name))
	b.WriteString(",\n  \"size\": " + strconv.FormatInt(m.Size, 10))
	b.WriteString(",\n  \"sha256\": \"" + m.SHA256 + "\"")
	b.WriteString(",\n  \"chunkBytes\": " + strconv.Itoa(store.ChunkBytes) + ",\n  \"chunks\": [")
	for i, hash := range m.Chunks {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    \"" + hash + "\"")
	}
	b.WriteString("\n  ]\n}\n")
	return b.String()
}

// quote returns a string as JSON. What is not UTF-8 in it becomes U+FFFD.
func quote(s string) string {
	const hexDigits = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			b.WriteString(`\u00` + string(hexDigits[r>>4]) + string(hexDigits[r&15]))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
