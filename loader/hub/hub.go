// Package hub knows how model files are named: their addresses on Hugging Face, and the parts of a split model. The
// list of models on offer is in the page (web/src/element/catalogue.ts).
package hub

import (
	"fmt"
	"strconv"
	"strings"
)

const host = "https://huggingface.co/"

// FileURL returns the address of the file that a page on Hugging Face describes. It returns other addresses unchanged.
func FileURL(url string) string {
	path, ok := strings.CutPrefix(url, host)
	if !ok {
		return url
	}
	parts := strings.SplitN(path, "/", 4) // org, name, "blob", revision/path
	if len(parts) < 4 || parts[2] != "blob" {
		return url
	}
	parts[2] = "resolve"
	return host + strings.Join(parts, "/")
}

// PartName returns the name of part no of count; no counts from 0.
func PartName(prefix string, no, count int) string {
	return fmt.Sprintf("%s-%05d-of-%05d.gguf", prefix, no+1, count)
}

// MaxParts is the largest number of files a model may be split into. A name that says more is that of one file.
const MaxParts = 1000

// ParsePart returns the arguments from which PartName made name; ok is false if PartName cannot have made it for at
// most MaxParts parts.
func ParsePart(name string) (prefix string, no, count int, ok bool) {
	const tail = len("-00001-of-00002.gguf")
	if len(name) <= tail {
		return "", 0, 0, false
	}
	prefix = name[:len(name)-tail]
	n, err := strconv.Atoi(name[len(prefix)+1 : len(prefix)+6])
	m, err2 := strconv.Atoi(name[len(prefix)+10 : len(prefix)+15])
	if err != nil || err2 != nil || n < 1 || n > m || m > MaxParts || PartName(prefix, n-1, m) != name {
		return "", 0, 0, false
	}
	return prefix, n - 1, m, true
}
