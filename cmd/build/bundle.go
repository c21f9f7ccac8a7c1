package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A bundle is the state of one build: the names of the assets that have been built so far.
type bundle struct {
	write    naming
	programs map[string]string // the Go programs by the names under which scripts import them
	nano     nanoFiles
	script   string
	style    string
}

// buildScripts bundles the page's script and style; the plugins bundle its workers.
func (b *bundle) buildScripts() (string, error) {
	script, err := b.bundleFile("web/src/app/main.ts")
	if err != nil {
		return "", err
	}
	if b.script, err = b.write("page", ".js", script); err != nil {
		return "", err
	}
	style, err := b.bundleFile("web/src/app/page.css")
	if err != nil {
		return "", err
	}
	b.style, err = b.write("page", ".css", style)
	return fmt.Sprintf("%s, %s", b.script, bytesText(len(script))), err
}

// bundleFile bundles one entry point and everything that it imports into one minified file, which must become an asset
// if it imports modules when it runs: these, and what they share with the file, are written to the assets. defines are
// pairs of a global name and the expression that replaces it.
func (b *bundle) bundleFile(entry string, defines ...string) ([]byte, error) {
	options := b.options(entry)
	for i := 0; i < len(defines); i += 2 {
		options.Define[defines[i]] = defines[i+1]
	}
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, errors.New(result.Errors[0].Text)
	}
	return writeChunks(entry, result.OutputFiles)
}

// writeChunks writes the outputs of a bundle that the entry point imports, and returns the contents of the entry point.
func writeChunks(entry string, outputs []api.OutputFile) (code []byte, err error) {
	name := strings.TrimSuffix(filepath.Base(entry), filepath.Ext(entry))
	for _, output := range outputs {
		file := filepath.Base(output.Path)
		if strings.TrimSuffix(file, filepath.Ext(file)) == name {
			code = output.Contents
		} else if err := os.WriteFile(filepath.Join(assetsDir, file), output.Contents, 0o644); err != nil {
			return nil, err
		}
	}
	return code, nil
}

// options returns how entry points are bundled.
func (b *bundle) options(entries ...string) api.BuildOptions {
	return api.BuildOptions{
		EntryPoints:       entries,
		Bundle:            true,
		Splitting:         true,
		Outdir:            assetsDir,
		ChunkNames:        "[name]-[hash]",
		Format:            api.FormatESModule,
		Platform:          api.PlatformBrowser,
		Target:            api.ES2022,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		Conditions:        []string{"browser", "production"}, // lit without its development warnings
		Define:            map[string]string{"process.env.NODE_ENV": `"production"`},
		Plugins:           []api.Plugin{b.workers(), b.goFiles(), b.nanoModel()},
		LogLevel:          api.LogLevelWarning,
		Write:             false,
	}
}

// workers resolves `import url from "worker:FILE"`: FILE becomes a bundle of its own and the import its URL.
func (b *bundle) workers() api.Plugin {
	return api.Plugin{Name: "workers", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^worker:`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			path := filepath.Join(a.ResolveDir, strings.TrimPrefix(a.Path, "worker:"))
			return api.OnResolveResult{Path: path, Namespace: "worker"}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "worker"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			code, err := b.bundleFile(a.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			file, err := b.write(strings.TrimSuffix(filepath.Base(a.Path), ".worker.ts"), ".js", code)
			return exportURL(file), err
		})
	}}
}

// goFiles resolves the imports "go:NAME.wasm", the URL of a program, and "go:wasm_exec", the toolchain's wasm_exec.js.
func (b *bundle) goFiles() api.Plugin {
	return api.Plugin{Name: "go", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^go:`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			if a.Path == "go:wasm_exec" {
				path, err := wasmExec()
				return api.OnResolveResult{Path: path, SideEffects: api.SideEffectsTrue}, err
			}
			return api.OnResolveResult{Path: strings.TrimPrefix(a.Path, "go:"), Namespace: "go"}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "go"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			return exportURL(b.programs[a.Path]), nil
		})
	}}
}

// exportURL returns a module whose default export is the address of an asset.
func exportURL(file string) api.OnLoadResult {
	contents := "export default " + assetURL(file)
	return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}
}

// assetURL returns the expression for the address of an asset. It is relative to the script, which is an asset too, so
// that the site works under every path and its scripts on every page.
func assetURL(file string) string {
	return fmt.Sprintf("new URL(%q, import.meta.url).href", "./"+file)
}

// writePage writes web/index.html with the names of the built files and the policy, and copies the files of web/static.
func (b *bundle) writePage() (string, error) {
	page, err := os.ReadFile("web/index.html")
	if err != nil {
		return "", err
	}
	values := strings.NewReplacer(
		"src/app/main.ts", "assets/"+b.script, "src/app/page.css", "assets/"+b.style, "CONTENT-POLICY", pagePolicy)
	filled := values.Replace(string(page))
	if err := os.WriteFile(filepath.Join(siteDir, "index.html"), []byte(filled), 0o644); err != nil {
		return "", err
	}
	err = os.CopyFS(siteDir, os.DirFS("web/static"))
	return "index.html", err
}
