// Package modeltest has what the tests of all model families share: metadata in memory, and a check that a wrong header
// is an error.
package modeltest

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
)

// Metadata is keys and values in memory. The values are of type int, float64, bool, string and []float64.
type Metadata map[string]any

// With returns a copy in which one key has another value; nil removes the key.
func (m Metadata) With(key string, value any) Metadata {
	m = maps.Clone(m)
	m[key] = value
	return m
}

// Has reports whether the key is there.
func (m Metadata) Has(key string) bool { return m[key] != nil }

// Uint returns an int.
func (m Metadata) Uint(key string, absent uint64) uint64 {
	return uint64(or(m[key], int(absent)))
}

// Float returns a float64.
func (m Metadata) Float(key string, absent float64) float64 { return or(m[key], absent) }

// Bool returns a bool.
func (m Metadata) Bool(key string, absent bool) bool { return or(m[key], absent) }

// String returns a string.
func (m Metadata) String(key, absent string) string { return or(m[key], absent) }

// Floats returns a []float64, or nil.
func (m Metadata) Floats(key string) []float64 { return or[[]float64](m[key], nil) }

// or returns value if it has the type of absent, and otherwise absent.
func or[T any](value any, absent T) T {
	if v, ok := value.(T); ok {
		return v
	}
	return absent
}

// WantBadModel checks that model.Check returns a bad_model error for a header, and that its text has the words.
func WantBadModel(t *testing.T, meta model.Metadata, header model.Source, words ...string) {
	t.Helper()
	family, err := model.Read(meta)
	if err != nil {
		t.Fatal(err)
	}
	err = model.Check(family, header)
	if !errors.Is(err, errs.New(errs.BadModel, "")) {
		t.Fatalf("error is %v, want bad_model", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}
