package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// programs are the Go programs of the site, by the names under which scripts import them.
var programs = map[string]string{"main.wasm": "./wasm", "image.wasm": "./wasm/picture"}

// buildWasm compiles the Go programs to dist/site/assets/NAME-HASH.wasm, stripped and without anything of this machine in
// them, so that the same sources give the same bytes.
func (b *bundle) buildWasm() (string, error) {
	b.wasmURLs = map[string]string{}
	var detail []string
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		code, err := compile(name, programs[name])
		if err != nil {
			return "", err
		}
		if b.wasmURLs[name], err = writeAsset(strings.TrimSuffix(name, ".wasm"), ".wasm", code); err != nil {
			return "", err
		}
		detail = append(detail, fmt.Sprintf("%s, %s", b.wasmURLs[name], bytesText(len(code))))
	}
	return strings.Join(detail, "; "), nil
}

const module = "github.com/outrider-web/outrider/"

// cold packages run once a request or less, or when a program is recorded: without inlining they are smaller, and nobody
// could tell the time. Others grow without it, as do most of the standard library; fmt does not.
var cold = []string{"fmt", module + "wasm", module + "internal/session", module + "internal/wire",
	module + "internal/openai", module + "internal/chat", module + "internal/engine",
	module + "internal/errs", module + "internal/jsbridge", module + "internal/gpu", module + "internal/gpu/device",
	module + "internal/model", module + "internal/model/llama",
	module + "internal/model/llama4", module + "internal/ops", module + "loader", module + "loader/gguf",
	module + "loader/fetch", module + "loader/store", module + "internal/preflight"}

// plainCollector leaves out the garbage collector of Go 1.26 for many cores and large heaps, in favour of the one before: a
// browser's program has one core and a few megabytes. A toolchain that no longer offers it refuses the setting by name.
const plainCollector = "GOEXPERIMENT=nogreenteagc"

// compile builds one program by way of the cache folder.
func compile(name, folder string) ([]byte, error) {
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return nil, err
	}
	overlay, err := minifyShaders()
	if err != nil {
		return nil, err
	}
	out := filepath.Join(cacheDir, name)
	args := []string{"build", "-trimpath", "-ldflags=-s -w -buildid=", "-overlay", overlay}
	for _, pkg := range cold {
		args = append(args, "-gcflags="+pkg+"=-l")
	}
	cmd := exec.Command("go", append(args, "-o", out, folder)...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", plainCollector)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	code, err := os.ReadFile(out)
	if err != nil || name != "main.wasm" {
		return code, err // only what every visitor loads is worth the time
	}
	return optimised(code)
}

// wasmExec is the glue of the Go toolchain in use; the two must match, so it is never committed.
func wasmExec() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"), nil
}
