// Package model runs language models: it reads the metadata of a file, checks that the file's tensors fit the metadata,
// and computes logits by calling ops. Each model family is a package in a folder below that calls Register. The package
// does not depend on files, devices, text or sampling: tensors come from a Source, and tokens are numbers.
package model

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/kvcache"
	"github.com/outrider-web/outrider/internal/ops"
)

// Metadata is the keys and values of a file. The methods with a parameter absent return it if the key is missing or its
// value has another type.
type Metadata interface {
	// Has reports whether the key is there.
	Has(key string) bool
	// Uint returns an integer that is not negative.
	Uint(key string, absent uint64) uint64
	// Float returns a floating-point number.
	Float(key string, absent float64) float64
	// Bool returns a boolean.
	Bool(key string, absent bool) bool
	// String returns a string.
	String(key, absent string) string
}

// Config describes a model of any family.
type Config struct {
	Architecture string
	VocabSize    int // 0 if the metadata has none; it is then that of the embedding tensor
	ContextSize  int // positions the model was trained for
	HiddenSize   int // width of the residual stream
	NumLayers    int
	HeadDim      int
	NumHeads     int
	NumKVHeads   int
	Epsilon      float32 // of every rms_norm
	Windows      []int   // attention window of each layer in positions, 0 for full attention
}

// Family is a model without weights: what the metadata of its file says.
type Family interface {
	// Config returns the sizes of the model.
	Config() Config

	// Bind takes every tensor of the layers from w and returns the layers. It is called with tensors without data, to
	// check a file before anything is computed, and again to build the model.
	Bind(w *Weights) Network
}

// Network is the layers of a model, without the embedding before them and the head after them.
type Network interface {
	// Prepare makes the tables and the scratch tensors for batches of up to o.BatchSize tokens at positions below
	// o.Context. Errors of allocation stay in a; errors of reading weights back are returned. A warning is a sentence
	// for the user about a file that can be computed but may not be what its makers intended.
	Prepare(ctx context.Context, a *Arena, o Options) (warnings []string, err error)

	// Layer calls the ops of layer i. x F32 [hidden, n] is the residual stream, updated in place; step U32
	// [ops.StepWords] has the positions of its tokens.
	Layer(o ops.Ops, i int, x, step *ops.Tensor, c *kvcache.Cache)
}

var families = map[string]func(Metadata) (Family, error){}

// Register adds a family under the name that its files have in general.architecture. Families call it in init.
func Register(architecture string, read func(Metadata) (Family, error)) {
	families[architecture] = read
}

// Read returns the model that the metadata describes. Errors: unsupported_architecture, bad_model.
func Read(m Metadata) (Family, error) {
	name := m.String("general.architecture", "")
	read, ok := families[name]
	if !ok {
		return nil, errs.New(errs.UnsupportedArchitecture, fmt.Sprintf(
			"the file's architecture is %q, which Outrider does not know; it knows %s", name, known(families)))
	}
	return read(m)
}

// known lists the names in a registry, for errors.
func known[T any](registered map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(registered)), ", ")
}

// Check reports what is wrong with the tensors of a file before anything is computed: a tensor is missing, has another
// shape than the metadata says, or is unknown to the family. The tensors of header need no data. Errors: bad_model.
func Check(f Family, header Source) error {
	w := &Weights{source: header, taken: map[string]bool{}}
	bindOuterWeights(f.Config(), w)
	f.Bind(w)
	return w.finish()
}

// bad returns a bad_model error.
func bad(format string, args ...any) error {
	return errs.New(errs.BadModel,
		fmt.Sprintf(format, args...)+"; the file is damaged or was made for another program")
}
