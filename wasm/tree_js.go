package main

import "syscall/js"

// tree copies plain data out of JavaScript: map[string]any, []any, string, float64, bool and nil, as JSON would say it.
func tree(v js.Value) any {
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

// texts are strings as JavaScript takes them.
func texts(list []string) []any {
	items := make([]any, len(list))
	for i, text := range list {
		items[i] = text
	}
	return items
}

func list(v js.Value) []any {
	items := make([]any, v.Length())
	for i := range items {
		items[i] = tree(v.Index(i))
	}
	return items
}

func object(v js.Value) map[string]any {
	names := js.Global().Get("Object").Call("keys", v)
	fields := make(map[string]any, names.Length())
	for i := range names.Length() {
		name := names.Index(i).String()
		fields[name] = tree(v.Get(name))
	}
	return fields
}
