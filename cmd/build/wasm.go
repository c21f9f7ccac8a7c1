package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildWasm compiles the Go program to dist/site/assets/main-HASH.wasm, stripped and without anything of this
// machine in it, so that the same sources give the same bytes.
func (b *bundle) buildWasm() (string, error) {
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return "", err
	}
	out := filepath.Join(cacheDir, "main.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w -buildid=", "-o", out, "./wasm")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", err
	}
	code, err := os.ReadFile(out)
	if err != nil {
		return "", err
	}
	b.wasmURL, err = writeAsset("main", ".wasm", code)
	return fmt.Sprintf("%s, %s", b.wasmURL, bytesText(len(code))), err
}

// wasmExec is the glue of the Go toolchain in use; the two must match, so it is never committed.
func wasmExec() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"), nil
}
