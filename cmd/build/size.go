package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// A budget is the most a file may weigh, in bytes; 0 means no limit.
type budget struct {
	label       string
	glob        string
	raw, brotli int
}

// The budgets of docs/architecture.md. The first paint needs the page's script and style; workers come
// later, the picture worker and its image.wasm with the first picture.
var budgets = []budget{
	{"main.wasm", "assets/main-*.wasm", 5_000_000, 1_300_000},
	{"image.wasm", "assets/image-*.wasm", 0, 0},
	{"first-paint JS", "assets/page-*.js", 0, 60_000},
	{"page CSS", "assets/page-*.css", 0, 0},
	{"engine worker", "assets/engine-*.js", 0, 0},
	{"picture worker", "assets/picture-*.js", 0, 0},
	{"storage worker", "assets/storage-*.js", 0, 0},
	{"service worker", "service-worker.js", 0, 0},
	{"outrider.js", "outrider.js", 0, 0},
	{"scout-chat.js", "scout-chat.js", 0, 0},
	{"nano", "assets/nano-[0-9a-f]*.gguf", 0, 0},
	{"nano-mmproj", "assets/nano-mmproj-*.gguf", 0, 0},
}

// size prints the sizes of what a browser loads and fails when a budget is broken.
func size(args []string) error {
	flags("size").Parse(args)
	var broken []string
	for _, b := range budgets {
		raw, gz, br, err := sizes(b.glob)
		if err != nil {
			return err
		}
		fmt.Printf("size: %-14s %10s raw %10s gzip %10s brotli\n", b.label, bytesText(raw), bytesText(gz), bytesText(br))
		broken = append(broken, b.check(raw, br)...)
	}
	if len(broken) > 0 {
		return fmt.Errorf("over budget: %v", broken)
	}
	return nil
}

func (b budget) check(raw, br int) (broken []string) {
	if b.raw > 0 && raw > b.raw {
		broken = append(broken, fmt.Sprintf("%s is %s raw, allowed %s", b.label, bytesText(raw), bytesText(b.raw)))
	}
	if b.brotli > 0 && br > b.brotli {
		broken = append(broken, fmt.Sprintf("%s is %s brotli, allowed %s", b.label, bytesText(br), bytesText(b.brotli)))
	}
	return broken
}

// sizes finds the one file that matches and weighs it and its compressed twins, if it gains from compression.
func sizes(glob string) (raw, gz, br int, err error) {
	names, err := filepath.Glob(filepath.Join(siteDir, glob))
	if err != nil {
		return 0, 0, 0, err
	}
	if len(names) != 1 {
		return 0, 0, 0, fmt.Errorf("%d files match %s in %s: run `make site` first", len(names), glob, siteDir)
	}
	weigh := func(name string) (n int) {
		info, e := os.Stat(name)
		if e != nil {
			err = e
			return 0
		}
		return int(info.Size())
	}
	if !compressible(names[0]) {
		raw = weigh(names[0])
		return raw, raw, raw, err
	}
	return weigh(names[0]), weigh(names[0] + ".gz"), weigh(names[0] + ".br"), err
}
