// Package manifest reads and writes the manifest of a model file: a small JSON file beside it with the SHA-256 of every
// chunk, so that a wrong chunk is found as soon as it has arrived. docs/formats.md describes it.
package manifest

import (
	"errors"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/json"
	"github.com/outrider-web/outrider/loader/store"
)

// Suffix follows the address of a file in the address of its manifest.
const Suffix = ".manifest.json"

// MaxBytes is the largest size of a manifest: 62 GB of model in 3,700 chunks need a quarter of a megabyte.
const MaxBytes = 4 << 20

// Manifest describes a file.
type Manifest struct {
	Name   string   // of the file, without its folder
	Size   int64    // bytes
	SHA256 string   // of the whole file, in lower-case hex; empty if it is not known
	Chunks []string // SHA-256 of each chunk, in lower-case hex
}

// Address returns the address of the manifest of a file. The file's query stays at the end.
func Address(file string) string {
	path, query := file, ""
	if i := strings.IndexByte(file, '?'); i >= 0 {
		path, query = file[:i], file[i:]
	}
	return path + Suffix + query
}

// ErrNone says that a text is not a manifest. Some servers answer every address with a text of their own.
var ErrNone = errors.New("manifest: the text is not a manifest")

// Parse reads a manifest. Errors: ErrNone; integrity for a manifest that contradicts itself.
func Parse(text string) (Manifest, error) {
	if len(text) > MaxBytes {
		return Manifest{}, ErrNone
	}
	v, err := json.Parse(text)
	o, ok := v.(json.Object)
	if err != nil || !ok || o["outrider"] == nil {
		return Manifest{}, ErrNone
	}
	if o.Number("outrider") != 1 {
		return Manifest{}, malformed("is of a newer version")
	}
	m := Manifest{Name: o.Text("name"), Size: o.Number("size"), SHA256: o.Text("sha256")}
	if m.Size < 0 || o.Number("chunkBytes") != store.ChunkBytes {
		return Manifest{}, malformed(`lacks "size", or its "chunkBytes" is not 16777216`)
	}
	if m.SHA256 != "" && !IsSHA256(m.SHA256) {
		return Manifest{}, malformed(`has a "sha256" that is not 64 lower-case hex digits`)
	}
	m.Chunks, err = chunks(o["chunks"], m.Size)
	return m, err
}

// chunks returns the hashes of the chunks of a file of size bytes.
func chunks(v any, size int64) ([]string, error) {
	list, _ := v.([]any)
	if int64(len(list)) != (size+store.ChunkBytes-1)/store.ChunkBytes {
		return nil, malformed(`does not have one entry of "chunks" for every 16 MiB of "size"`)
	}
	hashes := make([]string, len(list))
	for i, item := range list {
		hash, _ := item.(string)
		if !IsSHA256(hash) {
			return nil, malformed(`has an entry of "chunks" that is not 64 lower-case hex digits`)
		}
		hashes[i] = hash
	}
	return hashes, nil
}

// IsSHA256 reports whether a text is a SHA-256 in lower-case hex.
func IsSHA256(hash string) bool {
	for i := range len(hash) {
		if b := hash[i]; !('0' <= b && b <= '9' || 'a' <= b && b <= 'f') {
			return false
		}
	}
	return len(hash) == 64
}

func malformed(what string) error {
	return errs.New(errs.Integrity,
		"the manifest beside the file "+what+"; write it again with pack manifest, or remove it from the server")
}
