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

// programs has the packages of the Go programs of the site, by the names under which scripts import them.
var programs = map[string]string{"main.wasm": "./wasm", "image.wasm": "./wasm/picture"}

// buildWasm compiles the Go programs to dist/site/assets/NAME-HASH.wasm, without symbols and paths of this machine, so
// that the same sources produce the same bytes.
func (b *bundle) buildWasm() (string, error) {
	b.programs = map[string]string{}
	var detail []string
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		code, err := compile(name, programs[name])
		if err != nil {
			return "", err
		}
		if b.programs[name], err = b.write(strings.TrimSuffix(name, ".wasm"), ".wasm", code); err != nil {
			return "", err
		}
		detail = append(detail, fmt.Sprintf("%s, %s", b.programs[name], bytesText(len(code))))
	}
	return strings.Join(detail, "; "), nil
}

// module is the prefix of the import paths of this module.
const module = "github.com/outrider-web/outrider/"

// cold has the packages whose code runs at most once a request, or when a GPU program is recorded. Compiled without
// inlining they are smaller and not noticeably slower. Other packages grow without inlining, as does most of the
// standard library except fmt.
var cold = []string{
	"fmt",
	module + "internal/chat",
	module + "internal/engine",
	module + "internal/errs",
	module + "internal/gpu",
	module + "internal/gpu/device",
	module + "internal/jsbridge",
	module + "internal/model",
	module + "internal/model/llama",
	module + "internal/model/llama4",
	module + "internal/openai",
	module + "internal/ops",
	module + "internal/preflight",
	module + "internal/session",
	module + "internal/wire",
	module + "loader",
	module + "loader/fetch",
	module + "loader/gguf",
	module + "loader/store",
	module + "wasm",
}

// oldCollector chooses the garbage collector of Go 1.25. The one of Go 1.26 is for many cores and large heaps; a
// program in a browser has one core and a few megabytes. A toolchain without the old collector refuses the setting by
// name.
const oldCollector = "GOEXPERIMENT=nogreenteagc"

// compile builds one program in the cache folder and returns its bytes.
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
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", oldCollector)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// wasmExec returns the path of wasm_exec.js in the Go toolchain. It must be of the version that compiled the programs,
// so it is not part of the repository.
func wasmExec() (string, error) {
	root, err := goRoot()
	return filepath.Join(root, "lib", "wasm", "wasm_exec.js"), err
}

// goRoot returns the folder of the Go toolchain.
func goRoot() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(root)), nil
}
