package virtual

import (
	"slices"

	"github.com/outrider-web/outrider/internal/tokenizer"
	"github.com/outrider-web/outrider/loader/gguf"
)

// numSpecials is the number of Llama 4's special tokens.
const numSpecials = 2048

// ChatTemplate is the model's chat template, a Jinja program.
const ChatTemplate = "{{ bos_token }}{% for message in messages %}" +
	"{{ '<|header_start|>' + message['role'] + '<|header_end|>\n\n' + message['content'] + '<|eot|>' }}{% endfor %}" +
	"{% if add_generation_prompt %}{{ '<|header_start|>assistant<|header_end|>\n\n' }}{% endif %}"

// vocabulary writes the tokenizer section (docs/spec/llama4.md §5.5): invented words, and the special tokens with their
// published ids.
func (m Model) vocabulary(w *gguf.Writer) {
	ranks := words(m.NumRanks)
	v := tokenizer.Llama4Vocab(ranks)
	tokens := slices.Clone(v.Tokens.(tokenizer.List))
	w.Set("tokenizer.ggml.model", v.Model)
	w.Set("tokenizer.ggml.pre", v.Pre)
	w.Set("tokenizer.ggml.tokens", []string(tokens))
	w.Set("tokenizer.ggml.token_type", v.Types)
	w.Set("tokenizer.ggml.merges", merges(ranks, tokens))
	w.Set("tokenizer.ggml.bos_token_id", uint32(v.BOS))
	w.Set("tokenizer.ggml.eos_token_id", uint32(v.EOS))
	w.Set("tokenizer.ggml.add_bos_token", v.AddBOS)
	w.Set("tokenizer.chat_template", ChatTemplate)
}

// Tokenizer returns a tokenizer with the vocabulary of the model's file.
func (m Model) Tokenizer() (*tokenizer.Tokenizer, error) {
	return tokenizer.New(tokenizer.Llama4Vocab(words(m.NumRanks)))
}

// words returns n tokens by rank, at least the 256 bytes: all bytes, numbers of two and three digits, then words of
// increasing length, each in the spellings "ab", " ab", "Ab", " Ab". A token of several bytes is a shorter token and
// one byte, and one of two or more letters also a byte and a shorter token. So merging makes all of them.
func words(n int) []string {
	all := make([]string, 0, n)
	for b := range 256 {
		all = append(all, string([]byte{byte(b)}))
	}
	all = append(all, "\n\n")
	numbers := appendLetters([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, '0', '9')
	all = append(append(all, numbers...), appendLetters(numbers, '0', '9')...)
	spellings := [][]string{appendLetters([]string{""}, 'a', 'z'), appendLetters([]string{" "}, 'a', 'z'),
		appendLetters([]string{""}, 'A', 'Z'), appendLetters([]string{" "}, 'A', 'Z')}
	all = append(append(all, spellings[1]...), spellings[3]...) // single letters are bytes
	for i := 0; len(all) < n; i = (i + 1) % len(spellings) {
		spellings[i] = appendLetters(spellings[i], 'a', 'z')
		all = append(all, spellings[i]...)
	}
	return all[:n:n]
}

// appendLetters returns each word followed by each letter.
func appendLetters(words []string, first, last byte) []string {
	longer := make([]string, 0, len(words)*int(last-first+1))
	for _, word := range words {
		for letter := first; letter <= last; letter++ {
			longer = append(longer, word+string([]byte{letter}))
		}
	}
	return longer
}

// merges returns the merges that make each token of two others, by rank: about two for each, as in the published file.
// printed are the tokens as they are written in the file.
func merges(ranks, printed []string) []string {
	rank := make(map[string]int, len(ranks))
	for i, token := range ranks {
		rank[token] = i
	}
	var list []string
	for _, token := range ranks[256:] {
		for _, cut := range slices.Compact([]int{len(token) - 1, 1}) {
			left, okLeft := rank[token[:cut]]
			right, okRight := rank[token[cut:]]
			if okLeft && okRight {
				list = append(list, printed[left]+" "+printed[right])
			}
		}
	}
	return list
}
