package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/errs"
)

var hello = []chat.Message{chat.Text(chat.User, "hi")}

// chatDeltas collects the deltas of an answer.
func chatDeltas(t *testing.T, e *Engine, p Params) ([]string, Stats) {
	t.Helper()
	var deltas []string
	stats, err := e.Chat(t.Context(), hello, chat.Options{}, p, func(delta string) bool {
		deltas = append(deltas, delta)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return deltas, stats
}

func TestChatEmitsTheTextOfTheTokens(t *testing.T) {
	e := openSmall(t)
	spoken, err := e.Prompt(t.Context(), hello, chat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := generate(t, e, spoken.Tokens, Params{MaxTokens: 20})
	stream := e.tokenizer.NewStream()
	var want strings.Builder
	for _, token := range answer {
		want.WriteString(stream.Push(token))
	}
	want.WriteString(stream.Flush())
	deltas, stats := chatDeltas(t, e, Params{MaxTokens: 20})
	if got := strings.Join(deltas, ""); got != want.String() || got == "" || stats.GeneratedTokens != len(answer) {
		t.Errorf("text is %q of %d tokens, want %q of %d", got, stats.GeneratedTokens, want.String(), len(answer))
	}
	if slices.Contains(deltas, "") {
		t.Error("an empty delta was emitted")
	}
}

func TestChatEndsBeforeAStopText(t *testing.T) {
	e := openSmall(t)
	deltas, _ := chatDeltas(t, e, Params{MaxTokens: 20})
	whole := strings.Join(deltas, "")
	runes := []rune(whole)
	stop := string(runes[len(runes)/2 : len(runes)/2+2])
	want, _, _ := strings.Cut(whole, stop)
	deltas, stats := chatDeltas(t, e, Params{MaxTokens: 20, StopText: []string{stop}})
	if got := strings.Join(deltas, ""); got != want || stats.Finish != FinishStop {
		t.Errorf("stopping at %q in %q returns %q, %v; want %q", stop, whole, got, stats.Finish, want)
	}
}

func TestEmitMayEndAChat(t *testing.T) {
	e, n := openSmall(t), 0
	_, err := e.Chat(t.Context(), hello, chat.Options{}, Params{MaxTokens: 20}, func(string) bool { n++; return false })
	if err != nil || n != 1 {
		t.Errorf("emit was called %d times, %v; want once", n, err)
	}
}

// Text that was held back is emitted at the end, unless emit has ended the answer.
func TestHeldTextIsEmittedAtTheEnd(t *testing.T) {
	e := openSmall(t)
	letter := e.tokenizer.Encode("xa")
	half := e.tokenizer.Encode("é")[0]
	for _, c := range []struct {
		tokens []int32
		deltas int // how many deltas emit accepts
		want   string
	}{
		{letter, 9, "xa"}, {letter, 1, "x"}, {[]int32{letter[0], half}, 9, "x\uFFFD"}, {[]int32{half}, 9, "\uFFFD"},
	} {
		got := ""
		w := &textWriter{text: e.tokenizer.NewStream(), stop: stopText{stops: []string{"ab"}}}
		w.emit = func(delta string) bool {
			got += delta
			c.deltas--
			return c.deltas > 0
		}
		for _, token := range c.tokens {
			w.token(token)
		}
		if w.close(); got != c.want {
			t.Errorf("tokens %v become %q, want %q", c.tokens, got, c.want)
		}
	}
}

func TestAModelWithoutVisionRefusesImages(t *testing.T) {
	m := chat.Message{Role: chat.User, Parts: []chat.ContentPart{{Image: true}, {Text: "what is this?"}}}
	_, err := openSmall(t).Prompt(t.Context(), []chat.Message{m}, chat.Options{})
	if errs.Of(err).Code != errs.InvalidRequest {
		t.Errorf("error is %v", err)
	}
}

func TestStopTextMayArriveInPieces(t *testing.T) {
	for _, c := range []struct {
		stops, text []string
		want        string
		ended       bool
	}{
		{nil, []string{"ab", "c"}, "abc", false},
		{[]string{"END"}, []string{"a E", "N", "D b"}, "a ", true},
		{[]string{"END"}, []string{"a E", "N", "x"}, "a ENx", false},
		{[]string{"END"}, []string{"a EN"}, "a EN", false},
		{[]string{"aab"}, []string{"aaa", "b"}, "a", true},
		{[]string{"yz", "xy"}, []string{"wxyz"}, "w", true},
		{[]string{""}, []string{"a"}, "a", false},
	} {
		s, got, ended := stopText{stops: c.stops}, "", false
		for _, piece := range c.text {
			certain, stopped := s.push(piece)
			got += certain
			ended = ended || stopped
		}
		got += s.flush()
		if got != c.want || ended != c.ended {
			t.Errorf("%q with stops %q becomes %q, %v; want %q, %v", c.text, c.stops, got, ended, c.want, c.ended)
		}
	}
}
