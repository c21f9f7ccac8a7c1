package main

import (
	"fmt"
	"os"
)

// site builds dist/site anew: the Go programs, Nano, the scripts, the page, the service worker, and the compressed form
// of every file that has one.
func site(args []string) error {
	f := flags("site")
	f.Parse(args)
	if err := os.RemoveAll(siteDir); err != nil {
		return err
	}
	if err := os.MkdirAll(assetsDir, 0o755); err != nil {
		return err
	}

	b := &bundle{write: writeAsset}
	if err := timed("wasm", b.buildWasm); err != nil {
		return err
	}
	if err := timed("nano", b.buildNano); err != nil {
		return err
	}
	if err := timed("scripts", b.buildScripts); err != nil {
		return err
	}
	if err := timed("embed", b.buildEmbeddable); err != nil {
		return err
	}
	if err := timed("page", b.writePage); err != nil {
		return err
	}
	if err := timed("headers", writeHeaders); err != nil {
		return err
	}
	if err := timed("offline", b.buildServiceWorker); err != nil {
		return err
	}
	return timed("compress", func() (string, error) {
		n, err := compressTree(siteDir)
		return fmt.Sprintf("%d files", n), err
	})
}
