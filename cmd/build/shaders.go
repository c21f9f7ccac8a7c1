package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// minifyShaders writes the shaders to the cache folder without comments and indentation, and an overlay with which the
// compiler embeds them instead of the sources. It returns the overlay's name.
func minifyShaders() (string, error) {
	replace := map[string]string{}
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

// minifyShader writes one shader and adds it to replace, which maps sources to their replacements.
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

// withoutComments returns a shader without line comments, indentation and empty lines. Shaders have no strings and no
// block comments, and their #directives need lines of their own.
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
