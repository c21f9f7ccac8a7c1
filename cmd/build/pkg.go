package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// pkgEntries maps the scripts of the npm package to their entry points.
var pkgEntries = []api.EntryPoint{
	{InputPath: "web/src/client/index.ts", OutputPath: "index"},
	{InputPath: "web/src/element/index.ts", OutputPath: "element"},
	{InputPath: "web/src/element/define.ts", OutputPath: "define"},
	{InputPath: "web/src/embed/client.ts", OutputPath: "embed"},
}

// pkgFiles maps files of the repository to their names in the package.
var pkgFiles = map[string]string{
	"LICENSE":               "LICENSE",
	"web/package/README.md": "README.md",
}

// pkg builds the npm package anew, and packs it. All files are in one folder, because scripts find assets beside
// themselves; their names have no hash, because a bundler adds its own.
func pkg(args []string) error {
	flags("pkg").Parse(args)
	if err := os.RemoveAll(pkgDir); err != nil {
		return err
	}
	if err := os.MkdirAll(pkgDir, 0o755); err != nil {
		return err
	}
	b := &bundle{write: writePlain}
	for _, step := range []struct {
		name string
		run  func() (string, error)
	}{
		{"wasm", b.buildWasm},
		{"nano", b.buildNano},
		{"scripts", b.buildPkgScripts},
		{"types", buildTypes},
		{"elements", writeElements},
		{"licences", writeLicences},
		{"manifest", writePkgManifest},
		{"pack", packPkg},
	} {
		if err := timed(step.name, step.run); err != nil {
			return err
		}
	}
	return nil
}

// writePlain writes an asset of the package. Its assets with code are workers.
func writePlain(name, ext string, data []byte) (file string, err error) {
	if ext == ".js" {
		ext = ".worker.js"
	}
	return name + ext, os.WriteFile(filepath.Join(pkgDir, name+ext), data, 0o644)
}

// buildPkgScripts bundles the package's scripts, which share what several of them need. The libraries in them keep
// their licences.
func (b *bundle) buildPkgScripts() (string, error) {
	options := b.options()
	options.EntryPointsAdvanced = pkgEntries
	options.Splitting = true
	options.Outdir = pkgDir
	options.ChunkNames = "[name]-[hash]"
	options.LegalComments = api.LegalCommentsEndOfFile
	options.Write = true
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return "", errors.New(result.Errors[0].Text)
	}
	return fmt.Sprintf("%d files", len(result.OutputFiles)), nil
}

// A pkgManifest is the package.json of the npm package.
type pkgManifest struct {
	Name           string         `json:"name"`
	Version        string         `json:"version"`
	Description    string         `json:"description"`
	License        string         `json:"license"`
	Keywords       []string       `json:"keywords"`
	Type           string         `json:"type"`
	SideEffects    []string       `json:"sideEffects"`
	CustomElements string         `json:"customElements"`
	Exports        map[string]any `json:"exports"`
}

// An export of the package has a script and its types.
type export struct {
	Types   string `json:"types"`
	Default string `json:"default"`
}

// writePkgManifest writes package.json, with name, version, description and licence of the repository's, and the files
// of pkgFiles.
func writePkgManifest() (string, error) {
	data, err := os.ReadFile("package.json")
	if err != nil {
		return "", err
	}
	manifest := pkgManifest{
		Keywords:       []string{"llm", "llama", "gguf", "webgpu", "web-component", "chat"},
		SideEffects:    []string{"./define.js"},
		CustomElements: "./custom-elements.json",
		Exports:        pkgExports(),
	}
	var root struct{ Name, Version, Description, License, Type string }
	if err := json.Unmarshal(data, &root); err != nil {
		return "", err
	}
	manifest.Name, manifest.Version, manifest.Type = root.Name, root.Version, root.Type
	manifest.Description, manifest.License = root.Description, root.License
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(pkgDir, "package.json"), append(text, '\n'), 0o644); err != nil {
		return "", err
	}
	return manifest.Name + " " + manifest.Version, copyPkgFiles()
}

// pkgExports returns the exports of the package: scripts with their types, and files that a page may copy elsewhere.
func pkgExports() map[string]any {
	exports := map[string]any{
		".":         export{"./types/client/index.d.ts", "./index.js"},
		"./element": export{"./types/element/index.d.ts", "./element.js"},
		"./define":  export{"./types/element/define.d.ts", "./define.js"},
		"./embed":   export{"./types/embed/client.d.ts", "./embed.js"},
	}
	for _, pattern := range []string{"*.worker.js", "*.wasm", "*.gguf"} {
		names, _ := filepath.Glob(filepath.Join(pkgDir, pattern)) // the patterns are valid
		for _, name := range names {
			file := "./" + filepath.Base(name)
			exports[file] = file
		}
	}
	for _, file := range []string{"./custom-elements.json", "./package.json"} {
		exports[file] = file
	}
	return exports
}

// copyPkgFiles copies the files of pkgFiles.
func copyPkgFiles() error {
	for from, to := range pkgFiles {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(pkgDir, to), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// packPkg packs the package into a tarball beside its folder.
func packPkg() (string, error) {
	cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", "..")
	cmd.Dir = pkgDir
	cmd.Stderr = os.Stderr
	name, err := cmd.Output()
	return strings.TrimSpace(string(name)), err
}
