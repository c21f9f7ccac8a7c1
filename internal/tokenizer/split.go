package tokenizer

import "strings"

// Before merging, text is split into pieces; no token crosses the border of a piece. Each model was trained with
// regular expressions for that. The functions below implement them by hand, because they have a look-ahead, (?!\S),
// which package regexp does not support. A fuzz test compares the functions with a backtracking engine. The
// expressions are:
//
//	llama4     [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//	           |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//	           |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
//	llama-bpe  (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}
//	           | ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//	smollm     \p{N}, and between those: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+

// splitter returns the length in bytes of the first piece of s, which is not empty.
type splitter func(s string) int

// splitters maps values of tokenizer.ggml.pre.
var splitters = map[string]splitter{
	"llama4":    splitLlama4,
	"llama-bpe": splitLlama3,
	"smollm":    splitSmolLM,
}

func splitLlama4(s string) int {
	c, n := classAt(s, 0)
	prefix := c&(letters|number|newline) == 0 // this rune may precede a word
	if prefix {
		if end := lowerWord(s, n); end > 0 {
			return end
		}
	}
	if end := lowerWord(s, 0); end > 0 {
		return end
	}
	if prefix {
		if end := upperWord(s, n); end > 0 {
			return end
		}
	}
	switch {
	case c&letters != 0:
		return upperWord(s, 0)
	case c&number != 0:
		return upToThreeNumbers(s)
	}
	if end := punctuation(s, "\r\n/"); end > 0 {
		return end
	}
	return whitespace(s, true)
}

// Classes of the first and second half of a llama4 word. Caseless letters and marks are in both.
const (
	head = upper | caseless | mark
	tail = lower | caseless | mark
)

// lowerWord matches head*tail+ and a contraction from byte i on, and returns the end of the match, or 0.
func lowerWord(s string, i int) int {
	backtrack := 0 // end of the last rune of head* that tail+ matches too
	for i < len(s) {
		c, n := classAt(s, i)
		if c&head == 0 {
			break
		}
		i += n
		if c&tail != 0 {
			backtrack = i
		}
	}
	if end := span(s, i, tail); end > i {
		return contraction(s, end, ignoreCase)
	}
	if backtrack == 0 {
		return 0
	}
	return contraction(s, backtrack, ignoreCase)
}

// upperWord matches head+tail* and a contraction from byte i on, and returns the end of the match, or 0.
func upperWord(s string, i int) int {
	end := span(s, i, head)
	if end == i {
		return 0
	}
	return contraction(s, span(s, end, tail), ignoreCase)
}

func splitLlama3(s string) int {
	if end := contraction(s, 0, ignoreCase); end > 0 {
		return end
	}
	c, n := classAt(s, 0)
	switch {
	case c&letters != 0:
		return span(s, 0, letters)
	case c&number != 0:
		return upToThreeNumbers(s)
	case c&newline == 0:
		if end := span(s, n, letters); end > n {
			return end
		}
	}
	if end := punctuation(s, "\r\n"); end > 0 {
		return end
	}
	return whitespace(s, true)
}

func splitSmolLM(s string) int {
	if c, n := classAt(s, 0); c&number != 0 {
		return n
	}
	if end := contraction(s, 0, keepCase); end > 0 {
		return end
	}
	word := optionalSpace(s)
	if end := span(s, word, letters); end > word {
		return end
	}
	if end := punctuation(s, ""); end > 0 {
		return end
	}
	// Numbers are split off first, so for the look-ahead of \s+(?!\S) the text ends before a number.
	end := span(s, 0, space)
	if end < len(s) {
		if c, _ := classAt(s, end); c&number != 0 {
			return end
		}
	}
	return whitespace(s, false)
}

// upToThreeNumbers matches \p{N}{1,3}.
func upToThreeNumbers(s string) int {
	end := 0
	for range 3 {
		if end == len(s) {
			break
		}
		c, n := classAt(s, end)
		if c&number == 0 {
			break
		}
		end += n
	}
	return end
}

// punctuation matches " ?[^\s\p{L}\p{N}]+" and then any number of the bytes in after, and returns the end of the
// match, or 0.
func punctuation(s, after string) int {
	start := optionalSpace(s)
	end := span(s, start, other)
	if end == start {
		return 0
	}
	for end < len(s) && strings.IndexByte(after, s[end]) >= 0 {
		end++
	}
	return end
}

// optionalSpace returns the length of " ?" at the start of s.
func optionalSpace(s string) int {
	if s[0] == ' ' {
		return 1
	}
	return 0
}

// whitespace matches the first of "\s*[\r\n]+" (only if lines is set), "\s+(?!\S)" and "\s+"; s starts with white
// space.
func whitespace(s string, lines bool) int {
	end, last, line := 0, 0, 0 // end of the run, start of its last rune, end of its last line break
	for end < len(s) {
		c, n := classAt(s, end)
		if c&space == 0 {
			break
		}
		last = end
		end += n
		if c&newline != 0 {
			line = end
		}
	}
	switch {
	case lines && line > 0:
		return line
	case end == len(s) || last == 0:
		return end
	}
	return last // the last space is part of the next piece
}

// Ways to compare a contraction: the bit that is set in ASCII letters first.
const (
	keepCase   = 0
	ignoreCase = 'a' - 'A'
)

// contraction matches 's 't 're 've 'm 'll 'd at byte i and returns the end of the match, or i.
func contraction(s string, i int, fold byte) int {
	if i+1 >= len(s) || s[i] != '\'' {
		return i
	}
	var second byte
	if i+2 < len(s) {
		second = s[i+2] | fold
	}
	switch first := s[i+1] | fold; {
	case first == 's' || first == 't' || first == 'm' || first == 'd':
		return i + 2
	case first == 'r' && second == 'e', first == 'v' && second == 'e', first == 'l' && second == 'l':
		return i + 3
	case fold == ignoreCase && strings.HasPrefix(s[i+1:], "ſ"): // U+017F folds to s
		return i + 1 + len("ſ")
	}
	return i
}
