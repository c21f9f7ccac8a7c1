package openai

import (
	"fmt"
	"math"
	"slices"
)

// A parser reads the value at path.
type parser func(path string, v any) error

// fields are the fields that an object may have. A field that is null counts as absent, as in OpenAI's API.
type fields map[string]parser

// object reads an object whose fields are in one of known, in the order of their names, so that errors are repeatable.
func object(path string, v any, known ...fields) error {
	values, ok := v.(map[string]any)
	if !ok {
		return invalid(orRequest(path), "must be an object")
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		at := join(path, name)
		parse := find(known, name)
		switch {
		case parse == nil:
			return invalid(at, "is not a field Outrider knows")
		case values[name] == nil:
			continue
		}
		if err := parse(at, values[name]); err != nil {
			return err
		}
	}
	return nil
}

func find(known []fields, name string) parser {
	for _, f := range known {
		if parse := f[name]; parse != nil {
			return parse
		}
	}
	return nil
}

// array reads a list whose items each reads.
func array(path string, v any, each parser) error {
	items, ok := v.([]any)
	if !ok {
		return invalid(path, "must be a list")
	}
	for i, item := range items {
		if err := each(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
			return err
		}
	}
	return nil
}

func text(to *string) parser  { return value(to, "must be a string") }
func boolean(to *bool) parser { return value(to, "must be true or false") }

func value[T any](to *T, problem string) parser {
	return func(path string, v any) (err error) {
		var ok bool
		if *to, ok = v.(T); !ok {
			return invalid(path, problem)
		}
		return nil
	}
}

// number reads a number from 0 to limit.
func number(to *float64, limit float64) parser {
	return func(path string, v any) error {
		n, ok := v.(float64)
		if !ok || !(n >= 0 && n <= limit) {
			return invalid(path, fmt.Sprintf("must be a number from 0 to %g", limit))
		}
		*to = n
		return nil
	}
}

// integer reads a whole number that a float64 holds exactly.
func integer[T int | int64](to **T) parser {
	return func(path string, v any) error {
		n, ok := v.(float64)
		if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return invalid(path, "must be a whole number")
		}
		i := T(n)
		*to = &i
		return nil
	}
}

// ignored accepts any value.
func ignored(string, any) error { return nil }

// refused refuses a field of OpenAI's API that Outrider does not support yet.
func refused(path string, _ any) error { return invalid(path, "is not supported yet") }

// only accepts the one value that changes nothing.
func only(value any, problem string) parser {
	return func(path string, v any) error {
		if v != value {
			return invalid(path, fmt.Sprintf("%s: leave it out or set it to %v", problem, value))
		}
		return nil
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func orRequest(path string) string {
	if path == "" {
		return "the request"
	}
	return path
}
