package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// swiftShader is the software Vulkan that comes with Debian's Chromium. Dawn refuses Debian 12's own, lavapipe.
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json"

// wasmtest is `go test` for GOOS=js, with the arguments of go test. The tests run under Node with Dawn, the WebGPU of
// Chromium, on SwiftShader or on the Vulkan driver that VK_ICD_FILENAMES names.
func wasmtest(args []string) error {
	runner, err := bundleRunner()
	if err != nil {
		return err
	}
	launch, err := nodeCommand(runner)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", append([]string{"test", "-exec", launch}, args...)...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// nodeCommand returns the command that starts Node. The environment is nearly empty, because wasm_exec.js copies it
// into a few kilobytes of memory.
func nodeCommand(runner string) (string, error) {
	driver := os.Getenv("VK_ICD_FILENAMES")
	if driver == "" {
		driver = swiftShader
	}
	if _, err := os.Stat(driver); err != nil {
		return "", fmt.Errorf("no Vulkan driver for Dawn: %w; run make setup", err)
	}
	env := fmt.Sprintf("env -i PATH=%s HOME=%s VK_ICD_FILENAMES=%s", os.Getenv("PATH"), os.Getenv("HOME"), driver)
	return env + " node " + runner, nil
}

// bundleRunner bundles the runner of tests and returns the bundle's path. The package webgpu is not bundled, because it
// loads a library from its own folder.
func bundleRunner() (string, error) {
	out, err := filepath.Abs(filepath.Join(cacheDir, "go-test.mjs"))
	if err != nil {
		return "", err
	}
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{"web/test/go-test.mjs"}, Outfile: out, Bundle: true, Write: true,
		Platform: api.PlatformNode, Format: api.FormatESModule, Target: api.ES2022,
		External: []string{"webgpu"}, Plugins: []api.Plugin{new(bundle).goFiles()}, LogLevel: api.LogLevelWarning,
	})
	if len(result.Errors) > 0 {
		return "", errors.New(result.Errors[0].Text)
	}
	return out, nil
}
