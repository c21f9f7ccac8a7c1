package hub

import "testing"

func TestParsePartReversesPartName(t *testing.T) {
	const name = "IQ4/Scout-00002-of-00003.gguf"
	prefix, no, count, ok := ParsePart(name)
	if prefix != "IQ4/Scout" || no != 1 || count != 3 || !ok || PartName(prefix, no, count) != name {
		t.Errorf("%q %d %d %v", prefix, no, count, ok)
	}
}

func TestParsePartRefusesOtherNames(t *testing.T) {
	for _, name := range []string{
		"", "model.gguf", "-00001-of-00002.gguf", "m-00000-of-00002.gguf", "m-00003-of-00002.gguf", "m-00001-of-00002.bin",
		"m-0001-of-00002.gguf", "m_00001-of-00002.gguf", "m-+0001-of-00002.gguf", "m-00001-xx-00002.gguf",
		"m-00001-of-01001.gguf", "m-00001-of-99999.gguf",
	} {
		if prefix, no, count, ok := ParsePart(name); ok {
			t.Errorf("%q is accepted as part %d of %d of %q", name, no, count, prefix)
		}
	}
}

func TestFileURLConvertsTheAddressOfAPage(t *testing.T) {
	for url, want := range map[string]string{
		"https://huggingface.co/org/repo/blob/main/sub/m.gguf": "https://huggingface.co/org/repo/resolve/main/sub/m.gguf",
		"https://huggingface.co/org/repo/resolve/main/m.gguf":  "https://huggingface.co/org/repo/resolve/main/m.gguf",
		"https://huggingface.co/org/repo":                      "https://huggingface.co/org/repo",
		"https://example.org/org/repo/blob/main/m.gguf":        "https://example.org/org/repo/blob/main/m.gguf",
		"/models/m.gguf": "/models/m.gguf",
	} {
		if got := FileURL(url); got != want {
			t.Errorf("FileURL(%s) = %s, want %s", url, got, want)
		}
	}
}
