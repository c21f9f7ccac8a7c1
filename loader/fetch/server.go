package fetch

import (
	"context"
	"strings"
)

// Server is a folder on a server.
type Server struct {
	base  string // up to and including the last slash of the path
	query string // including its question mark, or empty; the addresses of all files of the folder have it

	mirrors []Server // other folders with the same files
}

// WithMirrors returns a folder of which other servers have the same files; the addresses are those of one of them.
func (s Server) WithMirrors(addresses []string) Server {
	for _, address := range addresses {
		mirror, _ := SplitURL(address)
		s.mirrors = append(s.mirrors, mirror)
	}
	return s
}

// SecondSource returns the first mirror; the folder itself if there is none.
func (s Server) SecondSource() Server {
	if len(s.mirrors) == 0 {
		return s
	}
	return s.mirrors[0]
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

// ID returns the address of a file without its secrets, which are not stored.
func (s Server) ID(name string) string { return s.base + name + withoutSecrets(s.query) }

// Address returns the address of a file.
func (s Server) Address(name string) string { return s.base + name + s.query }

// Remote returns true.
func (s Server) Remote() bool { return true }

// Open requests one byte of a file, which shows its size and whether the server supports ranges.
// Errors: those of Location.Open; address_needed for a stored address whose secrets are needed.
func (s Server) Open(ctx context.Context, name string) (Source, error) {
	var mirrors []string
	for _, mirror := range s.mirrors {
		mirrors = append(mirrors, mirror.Address(name))
	}
	src, err := openURL(ctx, s.Address(name), mirrors)
	if err != nil {
		return nil, addressNeeded(name, s.query, err)
	}
	return src, nil
}

// Text returns the text at an address; ok is false if there is none of at most maxBytes.
func (s Server) Text(ctx context.Context, url string, maxBytes int) (text string, ok bool, err error) {
	return fetchText(ctx, url, maxBytes)
}
