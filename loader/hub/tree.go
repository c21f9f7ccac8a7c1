package hub

import (
	"strings"

	"github.com/outrider-web/outrider/internal/json"
	"github.com/outrider-web/outrider/loader/manifest"
)

// MaxTreeBytes is the largest answer of a hub that is read: a page of its tree API lists at most 1,000 files.
const MaxTreeBytes = 1 << 20

// TreeURL returns the address of Hugging Face's list of the folder that contains a file, and the file's path in its
// repository; ok is false for the address of a file that is not on Hugging Face.
func TreeURL(file string) (tree, path string, ok bool) {
	address, ok := strings.CutPrefix(file, host)
	if !ok {
		return "", "", false
	}
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		address = address[:i]
	}
	parts := strings.SplitN(address, "/", 5) // org, name, "resolve", revision, path
	if len(parts) < 5 || parts[2] != "resolve" {
		return "", "", false
	}
	path = parts[4]
	folder := ""
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		folder = "/" + path[:i]
	}
	return host + "api/models/" + parts[0] + "/" + parts[1] + "/tree/" + parts[3] + folder, path, true
}

// FileHash returns the size and the SHA-256, in lower-case hex, of a file in an answer of Hugging Face's tree API; ok
// is false if the answer does not have them. The hash of a file that is kept with Git LFS, as models are, is the
// SHA-256 of its bytes: the member oid of the object lfs.
func FileHash(answer, path string) (size int64, sha256 string, ok bool) {
	v, err := json.Parse(answer)
	list, isList := v.([]any)
	if err != nil || !isList {
		return 0, "", false
	}
	for _, item := range list {
		entry, _ := item.(json.Object)
		if entry.Text("path") != path || entry.Text("type") != "file" {
			continue
		}
		lfs, _ := entry["lfs"].(json.Object)
		size, sha256 = lfs.Number("size"), lfs.Text("oid")
		return size, sha256, size >= 0 && manifest.IsSHA256(sha256)
	}
	return 0, "", false
}
