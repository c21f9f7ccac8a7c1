package jsbridge

import (
	"fmt"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/wire"
)

// maxDepth is the largest number of objects and lists inside each other. Each level takes some of the stack, and a
// worker whose stack overflows ends.
const maxDepth = 200

// Tree copies plain data out of JavaScript: map[string]any, []any, string, float64, bool and nil, as JSON has them.
// Errors: invalid_request for data that is nested deeper than maxDepth.
func Tree(v js.Value) (any, error) { return tree(v, 0) }

// tree copies a value that depth objects and lists contain.
func tree(v js.Value, depth int) (any, error) {
	switch v.Type() {
	case js.TypeString:
		return v.String(), nil
	case js.TypeNumber:
		return v.Float(), nil
	case js.TypeBoolean:
		return v.Bool(), nil
	case js.TypeObject:
		if depth == maxDepth {
			message := fmt.Sprintf("objects and lists are nested more than %d deep; make the request flatter", maxDepth)
			return nil, errs.New(errs.InvalidRequest, message)
		}
		if js.Global().Get("Array").Call("isArray", v).Bool() {
			return list(v, depth+1)
		}
		return object(v, depth+1)
	}
	return nil, nil
}

func list(v js.Value, depth int) (_ []any, err error) {
	items := make([]any, v.Length())
	for i := range items {
		if items[i], err = tree(v.Index(i), depth); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func object(v js.Value, depth int) (_ map[string]any, err error) {
	names := js.Global().Get("Object").Call("keys", v)
	fields := make(map[string]any, names.Length())
	for i := range names.Length() {
		name := names.Index(i).String()
		if fields[name], err = tree(v.Get(name), depth); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

// Bytes copies a Uint8Array or Uint8ClampedArray into Go.
func Bytes(array js.Value) []byte {
	b := make([]byte, array.Length())
	js.CopyBytesToGo(b, array)
	return b
}

// Uint8Array copies bytes out of Go.
func Uint8Array(b []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}

// Read returns the struct of package wire that an object holds, or a zero one for null, undefined and data that Tree
// refuses, which no struct of wire has.
func Read[T any](v js.Value) (value T) {
	tree, _ := Tree(v)
	wire.Read(tree, &value)
	return value
}
