package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A precacheEntry is a file that the service worker stores, in the form of workbox-precaching. Revision is a hash of
// the file, nil if the URL contains one.
type precacheEntry struct {
	URL      string  `json:"url"`
	Revision *string `json:"revision"`
}

// buildServiceWorker bundles the service worker with the list of files that it stores. It must run after all other
// files are built.
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
	// Its URL must not change: browsers look for a new version at the URL of the old one.
	err = os.WriteFile(filepath.Join(siteDir, "service-worker.js"), code, 0o644)
	return fmt.Sprintf("%d files stored for offline use", len(entries)), err
}

// precacheList lists the files of a site, without those under models/, which the server generates, and without the
// scripts for other pages.
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
