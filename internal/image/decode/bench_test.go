package decode

import (
	"path/filepath"
	"testing"

	"github.com/outrider-web/outrider/internal/image"
)

// BenchmarkPhoto measures a 4032×3024 JPEG with EXIF orientation 6 from file to 13 tiles. The limit is 1.5 s as
// js/wasm:
//
//	GOOS=js GOARCH=wasm go test -exec "$(go env GOROOT)/lib/wasm/go_js_wasm_exec" -bench Photo ./internal/image/decode
func BenchmarkPhoto(b *testing.B) {
	data := readFile(b, filepath.Join(goldenDir, "photo.jpg"))
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			photoTiles(b, data)
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := FromFile(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	p, err := FromFile(data)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			p.rows(func([]byte) {})
		}
	})
}

func photoTiles(t testing.TB, data []byte) *image.Tiles {
	p, err := FromFile(data)
	if err != nil {
		t.Fatal(err)
	}
	return p.Tiles(image.Llama4)
}
