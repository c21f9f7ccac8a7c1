package tiny

import (
	"fmt"
	"strings"

	"github.com/outrider-web/outrider/loader/gguf"
)

// vocab is a byte-level BPE vocabulary: all bytes, a few pairs of letters, and the special tokens of a chat format.
type vocab struct {
	pre, template string
	bos, eos      string // names of special tokens
	addBOS        bool
	tokens        []string
	types         []int32
	merges        []string
	special       map[string]uint32
}

// Types of tokens in a GGUF file.
const (
	typeNormal  = 1
	typeControl = 3
	typeUnused  = 5
)

// pairs are the merges in order. Ġ is a space in the alphabet of byte-level BPE.
const pairs = "Ġ t|h e|i n|Ġ a|o n|r e|Ġt he|e r|Ġ s|a t|Ġ w|e n|Ġ o|o r|i s|n d|Ġ c|Ġ b|o u|Ġ f|in g|Ġ p|e s|a n|a l"

// vocabularyMultiple is a divisor of the number of tokens, so that the rows of the head fill whole workgroups.
const vocabularyMultiple = 64

const chatMLTemplate = "{% for message in messages %}" +
	"{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}" +
	"{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

// chatML returns a vocabulary like SmolLM2's.
func chatML() *vocab {
	v := &vocab{pre: "smollm", template: chatMLTemplate, bos: "<|im_start|>", eos: "<|im_end|>"}
	v.fill("<|endoftext|>", "<|im_start|>", "<|im_end|>")
	return v
}

const llama4Template = "{{ bos_token }}{% for message in messages %}" +
	"{{ '<|header_start|>' + message['role'] + '<|header_end|>\n\n' + message['content'] + '<|eot|>' }}{% endfor %}" +
	"{% if add_generation_prompt %}{{ '<|header_start|>assistant<|header_end|>\n\n' }}{% endif %}"

// llama4 returns a vocabulary like Llama 4's, with those of its special tokens that programs use.
func llama4() *vocab {
	v := &vocab{pre: "llama4", template: llama4Template, bos: "<|begin_of_text|>", eos: "<|eot|>", addBOS: true}
	v.fill("<|begin_of_text|>", "<|end_of_text|>", "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>",
		"<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>", "<|image_start|>", "<|image_end|>",
		"<|tile_x_separator|>", "<|tile_y_separator|>", "<|image|>", "<|patch|>")
	return v
}

// fill adds all tokens.
func (v *vocab) fill(special ...string) {
	v.special = map[string]uint32{}
	for b := range 256 {
		v.add(string(runeOf(byte(b))), typeNormal)
	}
	for pair := range strings.SplitSeq(pairs, "|") {
		v.merges = append(v.merges, pair)
		v.add(strings.ReplaceAll(pair, " ", ""), typeNormal)
	}
	for _, name := range special {
		v.special[name] = uint32(len(v.tokens))
		v.add(name, typeControl)
	}
	for len(v.tokens)%vocabularyMultiple != 0 {
		v.add(fmt.Sprintf("<|unused_%d|>", len(v.tokens)), typeUnused)
	}
}

func (v *vocab) add(token string, kind int32) {
	v.tokens, v.types = append(v.tokens, token), append(v.types, kind)
}

// metadata writes the tokenizer section.
func (v *vocab) metadata(w *gguf.Writer) {
	w.Set("tokenizer.ggml.model", "gpt2")
	w.Set("tokenizer.ggml.pre", v.pre)
	w.Set("tokenizer.ggml.tokens", v.tokens)
	w.Set("tokenizer.ggml.token_type", v.types)
	w.Set("tokenizer.ggml.merges", v.merges)
	w.Set("tokenizer.ggml.bos_token_id", v.special[v.bos])
	w.Set("tokenizer.ggml.eos_token_id", v.special[v.eos])
	w.Set("tokenizer.ggml.add_bos_token", v.addBOS)
	w.Set("tokenizer.chat_template", v.template)
}

// runeOf returns the rune for a byte in the alphabet of byte-level BPE: the same rune if the byte is printable in
// Latin-1, otherwise the next of the runes from 256 on.
func runeOf(b byte) rune {
	free := rune(256)
	for c := range 256 {
		printable := c > ' ' && c < 0x7f || c > 0xa0 && c != 0xad
		switch {
		case c == int(b) && printable:
			return rune(c)
		case c == int(b):
			return free
		case !printable:
			free++
		}
	}
	panic("unreachable")
}
