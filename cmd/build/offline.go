package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A siteFile is a file that the service worker stores, as web/src/sw/versions.ts expects it. Integrity is a hash of the
// file, empty if its name contains one.
type siteFile struct {
	Path      string `json:"path"`
	Integrity string `json:"integrity,omitempty"`
}

// A siteVersion has the files that the service worker stores when it is installed, and those that it stores later.
type siteVersion struct {
	Version string     `json:"version"`
	Files   []siteFile `json:"files"`
	Later   []siteFile `json:"later"`
}

// buildServiceWorker bundles the service worker with the list of files that it stores. It must run after all other
// files are built.
func (b *bundle) buildServiceWorker() (string, error) {
	version, err := listFiles(siteDir)
	if err != nil {
		return "", err
	}
	list, err := json.Marshal(version)
	if err != nil {
		return "", err
	}
	code, err := b.bundleFile("web/src/sw/service-worker.ts", "SITE", string(list))
	if err != nil {
		return "", err
	}
	// Its URL must not change: browsers look for a new version at the URL of the old one.
	err = os.WriteFile(filepath.Join(siteDir, "service-worker.js"), code, 0o644)
	return fmt.Sprintf("%d files stored for offline use, %d later", len(version.Files), len(version.Later)), err
}

// listFiles lists the files of a site that its page needs offline.
func listFiles(dir string) (site siteVersion, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if !storedOffline(name) {
			return nil
		}
		file, err := describe(path, name)
		if matchesAny(name, storedLater) {
			site.Later = append(site.Later, file)
		} else {
			site.Files = append(site.Files, file)
		}
		return err
	})
	list, _ := json.Marshal(site)
	site.Version = shortHash(list)
	return site, err
}

// notStored has the files that the page does not need offline: models, which the engine stores; the scripts for other
// pages; what stores show of the page; and files for servers.
var notStored = []string{
	"*.gguf", "models/*", "assets/scout-chat-*.js", "assets/outrider-*.js", "assets/embed-*.js", "embed.html",
	"assets/frame-*.js", "screenshots/*", "_headers",
}

// storedLater has the files that are needed for pictures only.
var storedLater = []string{"assets/picture-*.js", "assets/image-*.wasm"}

// storedOffline reports whether the service worker stores a file.
func storedOffline(name string) bool {
	_, embed := embeddable[name]
	return !embed && !matchesAny(name, notStored)
}

// matchesAny reports whether one of the patterns matches a path, or its last element.
func matchesAny(name string, patterns []string) bool {
	for _, pattern := range patterns {
		whole, _ := filepath.Match(pattern, name)
		last, _ := filepath.Match(pattern, filepath.Base(name))
		if whole || last {
			return true
		}
	}
	return false
}

// describe returns the entry of a file. The page is listed under the address of the site, because some servers redirect
// from index.html to it.
func describe(path, name string) (siteFile, error) {
	if strings.HasPrefix(name, "assets/") {
		return siteFile{Path: name}, nil
	}
	if name == "index.html" {
		name = ""
	}
	data, err := os.ReadFile(path)
	hash := sha256.Sum256(data)
	return siteFile{name, "sha256-" + base64.StdEncoding.EncodeToString(hash[:])}, err
}
