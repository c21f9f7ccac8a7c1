package fetch

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
)

func TestLocationOfReversesID(t *testing.T) {
	for _, c := range []struct{ id, name, sibling string }{
		{"https://a.b/c/m.gguf", "m.gguf", "https://a.b/c/n.gguf"},
		{"https://a.b/m.gguf?download=true&x=/y", "m.gguf", "https://a.b/n.gguf?download=true&x=/y"},
		{"/models/m.gguf", "m.gguf", "/models/n.gguf"},
		{"m.gguf", "m.gguf", "n.gguf"},
		{"local:m.gguf", "m.gguf", "local:n.gguf"},
		{"local:odd/na?me.gguf", "odd/na?me.gguf", "local:n.gguf"},
	} {
		location, name := LocationOf(c.id)
		if name != c.name || location.ID(name) != c.id || location.ID("n.gguf") != c.sibling {
			t.Errorf("%s: name %q, id %q, sibling %q", c.id, name, location.ID(name), location.ID("n.gguf"))
		}
	}
}

func TestAnIDHasNoSecrets(t *testing.T) {
	for _, c := range []struct{ address, id string }{
		{"https://a.b/m.gguf?token=abc", "https://a.b/m.gguf?token="},
		{"https://a.b/m.gguf?file=2&Access_Token=abc=d&v=1", "https://a.b/m.gguf?file=2&Access_Token=&v=1"},
		{"https://a.b/m.gguf?X-Amz-Date=1&X-Amz-Signature=f0", "https://a.b/m.gguf?X-Amz-Date=&X-Amz-Signature="},
		{"https://a.b/m.gguf?Expires=1&Signature=x&Key-Pair-Id=K", "https://a.b/m.gguf?Expires=&Signature=&Key-Pair-Id="},
		{"https://a.b/m.gguf?sv=2024&se=2026&sig=x%3D", "https://a.b/m.gguf?sv=2024&se=&sig="},
		{"https://a.b/m.gguf?download=true&monkey=1", "https://a.b/m.gguf?download=true&monkey=1"},
	} {
		location, name := SplitURL(c.address)
		if location.ID(name) != c.id || location.Address(name) != c.address {
			t.Errorf("%s: id %s, address %s", c.address, location.ID(name), location.Address(name))
		}
		if lacksSecrets(location.query) || lacksSecrets(withoutSecrets(location.query)) != (c.id != c.address) {
			t.Errorf("%s: it is not noticed which secrets are missing", c.address)
		}
	}
}

func TestAStoredAddressAsksForItsSecretsOnlyWhenTheServerDoes(t *testing.T) {
	open := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !open && r.URL.Query().Get("token") != "abc" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("GGUF and more"))
	}))
	defer server.Close()
	address := server.URL + "/m.gguf?token=abc"
	whole, name := SplitURL(address)
	stored, _ := LocationOf(whole.ID(name))
	if _, err := whole.Open(t.Context(), name); err != nil {
		t.Error(err)
	}
	if _, err := stored.Open(t.Context(), name); errs.Of(err).Code != errs.AddressNeeded {
		t.Errorf("without its token: %v", err)
	}
	wrong, _ := SplitURL(server.URL + "/m.gguf?token=old")
	if _, err := wrong.Open(t.Context(), name); errs.Of(err).Code != errs.HTTPStatus {
		t.Errorf("with another token: %v", err)
	}
	open = true
	if _, err := stored.Open(t.Context(), name); err != nil {
		t.Error(err)
	}
}

func TestSplitURLDropsTheFragment(t *testing.T) {
	location, name := SplitURL("https://a.b/m.gguf?x#top")
	if name != "m.gguf" || location.ID(name) != "https://a.b/m.gguf?x" {
		t.Errorf("%q %q", name, location.ID(name))
	}
}
