package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// minifyShaders writes the shaders without comments and indentation to the cache folder, and an overlay for the compiler
// that embeds them in place of the sources. It gives the overlay's name.
func minifyShaders() (string, error) {
	var replace = map[string]string{}
	for _, glob := range []string{"shaders/*.wgsl", "shaders/lib/*.wgsl"} {
		names, err := filepath.Glob(glob)
		if err != nil {
			return "", err
		}
		for _, name := range names {
			if err := minifyShader(name, replace); err != nil {
				return "", err
			}
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(cacheDir, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o644)
}

func minifyShader(name string, replace map[string]string) error {
	source, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	out := filepath.Join(cacheDir, name)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	from, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	if replace[from], err = filepath.Abs(out); err != nil {
		return err
	}
	return os.WriteFile(out, []byte(withoutComments(string(source))), 0o644)
}

// withoutComments drops what a compiler does not read, line by line: shaders have no strings and no block comments, and
// their #directives keep lines of their own.
func withoutComments(source string) string {
	var kept strings.Builder
	for line := range strings.Lines(source) {
		code, _, _ := strings.Cut(line, "//")
		if code = strings.TrimSpace(code); code != "" {
			kept.WriteString(code + "\n")
		}
	}
	return kept.String()
}
