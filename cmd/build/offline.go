package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A precacheEntry is a file the service worker keeps, as workbox-precaching reads it. A hashed name needs no revision.
type precacheEntry struct {
	URL      string  `json:"url"`
	Revision *string `json:"revision"`
}

// buildServiceWorker bundles the service worker with the list of every file of the site. It must run last.
func (b *bundle) buildServiceWorker() (string, error) {
	entries, err := precacheList(siteDir)
	if err != nil {
		return "", err
	}
	list, err := json.Marshal(entries)
	if err != nil {
		return "", err
	}
	code, err := b.bundleFile("web/src/sw/service-worker.ts", "PRECACHE", string(list))
	if err != nil {
		return "", err
	}
	// Its URL must never change, or browsers would keep the old one for ever.
	err = os.WriteFile(filepath.Join(siteDir, "service-worker.js"), code, 0o644)
	return fmt.Sprintf("%d files kept for offline use", len(entries)), err
}

// precacheList names the files of a site except those under models/, which the server makes up, and the scripts for other
// pages.
func precacheList(dir string) ([]precacheEntry, error) {
	var entries []precacheEntry
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		url := "/" + filepath.ToSlash(rel)
		if _, ok := embeddable[rel]; ok || strings.HasPrefix(url, "/models/") {
			return nil
		}
		entry := precacheEntry{URL: url}
		if !strings.HasPrefix(url, "/assets/") {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			hash := shortHash(data)
			entry.Revision = &hash
		}
		entries = append(entries, entry)
		return nil
	})
	return entries, err
}
