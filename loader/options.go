package loader

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/manifest"
)

// Options say how the files of a model are fetched and checked.
type Options struct {
	Report    func(Progress)    // of the headers; may be nil
	Integrity []string          // published SHA-256 of each file, in lower-case hex; empty if it is not known
	Gate      *Gate             // pauses downloads; may be nil
	OnWaiting func(cause error) // a read begins to wait for the network; nil when none waits any more; may be nil

	// Patient says that a fetch waits while the server cannot be reached, until its context ends. Otherwise it fails.
	Patient bool
}

// ParseIntegrity reads hashes separated by spaces, one for each file of a model: each is sha256- and base64, as in an
// attribute of HTML, or 64 hex digits. Errors: invalid_request.
func ParseIntegrity(text string) (hashes []string, err error) {
	for _, field := range strings.Fields(text) {
		hash := strings.ToLower(field)
		if encoded, ok := strings.CutPrefix(field, "sha256-"); ok {
			b, _ := base64.StdEncoding.DecodeString(encoded)
			hash = hex.EncodeToString(b)
		}
		if !manifest.IsSHA256(hash) {
			return nil, errs.New(errs.InvalidRequest,
				"integrity: "+field+" is no SHA-256; give sha256- and base64, or 64 hex digits")
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// integrityOf returns the hash that the options have for a file of the model; "" if they have none.
func (o Options) integrityOf(part int) string {
	if part < len(o.Integrity) {
		return o.Integrity[part]
	}
	return ""
}
