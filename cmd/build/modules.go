package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// bundled are the modules that are also written to dist/modules/bundled, each as one file with all that it imports.
// Tests that start many workers load them faster.
var bundled = []string{"web/src/worker/storage.worker.ts", "web/src/worker/storage-client.ts"}

// modules writes every TypeScript file under web/src to dist/modules as JavaScript, one file for one, so that unit
// tests can import them in Node.
func modules(args []string) error {
	flags("modules").Parse(args)
	return timed("modules", func() (string, error) {
		entries, err := sources("web/src")
		if err != nil {
			return "", err
		}
		if err := os.RemoveAll(modulesDir); err != nil {
			return "", err
		}
		options := api.BuildOptions{
			EntryPoints: entries, Outbase: "web/src", Outdir: modulesDir,
			Format: api.FormatESModule, Target: api.ES2022, LogLevel: api.LogLevelWarning, Write: true,
		}
		failures := api.Build(options).Errors
		options.EntryPoints, options.Outdir, options.Bundle = bundled, filepath.Join(modulesDir, "bundled"), true
		failures = append(failures, api.Build(options).Errors...)
		if len(failures) > 0 {
			return "", errors.New(failures[0].Text)
		}
		return fmt.Sprintf("%d files", len(entries)), nil
	})
}

// sources lists the TypeScript files under a folder, without declarations.
func sources(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".ts") && !strings.HasSuffix(path, ".d.ts") {
			names = append(names, path)
		}
		return err
	})
	return names, err
}
