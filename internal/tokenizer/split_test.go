package tokenizer

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dlclark/regexp2"
)

// published has each pre-tokenizer as its model's authors wrote it: expressions applied one after the other, each to
// the pieces of the one before. regexp2 folds case without U+017F, which the engines that the models were trained with
// treat as an s, so it is written out. SmolLM's pre-tokenizer "Digits" is \p{N} alone.
var published = map[string][]*regexp2.Regexp{
	"llama4": compile(`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` +
		`(?i:'[sſ]|'t|'re|'ve|'m|'ll|'d)?` +
		`|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'[sſ]|'t|'re|'ve|'m|'ll|'d)?` +
		`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`),
	"llama-bpe": compile(`(?i:'[sſ]|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}` +
		`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`),
	"smollm": compile(`\p{N}`, `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`),
}

func compile(patterns ...string) (all []*regexp2.Regexp) {
	for _, p := range patterns {
		all = append(all, regexp2.MustCompile(p, regexp2.None))
	}
	return all
}

// cut splits text by the expressions. Text between matches is a piece too.
func cut(t *testing.T, text string, patterns []*regexp2.Regexp) []string {
	if len(patterns) == 0 || text == "" {
		return []string{text}
	}
	// regexp2 counts runes, where an invalid byte is one rune. starts maps those indices to bytes.
	var starts []int
	for at := range text {
		starts = append(starts, at)
	}
	starts = append(starts, len(text))

	var pieces []string
	end := 0
	between := func(start int) {
		if end < start {
			pieces = append(pieces, cut(t, text[end:start], patterns[1:])...)
		}
	}
	match, err := patterns[0].FindStringMatch(text)
	for ; match != nil && err == nil; match, err = patterns[0].FindNextMatch(match) {
		start := starts[match.Index]
		between(start)
		end = starts[match.Index+match.Length]
		pieces = append(pieces, text[start:end])
	}
	if err != nil {
		t.Fatal(err)
	}
	between(len(text))
	return pieces
}

func split(text string, next splitter) (pieces []string) {
	for len(text) > 0 {
		n := next(text)
		pieces = append(pieces, text[:n])
		text = text[n:]
	}
	return pieces
}

// FuzzSplitIsThePublishedPattern compares each splitter with a backtracking engine.
func FuzzSplitIsThePublishedPattern(f *testing.F) {
	for _, text := range []string{
		"Don't STOP 12345 a/b\n\n\nx  y ", "I'M HE'LL we'Ve they'RE I'D it'S 'tis", "don'ſ ſ's 'ſx", "'re'", "x'r", "'",
		"HELLOworld CamelCase ABCdef Ǆx ǅx", "ʰAʰ ʰaAʰA ªº AªB", "日本語テキスト 漢字A漢a", "Ábc A\u0301bc A\u0301\u0301B e\u0301",
		"\u0301\u0301 \u0301a .\u0301a", "1½Ⅷ²12345 ٠١٢٣", "a\r\nb\r\n\r\n c", " \n x \t\n\t y", "x\u0085y \u0085 ",
		"\u2028\u2029 a\u00a0\u00a0b\u3000",
		"👩‍👩‍👧‍👦 🏳️‍🌈!", "a  ", "   ", "  a", "a \n", "///\n//\r\n/x", "foo()//\n\n/bar", " ...\n\n",
		"\xff\xfea\xe2\x82b\xe2\x82\xac", "A\xffb'\xff",
		"if x:\n    return 1\n\n\treturn 22  3", "Ⓐⓐ", "\u1c88ა ᲐᲑ", "\x1c\x1c a", "क्षि नमस्ते", "ไทย ภาษา", "a\u200db",
		"١a٢", "٣'s", "   1", " \n1", "\u00a01",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 {
			t.Skip("backtracking takes time that grows faster than the text")
		}
		for pre, patterns := range published {
			want := slices.DeleteFunc(cut(t, text, patterns), func(s string) bool { return s == "" })
			if got := split(text, splitters[pre]); !slices.Equal(got, want) {
				t.Errorf("%s: %q\ncut into %q\nwant     %q", pre, text, got, want)
			}
		}
	})
}

// Random strings over a few runes of every class cover cases that mutation of bytes seldom finds.
func TestSplitOfRandomClassesIsThePublishedPattern(t *testing.T) {
	alphabet := []string{"a", "s", "T", "L", "l", "e", "ſ", "É", "ß", "ǅ", "ʰ", "ª", "日", "\u0301", "\u0903", "\u20dd",
		"1", "٣", "Ⅷ", "½",
		" ", " ", "\n", "\r", "\t", "\u0085", "\u00a0", "\u2028", "'", "'", "/", ".", "👩", "\u200d", "\xff", "\xe2", "_",
		"\x00"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var text string
		for range 1 + random.IntN(12) {
			text += alphabet[random.IntN(len(alphabet))]
		}
		for pre, patterns := range published {
			want := slices.DeleteFunc(cut(t, text, patterns), func(s string) bool { return s == "" })
			if got := split(text, splitters[pre]); !slices.Equal(got, want) {
				t.Fatalf("%s: %q\ncut into %q\nwant     %q", pre, text, got, want)
			}
		}
	}
}
