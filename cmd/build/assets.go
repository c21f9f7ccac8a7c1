package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// A naming writes an asset and returns the name of its file.
type naming func(name, ext string, data []byte) (file string, err error)

// writeAsset writes a file into the site's assets under a name that contains its hash, so that browsers can cache it
// without limit.
func writeAsset(name, ext string, data []byte) (file string, err error) {
	file = fmt.Sprintf("%s-%s%s", name, shortHash(data), ext)
	return file, os.WriteFile(filepath.Join(assetsDir, file), data, 0o644)
}

// shortHash returns the first bytes of a SHA-256 in hex, enough to distinguish the versions of one file.
func shortHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:5])
}

// bytesText returns a size in bytes with a unit.
func bytesText(n int) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.2f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}
