// Package wire declares the plain data that Go and JavaScript hand each other: one struct for each interface of
// web/src/protocol.ts and of the storage worker, each field tagged with its name in TypeScript. A test compares the two
// sides field by field. It knows nothing of JavaScript values: package jsbridge carries the trees that Tree makes.
package wire

import "reflect"

// tag is the key of the struct tags that hold a field's name in TypeScript.
const tag = "js"

// Tree returns v as JSON has it: map[string]any for a struct, by the names of its tags, []any for a slice, nil for a
// nil pointer, and string, bool, int64 or float64 for the rest, as syscall/js takes them.
func Tree(v any) any { return treeOf(reflect.ValueOf(v)) }

func treeOf(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return treeOf(v.Elem())
	case reflect.Struct:
		return object(v)
	case reflect.Slice:
		return list(v)
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Float64:
		return v.Float()
	case reflect.Uint64:
		return int64(v.Uint())
	}
	return v.Int()
}

func object(v reflect.Value) map[string]any {
	fields := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get(tag)] = treeOf(v.Field(i))
	}
	return fields
}

func list(v reflect.Value) []any {
	items := make([]any, v.Len())
	for i := range items {
		items[i] = treeOf(v.Index(i))
	}
	return items
}

// Read sets the fields of the struct that into points to from the tree of an object. A field that the object lacks, or
// has with another type, keeps its value: the other side of the wire is checked by the TypeScript compiler. There are
// no pointers to set.
func Read(tree, into any) { read(tree, reflect.ValueOf(into).Elem()) }

func read(tree any, into reflect.Value) {
	switch value := tree.(type) {
	case string:
		if into.Kind() == reflect.String {
			into.SetString(value)
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(value)
		}
	case float64:
		readNumber(value, into)
	case []any:
		readList(value, into)
	case map[string]any:
		readObject(value, into)
	}
}

func readNumber(value float64, into reflect.Value) {
	if into.CanInt() {
		into.SetInt(int64(value))
	} else if into.CanFloat() {
		into.SetFloat(value)
	}
}

func readList(items []any, into reflect.Value) {
	if into.Kind() != reflect.Slice {
		return
	}
	into.Grow(len(items)) // MakeSlice and Set would be 30 KB of the browser's program
	into.SetLen(len(items))
	for i, item := range items {
		read(item, into.Index(i))
	}
}

func readObject(fields map[string]any, into reflect.Value) {
	if into.Kind() != reflect.Struct {
		return
	}
	for i := range into.NumField() {
		read(fields[into.Type().Field(i).Tag.Get(tag)], into.Field(i))
	}
}
