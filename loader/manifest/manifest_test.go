package manifest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/store"
)

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// read makes the manifest of a file of two chunks and a bit.
func read(t *testing.T) (Manifest, []byte) {
	t.Helper()
	file := bytes.Repeat([]byte("outrider"), (2*store.ChunkBytes+800)/8)
	var last int64
	m, err := Read(t.Context(), `a "b"`+"\n", bytes.NewReader(file), func(n int64) { last = n })
	if err != nil || last != int64(len(file)) {
		t.Fatalf("%v, %d bytes reported", err, last)
	}
	return m, file
}

func TestAManifestHasTheHashesOfTheFileAndItsChunks(t *testing.T) {
	m, file := read(t)
	want := Manifest{Name: m.Name, Size: int64(len(file)), SHA256: hexHash(file), Chunks: []string{
		hexHash(file[:store.ChunkBytes]),
		hexHash(file[store.ChunkBytes : 2*store.ChunkBytes]),
		hexHash(file[2*store.ChunkBytes:]),
	}}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("%+v, want %+v", m, want)
	}
}

func TestParseReadsWhatJSONWrites(t *testing.T) {
	m, _ := read(t)
	got, err := Parse(m.JSON())
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("%+v, %v", got, err)
	}
	if !json.Valid([]byte(m.JSON())) {
		t.Error("not JSON")
	}
	empty, err := Read(t.Context(), "empty", strings.NewReader(""), func(int64) {})
	if got, err2 := Parse(empty.JSON()); err != nil || err2 != nil || got.Size != 0 || len(got.Chunks) != 0 {
		t.Errorf("%+v, %v, %v", got, err, err2)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, "m", strings.NewReader("x"), func(int64) {}); err != context.Canceled {
		t.Error(err)
	}
}

func TestParseRefusesWhatContradictsItself(t *testing.T) {
	m, _ := read(t)
	good, hash := m.JSON(), m.Chunks[0]
	for name, text := range map[string]string{
		"a newer version":  strings.Replace(good, `"outrider": 1`, `"outrider": 2`, 1),
		"other chunks":     strings.Replace(good, "16777216", "1048576", 1),
		"no size":          strings.Replace(good, `"size"`, `"length"`, 1),
		"a negative size":  strings.Replace(good, `"size": `, `"size": -`, 1),
		"one chunk less":   strings.Replace(good, `"`+hash+`",`, "", 1),
		"upper-case hex":   strings.Replace(good, hash, strings.ToUpper(hash), 1),
		"a number as hash": strings.Replace(good, `"`+hash+`"`, "7", 1),
		"a short hash":     strings.Replace(good, m.SHA256, m.SHA256[1:], 1),
	} {
		if _, err := Parse(text); errs.Of(err).Code != errs.Integrity || !strings.Contains(err.Error(), "pack manifest") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseSaysThatATextIsNoManifest(t *testing.T) {
	m, _ := read(t)
	good := m.JSON()
	for name, text := range map[string]string{
		"a web page": "<!doctype html><html></html>",
		"a list":     "[]",
		"an error":   `{"error": "not found"}`,
		"cut off":    good[:len(good)-10],
		"too large":  strings.Repeat(" ", MaxBytes) + good,
	} {
		if _, err := Parse(text); err != ErrNone {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAddressKeepsTheQuery(t *testing.T) {
	for file, want := range map[string]string{
		"https://h/a/m.gguf":     "https://h/a/m.gguf.manifest.json",
		"https://h/m.gguf?t=1?2": "https://h/m.gguf.manifest.json?t=1?2",
	} {
		if got := Address(file); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// FuzzParse checks that what Parse accepts is consistent, and that JSON writes it in a form that Parse reads again.
func FuzzParse(f *testing.F) {
	hash := hexHash(nil)
	f.Add(Manifest{Name: "m.gguf", Size: 20 << 20, SHA256: hash, Chunks: []string{hash, hash}}.JSON())
	f.Add(Manifest{}.JSON())
	f.Add(`{"outrider":1,"size":9007199254740991,"chunkBytes":16777216,"chunks":[]}`)
	f.Add("<!doctype html>")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		if int64(len(m.Chunks)) != (m.Size+store.ChunkBytes-1)/store.ChunkBytes {
			t.Fatalf("%d chunks of %d bytes", len(m.Chunks), m.Size)
		}
		again, err := Parse(m.JSON())
		m.Name = strings.ToValidUTF8(m.Name, "\uFFFD")
		again.Name = strings.ToValidUTF8(again.Name, "\uFFFD")
		if err != nil || again.Size != m.Size || again.SHA256 != m.SHA256 || !reflect.DeepEqual(again.Chunks, m.Chunks) {
			t.Fatalf("%+v is written and read as %+v, %v", m, again, err)
		}
	})
}
