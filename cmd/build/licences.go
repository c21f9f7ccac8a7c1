package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeLicences writes the licences of the libraries that are inside the npm package: the dependencies of the
// repository's package.json, and Go's standard library.
func writeLicences() (string, error) {
	data, err := os.ReadFile("package.json")
	if err != nil {
		return "", err
	}
	var root struct{ Dependencies map[string]string }
	if err := json.Unmarshal(data, &root); err != nil {
		return "", err
	}
	goroot, err := goRoot()
	if err != nil {
		return "", err
	}
	files := map[string]string{"Go": filepath.Join(goroot, "LICENSE")}
	for name, version := range root.Dependencies {
		files[name+" "+version] = filepath.Join("node_modules", name, "LICENSE")
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		licence, err := os.ReadFile(files[name])
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "%s\n%s\n\n%s\n\n", name, strings.Repeat("-", len(name)), strings.TrimSpace(string(licence)))
	}
	name := filepath.Join(pkgDir, "LICENSES.txt")
	return fmt.Sprintf("%d libraries", len(files)), os.WriteFile(name, []byte(text.String()), 0o644)
}
