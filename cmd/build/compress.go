package main

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// compressible reports whether a file becomes smaller by compression, which images do not.
func compressible(name string) bool {
	switch filepath.Ext(name) {
	case ".html", ".js", ".css", ".wasm", ".json", ".svg", ".webmanifest":
		return true
	}
	return false
}

// compressTree writes NAME.br and NAME.gz beside every compressible file and returns the number of these files.
func compressTree(dir string) (int, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && compressible(path) {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for i, name := range names {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = compressFile(name)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return len(names), nil
}

func compressFile(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	small, err := cachedBrotli(data)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".br", small, 0o644); err != nil {
		return err
	}
	return os.WriteFile(name+".gz", gzipBytes(data), 0o644)
}

// cachedBrotli compresses at the highest level, which takes seconds for a wasm file, and caches the result by the hash
// of data.
func cachedBrotli(data []byte) ([]byte, error) {
	file := filepath.Join(cacheDir, shortHash(data)+".br")
	if small, err := os.ReadFile(file); err == nil {
		return small, nil
	}
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return nil, err
	}
	return out.Bytes(), os.WriteFile(file, out.Bytes(), 0o644)
}

func gzipBytes(data []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	w.Write(data) // a bytes.Buffer returns no errors
	w.Close()
	return out.Bytes()
}

// isCompressed reports whether a file is the compressed form of another.
func isCompressed(name string) bool {
	return strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz")
}
