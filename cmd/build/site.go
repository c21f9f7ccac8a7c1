package main

import (
	"fmt"
	"os"
)

// site builds dist/site anew: the Go programs, Nano, the scripts, the page, the service worker, and the compressed form
// of every file that has one.
func site(args []string) error {
	f := flags("site")
	embedders := f.String("embedders", "", "`origins` of pages that may use the chat in a frame; * for all")
	f.Parse(args)
	if err := os.RemoveAll(siteDir); err != nil {
		return err
	}
	if err := os.MkdirAll(assetsDir, 0o755); err != nil {
		return err
	}

	b := &bundle{write: writeAsset, embedders: *embedders}
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
	if err := timed("pages", b.writePages); err != nil {
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
