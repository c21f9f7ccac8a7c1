package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/outrider-web/outrider/loader/manifest"
)

// writeManifests writes the manifest of every file named in args, and of every GGUF file in the folders named there.
func writeManifests(args []string) error {
	flags := flag.NewFlagSet("pack manifest", flag.ExitOnError)
	flags.Usage = func() { fmt.Fprintln(flags.Output(), "usage: pack manifest FILE|FOLDER...") }
	flags.Parse(args)
	if flags.NArg() == 0 {
		return errors.New("which files? Give model files, or folders that contain them")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	files, err := modelFiles(flags.Args())
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := writeManifest(ctx, file, os.Stderr); err != nil {
			return err
		}
	}
	return nil
}

// modelFiles returns the files among paths, and the GGUF files in the folders among them.
func modelFiles(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() && strings.HasSuffix(path, ".gguf") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no GGUF file in %s", strings.Join(paths, ", "))
	}
	return files, nil
}

// writeManifest writes the manifest beside a file. It is complete or not there: when ctx ends, an older one stays. The
// progress is written to log.
func writeManifest(ctx context.Context, path string, log io.Writer) error {
	m, err := readManifest(ctx, path, log)
	fmt.Fprintln(log)
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped; nothing was written for " + path)
	}
	if err != nil {
		return err
	}
	return writeWhole(path+manifest.Suffix, m.JSON())
}

// readManifest hashes a file.
func readManifest(ctx context.Context, path string, log io.Writer) (manifest.Manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return manifest.Manifest{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return manifest.Manifest{}, err
	}
	return manifest.Read(ctx, filepath.Base(path), f, func(read int64) {
		fmt.Fprintf(log, "\r%s: %.0f of %.0f MB", path, float64(read)/1e6, float64(info.Size())/1e6)
	})
}

// writeWhole writes a file under another name first, so that path never has a part of it.
func writeWhole(path, text string) error {
	partial := path + ".partial"
	err := os.WriteFile(partial, []byte(text), 0o644)
	if err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		os.Remove(partial)
	}
	return err
}
