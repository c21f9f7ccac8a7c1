package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// A budget is the maximum size of a file in bytes, raw and compressed with Brotli; 0 means no limit. glob matches the
// file in dist/site.
type budget struct {
	label       string
	glob        string
	raw, brotli int
}

// budgets has the limits of docs/architecture.md. The first paint needs the page's script, the scripts that it imports
// at its start, and the style. The other scripts are loaded later: the picture worker and its image.wasm with the first
// picture, what formats Markdown after the first paint, code and formulas with the first answer that has some.
var budgets = []budget{
	{"main.wasm", "assets/main-*.wasm", 7_000_000, 1_500_000},
	{"image.wasm", "assets/image-*.wasm", 0, 0},
	{"first-paint JS", "assets/page-*.js", 0, 60_000},
	{"page CSS", "assets/page-*.css", 0, 0},
	{"Markdown", "assets/format-*.js", 0, 0},
	{"code colours", "assets/highlight-*.js", 0, 0},
	{"formulas", "assets/katex-*.js", 0, 0},
	{"engine worker", "assets/engine-*.js", 0, 0},
	{"picture worker", "assets/picture-*.js", 0, 0},
	{"storage worker", "assets/storage-*.js", 0, 0},
	{"service worker", "service-worker.js", 0, 0},
	{"outrider.js", "assets/outrider-*.js", 0, 0},
	{"scout-chat.js", "assets/scout-chat-*.js", 0, 0},
	{"nano", "assets/nano-[0-9a-f]*.gguf", 0, 0},
	{"nano-mmproj", "assets/nano-mmproj-*.gguf", 0, 0},
}

// size prints the sizes of the files that a browser loads, and fails if one is over its budget.
func size(args []string) error {
	flags("size").Parse(args)
	var over []string
	for _, b := range budgets {
		raw, gz, br, err := sizes(b.glob)
		if err != nil {
			return err
		}
		fmt.Printf("size: %-14s %10s raw %10s gzip %10s brotli\n", b.label, bytesText(raw), bytesText(gz), bytesText(br))
		over = append(over, b.check(raw, br)...)
	}
	if len(over) > 0 {
		return fmt.Errorf("over budget: %v", over)
	}
	return nil
}

// check returns a sentence for each limit that the sizes exceed.
func (b budget) check(raw, br int) (over []string) {
	if b.raw > 0 && raw > b.raw {
		over = append(over, fmt.Sprintf("%s is %s raw, allowed %s", b.label, bytesText(raw), bytesText(b.raw)))
	}
	if b.brotli > 0 && br > b.brotli {
		over = append(over, fmt.Sprintf("%s is %s brotli, allowed %s", b.label, bytesText(br), bytesText(b.brotli)))
	}
	return over
}

// sizes returns the size of the one file that matches glob, with the scripts that it imports at its start, and of its
// compressed forms. A file that is not compressed has the same size three times.
func sizes(glob string) (raw, gz, br int, err error) {
	names, err := filepath.Glob(filepath.Join(siteDir, glob))
	if err != nil {
		return 0, 0, 0, err
	}
	if len(names) != 1 {
		return 0, 0, 0, fmt.Errorf("%d files match %s in %s: run `make site` first", len(names), glob, siteDir)
	}
	sizeOf := func(name string) (n int) {
		info, e := os.Stat(name)
		if e != nil {
			err = e
			return 0
		}
		return int(info.Size())
	}
	for _, name := range withImports(names[0]) {
		raw += sizeOf(name)
		if compressible(name) {
			gz += sizeOf(name + ".gz")
			br += sizeOf(name + ".br")
		}
	}
	if !compressible(names[0]) {
		return raw, raw, raw, err
	}
	return raw, gz, br, err
}

// staticImport matches the import of another script of the assets at the start of a script.
var staticImport = regexp.MustCompile(`(?:from|import)"\./([\w-]+\.js)"`)

// withImports returns the name of a file and those of the scripts that it imports at its start.
func withImports(name string) []string {
	names := []string{name}
	code, _ := os.ReadFile(name) // sizeOf reports errors
	if filepath.Ext(name) != ".js" {
		return names
	}
	for _, match := range staticImport.FindAllSubmatch(code, -1) {
		names = append(names, filepath.Join(assetsDir, string(match[1])))
	}
	return names
}
