// Package model runs language models: it reads what a file's metadata says, checks that the file's tensors fit, and
// computes logits by calling ops. Each family is a folder below and one call of Register. It refuses to know files,
// devices, text and sampling: tensors come through a Source, tokens are numbers, and what follows is the caller's
// choice.
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

// Metadata is a file's keys and values. A key that is absent, or whose value is of another nature, gives absent.
type Metadata interface {
	Has(key string) bool
	Uint(key string, absent uint64) uint64
	Float(key string, absent float64) float64
	Bool(key string, absent bool) bool
	String(key, absent string) string
}

// Config is what all families have.
type Config struct {
	Architecture string
	VocabSize    int // 0 when the metadata does not say; the embedding does
	ContextSize  int // positions the model was trained for
	HiddenSize   int // width of the residual stream
	NumLayers    int
	HeadDim      int
	NumHeads     int
	NumKVHeads   int
	Epsilon      float32 // of every rms_norm
	Windows      []int   // attention chunk of each layer, 0 for full attention
}

// Family is a model before it has weights: what its file's metadata says.
type Family interface {
	Config() Config

	// Bind takes from w every tensor that the layers want, and gives the layers made of them. It is called once with
	// tensors that hold no numbers, to check a file before any work is done, and once more to build the model.
	Bind(w *Weights) Network
}

// Network is the layers of a model, between embedding and head.
type Network interface {
	// Prepare makes the tables and the scratch tensors for calls of up to o.Chunk tokens at positions below o.Context.
	// Trouble with memory is left in a; an error is trouble with reading weights back. A warning is a sentence for
	// the user about a file that can be computed but may not be what its makers meant.
	Prepare(ctx context.Context, a *Arena, o Options) (warnings []string, err error)

	// Layer calls the ops of layer i. x F32 [hidden, n] is the residual stream, updated in place; step U32
	// [ops.StepWords] says where its tokens stand.
	Layer(o ops.Ops, i int, x, step *ops.Tensor, c *kvcache.Cache)
}

var families = map[string]func(Metadata) (Family, error){}

// Register adds a family under the name that files give in general.architecture. Families do it in init.
func Register(architecture string, read func(Metadata) (Family, error)) {
	families[architecture] = read
}

// Read finds the family that wrote the metadata. Errors: unsupported_architecture, bad_model.
func Read(m Metadata) (Family, error) {
	name := m.String("general.architecture", "")
	read, ok := families[name]
	if !ok {
		return nil, errs.New(errs.UnsupportedArchitecture, fmt.Sprintf(
			"the file's architecture is %q, which Outrider does not know; it knows %s", name, known(families)))
	}
	return read(m)
}

// known lists the names under which something is registered.
func known[T any](registered map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(registered)), ", ")
}

// Check finds what is wrong with a file's tensors before any work is done: one missing, of another shape than the
// metadata says, or unknown to the family. The tensors of header need hold no numbers. Errors: bad_model.
func Check(f Family, header Source) error {
	w := &Weights{source: header, taken: map[string]bool{}}
	bindOuterWeights(f.Config(), w)
	f.Bind(w)
	return w.finish()
}

// bad makes a bad_model error.
func bad(format string, args ...any) error {
	return errs.New(errs.BadModel, fmt.Sprintf(format, args...)+"; the file is damaged or was made for another program")
}
