package openai

import (
	"fmt"
	"math"
	"slices"
)

// A parser reads the value at path.
type parser func(path string, v any) error

// fields are what an object may hold. A null is the same as no field at all, as OpenAI has it.
type fields map[string]parser

// object reads an object, each field by its own parser, in the order of their names so that errors are repeatable.
func object(path string, v any, known fields) error {
	given, ok := v.(map[string]any)
	if !ok {
		return invalid(orRequest(path), "must be an object")
	}
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		at := join(path, name)
		parse, ok := known[name]
		switch {
		case !ok:
			return invalid(at, "is not a field Outrider knows")
		case given[name] == nil:
			continue
		}
		if err := parse(at, given[name]); err != nil {
			return err
		}
	}
	return nil
}

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

func text(to *string) parser   { return value(to, "must be a string") }
func boolean(to *bool) parser  { return value(to, "must be true or false") }
func accept(string, any) error { return nil }

func value[T any](to *T, problem string) parser {
	return func(path string, v any) (err error) {
		var ok bool
		if *to, ok = v.(T); !ok {
			return invalid(path, problem)
		}
		return nil
	}
}

// number takes a number from 0 to most.
func number(to *float64, most float64) parser {
	return func(path string, v any) error {
		n, ok := v.(float64)
		if !ok || !(n >= 0 && n <= most) {
			return invalid(path, fmt.Sprintf("must be a number from 0 to %g", most))
		}
		*to = n
		return nil
	}
}

// whole takes a whole number that a float64 holds exactly.
func whole[T int | int64](to **T) parser {
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

// notYet refuses a field of OpenAI's that Outrider does not keep yet.
func notYet(path string, _ any) error { return invalid(path, "is not supported yet") }

// only accepts a field when it has the value that changes nothing.
func only(why string, value any) parser {
	return func(path string, v any) error {
		if v != value {
			return invalid(path, fmt.Sprintf("%s: leave it out or give %v", why, value))
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
