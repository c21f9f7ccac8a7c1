package fetch

import (
	"slices"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
)

// The names of parameters that let their owner read a file, or belong to a signature that does; web/src/stored-id.ts
// has the same lists.
var (
	secretNames = []string{
		"token", "sig", "policy", "expires", "key", "key-pair-id", "auth", "authorization", "apikey", "api_key", "jwt", "pwd",
		"pass", "session", "sessionid", "se", "st", "ske", "skt",
	}
	secretPrefixes = []string{"x-amz-", "x-goog-", "x-oss-", "x-cos-"}
	secretWords    = []string{"token", "secret", "signature", "password", "credential"}
)

func isSecret(name string) bool {
	name = strings.ToLower(name)
	within := func(word string) bool { return strings.Contains(name, word) }
	begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	return slices.Contains(secretNames, name) || slices.ContainsFunc(secretPrefixes, begins) ||
		slices.ContainsFunc(secretWords, within)
}

// withoutSecrets returns a query, which is empty or begins with a question mark, with empty values in place of its
// secrets.
func withoutSecrets(query string) string {
	if query == "" {
		return ""
	}
	parameters := strings.Split(query[1:], "&")
	for i, parameter := range parameters {
		if name, _, _ := strings.Cut(parameter, "="); isSecret(name) {
			parameters[i] = name + "="
		}
	}
	return "?" + strings.Join(parameters, "&")
}

// lacksSecrets reports whether a query is one that withoutSecrets returned for a query with secrets.
func lacksSecrets(query string) bool {
	for _, parameter := range strings.Split(strings.TrimPrefix(query, "?"), "&") {
		if name, value, ok := strings.Cut(parameter, "="); ok && value == "" && isSecret(name) {
			return true
		}
	}
	return false
}

// addressNeeded returns the error of a server that refused an address without its secrets; err if that is not why.
func addressNeeded(name, query string, err error) error {
	if !lacksSecrets(query) {
		return err
	}
	switch errs.Of(err).Code {
	case errs.HTTPStatus, errs.NoCORS, errs.NotFound, errs.NoRanges:
		return errs.Wrap(errs.AddressNeeded, name+" has an address with a secret part, which is not kept; "+
			"enter the whole address again to continue, what has arrived is kept", err)
	}
	return err
}
