package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// A parser reads the value at path.
type parser func(path string, raw json.RawMessage) error

// fields are what an object may hold. A null is the same as no field at all, as OpenAI has it.
type fields map[string]parser

// object reads an object, each field by its own parser, in the order of their names so that errors are repeatable.
func object(path string, raw json.RawMessage, known fields) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil || given == nil {
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
		case bytes.Equal(given[name], []byte("null")):
			continue
		}
		if err := parse(at, given[name]); err != nil {
			return err
		}
	}
	return nil
}

func array(path string, raw json.RawMessage, each parser) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return invalid(path, "must be a list")
	}
	for i, item := range items {
		if err := each(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
			return err
		}
	}
	return nil
}

func text(to *string) parser               { return value(to, "must be a string") }
func boolean(to *bool) parser              { return value(to, "must be true or false") }
func whole[T int | int64](to **T) parser   { return value(to, "must be a whole number") }
func accept(string, json.RawMessage) error { return nil }

// number takes a number from 0 to most.
func number(to *float64, most float64) parser {
	return func(path string, raw json.RawMessage) error {
		if json.Unmarshal(raw, to) != nil || *to < 0 || *to > most {
			return invalid(path, fmt.Sprintf("must be a number from 0 to %g", most))
		}
		return nil
	}
}

func value[T any](to *T, problem string) parser {
	return func(path string, raw json.RawMessage) error {
		if json.Unmarshal(raw, to) != nil {
			return invalid(path, problem)
		}
		return nil
	}
}

// notYet refuses a field of OpenAI's that Outrider does not keep yet.
func notYet(path string, _ json.RawMessage) error { return invalid(path, "is not supported yet") }

// only accepts a field when it has the value that changes nothing.
func only(why, value string) parser {
	return func(path string, raw json.RawMessage) error {
		if string(raw) != value {
			return invalid(path, fmt.Sprintf("%s: leave it out or give %s", why, value))
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
