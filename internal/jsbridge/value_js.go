package jsbridge

import (
	"syscall/js"

	"github.com/outrider-web/outrider/internal/wire"
)

// Tree copies plain data out of JavaScript: map[string]any, []any, string, float64, bool and nil, as JSON has them.
func Tree(v js.Value) any {
	switch v.Type() {
	case js.TypeString:
		return v.String()
	case js.TypeNumber:
		return v.Float()
	case js.TypeBoolean:
		return v.Bool()
	case js.TypeObject:
		if js.Global().Get("Array").Call("isArray", v).Bool() {
			return list(v)
		}
		return object(v)
	}
	return nil
}

func list(v js.Value) []any {
	items := make([]any, v.Length())
	for i := range items {
		items[i] = Tree(v.Index(i))
	}
	return items
}

func object(v js.Value) map[string]any {
	names := js.Global().Get("Object").Call("keys", v)
	fields := make(map[string]any, names.Length())
	for i := range names.Length() {
		name := names.Index(i).String()
		fields[name] = Tree(v.Get(name))
	}
	return fields
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

// Read returns the struct of package wire that an object holds, or a zero one for null and undefined.
func Read[T any](v js.Value) (value T) {
	wire.Read(Tree(v), &value)
	return value
}
