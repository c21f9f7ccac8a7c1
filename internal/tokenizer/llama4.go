package tokenizer

import (
	"slices"
	"strconv"
)

// Llama4Specials returns the names of the special tokens of Llama 4 in the order of their ids. The first id follows the
// last rank; it is 200,000 in the released models. Source: docs/spec/llama4.md §5.3, after Meta's tokenizer.
func Llama4Specials() []string {
	names := []string{
		"<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
		"<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>",
	}
	reserved := func(family string, from, to int) {
		for i := from; i <= to; i++ {
			names = append(names, "<|"+family+"reserved_special_token_"+strconv.Itoa(i)+"|>")
		}
	}
	reserved("text_post_train_", 0, 5)
	names = append(names, "<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>")
	reserved("text_post_train_", 8, 68)
	names = append(names, "<|image_start|>", "<|image_end|>")
	reserved("vision_", 0, 1)
	names = append(names, "<|tile_x_separator|>", "<|tile_y_separator|>")
	reserved("vision_", 2, 5)
	names = append(names, "<|image|>")
	reserved("vision_", 6, 6)
	names = append(names, "<|patch|>")
	reserved("vision_", 7, 1047)
	reserved("reasoning_", 0, 7)
	names = append(names, "<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>")
	reserved("", 0, 903)
	return names
}

// Llama4Vocab returns a vocabulary, as in a GGUF file, of the given tokens (their bytes, by rank) followed by Llama 4's
// special tokens. It serves tests and programs that make model files; a model's own file contains its vocabulary.
func Llama4Vocab(ranks []string) Vocab {
	specials := Llama4Specials()
	tokens := make(List, 0, len(ranks)+len(specials))
	for _, token := range ranks {
		tokens = append(tokens, printable(token))
	}
	tokens = append(tokens, specials...)
	types := make([]int32, len(tokens))
	for id := range types {
		types[id] = typeNormal
		if id >= len(ranks) {
			types[id] = typeControl
		}
	}
	v := Vocab{Model: "gpt2", Pre: "llama4", Tokens: tokens, Merges: List{}, Types: types, AddBOS: true}
	v.BOS, v.EOS = len(ranks)+slices.Index(specials, "<|begin_of_text|>"), len(ranks)+slices.Index(specials, "<|eot|>")
	return v
}
