package tokenizer

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// bytesTokenizer has a token for each byte, so that a test can split text anywhere.
func bytesTokenizer(t testing.TB) *Tokenizer {
	ranks := make([]string, 256)
	for b := range ranks {
		ranks[b] = string([]byte{byte(b)})
	}
	tok, err := New(Llama4Vocab(ranks))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// lossy returns text with one U+FFFD for each maximal subpart of an incomplete rune, as section 3.9 of the Unicode
// Standard defines it. It finds them in another way than the code under test: by comparison with the encodings of all
// runes.
func lossy(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		if r, n := utf8.DecodeRuneInString(text); r != utf8.RuneError || n > 1 {
			out.WriteString(text[:n])
			text = text[n:]
			continue
		}
		n := 1
		for n < len(text) && beginsARune(text[:n+1]) {
			n++
		}
		out.WriteRune(utf8.RuneError)
		text = text[n:]
	}
	return out.String()
}

// beginsARune reports whether s is a prefix of a rune's encoding, by binary search: valid UTF-8 is sorted as runes are.
func beginsARune(s string) bool {
	low, high := rune(0), rune(utf8.MaxRune)
	for low < high {
		middle := (low + high) / 2
		if string(valid(middle)) < s {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return strings.HasPrefix(string(valid(low)), s)
}

// valid returns r, or the first rune after the surrogates for a surrogate, which has no encoding.
func valid(r rune) rune {
	if 0xD800 <= r && r < 0xE000 {
		return 0xE000
	}
	return r
}

func FuzzStreamReturnsWholeRunes(f *testing.F) {
	for _, text := range []string{"plain", "€uro 👩‍👩", "\xe2\x82", "\xe2\x82a", "\xf0\x9f\x91\xa9\xf0\x9f", "\xff\xfe",
		"\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "\xe2\xe2\x82\xac", "\ufffd"} {
		f.Add([]byte(text))
	}
	tok := bytesTokenizer(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		stream := tok.NewStream()
		var shown, pushed bytes.Buffer
		for _, b := range text {
			pushed.WriteByte(b)
			part := stream.Push(int32(b))
			if !utf8.ValidString(part) {
				t.Fatalf("%q shows %q", text, part)
			}
			shown.WriteString(part)
			if behind := len(lossy(pushed.String())) - shown.Len(); behind > utf8.UTFMax {
				t.Fatalf("%q: %d bytes behind", pushed.Bytes(), behind)
			}
		}
		shown.WriteString(stream.Flush())
		if want := lossy(string(text)); shown.String() != want {
			t.Errorf("%q shows %q, want %q", text, shown.String(), want)
		}
	})
}

func TestStreamEndsARuneAtASpecialToken(t *testing.T) {
	tok := bytesTokenizer(t)
	eot, _ := tok.Special("<|eot|>")
	stream := tok.NewStream()
	var shown []string
	for _, id := range []int32{'a', 0xE2, 0x82, eot, 0xAC, 'b'} {
		shown = append(shown, stream.Push(id))
	}
	if got, want := strings.Join(shown, "|"), "a|||\ufffd|\ufffd|b"; got != want {
		t.Errorf("shown %q, want %q", got, want)
	}
}

func TestStreamReturnsARuneWhenItIsComplete(t *testing.T) {
	tok := bytesTokenizer(t)
	stream := tok.NewStream()
	for i, b := range []byte("€") {
		want := ""
		if i == 2 {
			want = "€"
		}
		if got := stream.Push(int32(b)); got != want {
			t.Errorf("after byte %d: %q, want %q", i, got, want)
		}
	}
	if rest := stream.Flush(); rest != "" {
		t.Errorf("Flush returned %q", rest)
	}
}
