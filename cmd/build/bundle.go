package main

import (
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A bundle is the state of one build: the names of the assets that have been built so far.
type bundle struct {
	write     naming
	embedders string            // origins of the pages that may use the chat in a frame, separated by spaces; "*" for all
	programs  map[string]string // the Go programs by the names under which scripts import them
	nano      nanoFiles
	script    string
	frame     string // the script of the page for frames
	style     string
}

// buildScripts bundles the scripts of the site's pages and their style; the plugins bundle the workers.
func (b *bundle) buildScripts() (string, error) {
	size := 0
	for _, asset := range []struct {
		file      *string
		name, ext string
		entry     string
	}{
		{&b.script, "page", ".js", "web/src/app/main.ts"},
		{&b.frame, "frame", ".js", "web/src/embed/frame.ts"},
		{&b.style, "page", ".css", "web/src/app/page.css"},
	} {
		code, err := b.bundleFile(asset.entry)
		if err != nil {
			return "", err
		}
		if *asset.file, err = b.write(asset.name, asset.ext, code); err != nil {
			return "", err
		}
		size += len(code)
	}
	return fmt.Sprintf("%s, %s, %s, %s", b.script, b.frame, b.style, bytesText(size)), nil
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

// writePages writes the pages of web with the names of the built files, the policy, and the origins of the pages that
// may use the chat in a frame; and copies the files of web/static.
func (b *bundle) writePages() (string, error) {
	values := strings.NewReplacer("src/app/main.ts", "assets/"+b.script, "src/embed/frame.ts", "assets/"+b.frame,
		"src/app/page.css", "assets/"+b.style, "CONTENT-POLICY", pagePolicy, "EMBEDDERS", html.EscapeString(b.embedders))
	for _, name := range []string{"index.html", "embed.html"} {
		page, err := os.ReadFile(filepath.Join("web", name))
		if err != nil {
			return "", err
		}
		filled := values.Replace(string(page))
		if err := os.WriteFile(filepath.Join(siteDir, name), []byte(filled), 0o644); err != nil {
			return "", err
		}
	}
	return "index.html, embed.html", os.CopyFS(siteDir, os.DirFS("web/static"))
}
