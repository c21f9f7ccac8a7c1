// Package modeltest is what the tests of all families share: metadata in memory, and how a bad header is refused.
package modeltest

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
)

// Metadata is keys and values in memory: int, float64, bool, string and []float64.
type Metadata map[string]any

// With is a copy in which one key has another value; nil removes it.
func (m Metadata) With(key string, value any) Metadata {
	m = maps.Clone(m)
	m[key] = value
	return m
}

func (m Metadata) Has(key string) bool { return m[key] != nil }

func (m Metadata) Uint(key string, absent uint64) uint64 {
	return uint64(or(m[key], int(absent)))
}

func (m Metadata) Float(key string, absent float64) float64 { return or(m[key], absent) }

func (m Metadata) Bool(key string, absent bool) bool { return or(m[key], absent) }

func (m Metadata) String(key, absent string) string { return or(m[key], absent) }

func (m Metadata) Floats(key string) []float64 { return or[[]float64](m[key], nil) }

// or is value if it is of absent's nature.
func or[T any](value any, absent T) T {
	if v, ok := value.(T); ok {
		return v
	}
	return absent
}

// Refused asserts that a header is refused as a bad_model, in a sentence that has the words.
func Refused(t *testing.T, meta model.Metadata, header model.Source, words ...string) {
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
