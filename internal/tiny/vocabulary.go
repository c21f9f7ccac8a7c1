package tiny

import (
	"fmt"
	"strings"

	"github.com/outrider-web/outrider/loader/gguf"
)

// vocab is a byte-level BPE vocabulary: every byte, a few pairs of letters, and ChatML's special tokens.
type vocab struct {
	tokens  []string
	types   []int32
	merges  []string
	special map[string]uint32
}

// Token types of a GGUF file.
const (
	normal  = 1
	control = 3
	unused  = 5
)

// pairs are merged in this order; Ġ is how byte-level BPE writes a space.
const pairs = "Ġ t|h e|i n|Ġ a|o n|r e|Ġt he|e r|Ġ s|a t|Ġ w|e n|Ġ o|o r|i s|n d|Ġ c|Ġ b|o u|Ġ f|in g|Ġ p|e s|a n|a l"

// multiple is what the number of tokens is padded to, so that the head's rows fill whole workgroups.
const multiple = 64

// chatML is the template of the format whose special tokens the vocabulary has.
const chatML = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}" +
	"{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

func vocabulary() *vocab {
	v := &vocab{special: map[string]uint32{}}
	for b := range 256 {
		v.add(string(letter(byte(b))), normal)
	}
	for pair := range strings.SplitSeq(pairs, "|") {
		v.merges = append(v.merges, pair)
		v.add(strings.ReplaceAll(pair, " ", ""), normal)
	}
	for _, name := range []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"} {
		v.special[name] = uint32(len(v.tokens))
		v.add(name, control)
	}
	for len(v.tokens)%multiple != 0 {
		v.add(fmt.Sprintf("<|unused_%d|>", len(v.tokens)), unused)
	}
	return v
}

func (v *vocab) add(token string, kind int32) {
	v.tokens, v.types = append(v.tokens, token), append(v.types, kind)
}

func (v *vocab) metadata(w *gguf.Writer) {
	w.Set("tokenizer.ggml.model", "gpt2")
	w.Set("tokenizer.ggml.pre", "smollm")
	w.Set("tokenizer.ggml.tokens", v.tokens)
	w.Set("tokenizer.ggml.token_type", v.types)
	w.Set("tokenizer.ggml.merges", v.merges)
	w.Set("tokenizer.ggml.bos_token_id", v.special["<|im_start|>"])
	w.Set("tokenizer.ggml.eos_token_id", v.special["<|im_end|>"])
	w.Set("tokenizer.ggml.add_bos_token", false)
	w.Set("tokenizer.chat_template", chatML)
}

// letter is how byte-level BPE writes a byte: itself where it prints in Latin-1, else the next free rune from 256 on.
func letter(b byte) rune {
	free := rune(256)
	for c := range 256 {
		prints := c > ' ' && c < 0x7f || c > 0xa0 && c != 0xad
		switch {
		case c == int(b) && prints:
			return rune(c)
		case c == int(b):
			return free
		case !prints:
			free++
		}
	}
	panic("unreachable")
}
