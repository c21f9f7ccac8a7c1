package tokenizer

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/testing/tiktoken"
)

// publishedLlama4 returns the released vocabulary, if Meta's file is present.
func publishedLlama4(t testing.TB) Vocab {
	file, err := os.Open("../../../shared/data/llama4/tokenizer.model")
	if err != nil {
		t.Skip("Meta's tokenizer.model is not present; the committed vocabulary covers the same code")
	}
	defer file.Close()
	ranks, err := tiktoken.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return Llama4Vocab(ranks)
}

func TestLlama4VectorsOfTheSpec(t *testing.T) {
	tok, err := New(publishedLlama4(t))
	if err != nil {
		t.Fatal(err)
	}
	vectors := []struct {
		text string
		ids  []int32
	}{
		{"Don't STOP 12345 a/b\n\n\nx  y ", []int32{55624, 89417, 220, 7235, 2127, 262, 4790, 2946, 100, 220, 386, 220}},
		{"HELLOworld", []int32{110366, 2972, 27349}},
		{"I'M here", []int32{53, 92949, 2863}},
		{" \n x", []int32{1102, 831}},
		{"\n\n\n\n", []int32{8743}},
		{"Describe this picture.", []int32{51212, 544, 13491, 26}},
		{`[get_weather(city="Oslo")]`, []int32{193913, 191381, 103469, 508, 15923, 821, 59971}},
		{`{"name": "get_weather", "parameters": {"city": "Oslo"}}`,
			[]int32{7564, 946, 1217, 392, 555, 191381, 706, 392, 16866, 1217, 11906, 23496, 1217, 392, 15923, 821, 52121}},
		{"What is 2+2?", []int32{3668, 373, 220, 30, 23, 30, 43}},
		{"\n", []int32{198}}, {"\n\n", []int32{368}}, {" ", []int32{220}}, {"\x00", []int32{188}},
		{"\xC0\xC1\xF5\xF6\xF7", []int32{0, 1, 2, 3, 4}},
		{"user", []int32{1556}}, {"system", []int32{15651}}, {"assistant", []int32{140680}}, {"ipython", []int32{607, 6934}},
	}
	for _, v := range vectors {
		if ids := tok.Encode(v.text); !slices.Equal(ids, v.ids) {
			t.Errorf("%q: got %v, want %v", v.text, ids, v.ids)
		}
		if text := tok.Decode(v.ids); text != v.text {
			t.Errorf("%v decodes to %q, want %q", v.ids, text, v.text)
		}
	}
}

// Merging its own bytes makes every token, so encoding a whole piece at once changes nothing: docs/spec/llama4.md §5.1.
func TestMergingMakesEveryLlama4Token(t *testing.T) {
	tok, err := New(publishedLlama4(t))
	if err != nil {
		t.Fatal(err)
	}
	encoder := tok.encoder.(*byteEncoder)
	m := merger{ranks: encoder.ranks}
	var ids []int32
	for id := range int32(tok.Len() - len(Llama4Specials())) {
		token, _ := tok.Token(id)
		if ids = encoder.appendMerged(ids[:0], &m, token); len(ids) != 1 || ids[0] != id {
			t.Fatalf("token %d, %q, merges to %v", id, token, ids)
		}
	}
}

func TestLlama4SpecialsHaveThePublishedIDs(t *testing.T) {
	names := Llama4Specials()
	if len(names) != 2048 {
		t.Fatalf("%d special tokens, want 2048", len(names))
	}
	for name, id := range map[string]int{
		"<|begin_of_text|>": 200000, "<|end_of_text|>": 200001, "<|header_start|>": 200005, "<|header_end|>": 200006,
		"<|eom|>": 200007, "<|eot|>": 200008, "<|text_post_train_reserved_special_token_5|>": 200015,
		"<|python_start|>": 200016, "<|python_end|>": 200017, "<|finetune_right_pad|>": 200018,
		"<|text_post_train_reserved_special_token_68|>": 200079, "<|image_start|>": 200080, "<|image_end|>": 200081,
		"<|tile_x_separator|>": 200084, "<|tile_y_separator|>": 200085, "<|image|>": 200090, "<|patch|>": 200092,
		"<|vision_reserved_special_token_7|>": 200093, "<|vision_reserved_special_token_1047|>": 201133,
		"<|reasoning_reserved_special_token_7|>": 201141, "<|reasoning_thinking_start|>": 201142,
		"<|reasoning_thinking_end|>": 201143, "<|reserved_special_token_903|>": 202047,
	} {
		if names[id-200000] != name {
			t.Errorf("token %d is %s, want %s", id, names[id-200000], name)
		}
	}
}

func TestLlama4StopTokensByName(t *testing.T) {
	tok, err := New(publishedLlama4(t))
	if err != nil {
		t.Fatal(err)
	}
	stops := tok.StopTokens("<|end_of_text|>", "<|eom|>", "<|eot|>")
	slices.Sort(stops)
	if !slices.Equal(stops, []int32{200001, 200007, 200008}) {
		t.Errorf("stop tokens %v", stops)
	}
}

// The test logs heap and time for the full vocabulary.
func TestLlama4VocabularyIsSmallInMemory(t *testing.T) {
	v := publishedLlama4(t)
	before := heapInUse()
	start := time.Now()
	tok, err := New(v)
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	heap := heapInUse() - before
	t.Logf("%d tokens: %d KB of heap, built in %v", tok.Len(), heap>>10, took.Round(time.Millisecond))
	if heap > 8<<20 {
		t.Errorf("the tokenizer uses %d KB of heap", heap>>10)
	}
	runtime.KeepAlive(tok)
	runtime.KeepAlive(v)
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkLlama4New(b *testing.B) {
	v := publishedLlama4(b)
	for b.Loop() {
		if _, err := New(v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLlama4Encode(b *testing.B) {
	tok, err := New(publishedLlama4(b))
	if err != nil {
		b.Fatal(err)
	}
	english := "The quick brown fox doesn't jump over 12345 lazy dogs; it was, after all, only a tokenizer's " +
		"benchmark sentence.\n"
	for name, text := range map[string]string{
		"english":    strings.Repeat(english, 1000),
		"chinese":    strings.Repeat("敏捷的棕色狐狸跳过了懒狗，这只是一个测试句子。", 1000),
		"one_letter": strings.Repeat("a", 1<<20),
		"spaces":     strings.Repeat(" ", 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.Encode(text)
			}
		})
	}
}
