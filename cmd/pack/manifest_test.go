package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/loader/manifest"
)

// modelFolder returns a folder with two GGUF files, one of them in a folder of its own, and another file.
func modelFolder(t *testing.T) (folder string, models []string) {
	folder = t.TempDir()
	models = []string{filepath.Join(folder, "a.gguf"), filepath.Join(folder, "sub", "b.gguf")}
	os.Mkdir(filepath.Join(folder, "sub"), 0o755)
	for _, path := range append(models, filepath.Join(folder, "notes.txt")) {
		if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder, models
}

func TestManifestIsWrittenBesideEveryModel(t *testing.T) {
	folder, models := modelFolder(t)
	if err := writeManifests([]string{folder}); err != nil {
		t.Fatal(err)
	}
	for _, path := range models {
		text, err := os.ReadFile(path + manifest.Suffix)
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Parse(string(text))
		sum, _ := hashFile(path)
		if err != nil || m.Name != filepath.Base(path) || m.Size != int64(len(path)) || m.SHA256 != sum {
			t.Errorf("%s: %+v, %v", path, m, err)
		}
	}
	left, _ := filepath.Glob(filepath.Join(folder, "*"))
	if len(left) != 4 { // a.gguf, its manifest, notes.txt, sub
		t.Errorf("the folder has %v", left)
	}
}

func TestModelFilesAreThoseNamedAndThoseInFolders(t *testing.T) {
	folder, models := modelFolder(t)
	notes := filepath.Join(folder, "notes.txt")
	got, err := modelFiles([]string{notes, folder})
	if err != nil || !slices.Equal(got, append([]string{notes}, models...)) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := modelFiles([]string{t.TempDir()}); err == nil {
		t.Error("an empty folder is accepted")
	}
	if _, err := modelFiles([]string{filepath.Join(folder, "none.gguf")}); err == nil {
		t.Error("a missing file is accepted")
	}
}

func TestAStoppedManifestLeavesTheOlderOne(t *testing.T) {
	_, models := modelFolder(t)
	path := models[0] + manifest.Suffix
	if err := os.WriteFile(path, []byte("older"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := writeManifest(ctx, models[0], io.Discard); err == nil {
		t.Error("no error")
	}
	text, _ := os.ReadFile(path)
	if partial, _ := filepath.Glob(path + ".*"); string(text) != "older" || len(partial) != 0 {
		t.Errorf("%q, %v", text, partial)
	}
}
