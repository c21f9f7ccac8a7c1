package fetch

import "testing"

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

func TestSplitURLDropsTheFragment(t *testing.T) {
	location, name := SplitURL("https://a.b/m.gguf?x#top")
	if name != "m.gguf" || location.ID(name) != "https://a.b/m.gguf?x" {
		t.Errorf("%q %q", name, location.ID(name))
	}
}
