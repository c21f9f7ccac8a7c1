package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// writeAsset puts a file into the assets folder under a name that holds its hash, and gives its URL on the site.
// Such a name may be cached for ever.
func writeAsset(name, ext string, data []byte) (url string, err error) {
	file := fmt.Sprintf("%s-%s%s", name, shortHash(data), ext)
	return "/assets/" + file, os.WriteFile(filepath.Join(assetsDir, file), data, 0o644)
}

// shortHash is enough of a SHA-256 to tell versions of one file apart.
func shortHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:5])
}

// bytesText writes a size as people read it.
func bytesText(n int) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.2f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}
