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
		result := api.Build(api.BuildOptions{
			EntryPoints: entries, Outbase: "web/src", Outdir: modulesDir,
			Format: api.FormatESModule, Target: api.ES2022, LogLevel: api.LogLevelWarning, Write: true,
		})
		if len(result.Errors) > 0 {
			return "", errors.New(result.Errors[0].Text)
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
