package fetch

import (
	"context"
	"strings"
)

// Server is a folder on a server.
type Server struct {
	base  string // up to and including the last slash of the path
	query string // including its question mark, or empty; the addresses of all files of the folder have it
}

// SplitURL splits the address of a file into its folder and its name. It drops the fragment.
func SplitURL(url string) (Server, string) {
	if i := strings.IndexByte(url, '#'); i >= 0 {
		url = url[:i]
	}
	path, query := url, ""
	if i := strings.IndexByte(url, '?'); i >= 0 {
		path, query = url[:i], url[i:]
	}
	slash := strings.LastIndexByte(path, '/') + 1
	return Server{base: path[:slash], query: query}, path[slash:]
}

// ID returns the address of a file.
func (s Server) ID(name string) string { return s.base + name + s.query }

// Remote returns true.
func (s Server) Remote() bool { return true }

// Open requests one byte of a file, which shows its size and whether the server supports ranges.
func (s Server) Open(ctx context.Context, name string) (Source, error) {
	return openURL(ctx, s.ID(name))
}
