package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/openai"
	"github.com/outrider-web/outrider/internal/wire"
)

// request is a chat request of one message with some more fields.
func request(fields map[string]any, content ...any) map[string]any {
	if content == nil {
		content = []any{map[string]any{"type": "text", "text": "Hello"}}
	}
	r := map[string]any{
		"messages": []any{map[string]any{"role": "user", "content": content}}, "max_tokens": 4.0, "temperature": 0.0,
	}
	for name, value := range fields {
		r[name] = value
	}
	return r
}

var silent = ChatEvents{Delta: func(openai.Object) {}, Progress: func(wire.ChatProgress) {}}

func assertRefused(t *testing.T, err error, message string) {
	t.Helper()
	if errs.Of(err).Code != errs.InvalidRequest || !strings.Contains(err.Error(), message) {
		t.Errorf("%v, want invalid_request: %s", err, message)
	}
}

func TestChatNeedsTheModelThatItNames(t *testing.T) {
	m := newMachine()
	s := m.session()
	_, err := s.Chat(t.Context(), request(nil), silent)
	assertRefused(t, err, "no model is loaded; load one first")
	if _, err := loadFile(s, dense, wire.Paging{}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Chat(t.Context(), request(map[string]any{"model": "other"}), silent)
	assertRefused(t, err, `model: "other" is not loaded, but "local:model.gguf" is`)
	if _, err = s.Chat(t.Context(), request(map[string]any{"model": "local:model.gguf"}), silent); err != nil {
		t.Error(err)
	}
}

func TestACompletionHasTextReasonAndUsage(t *testing.T) {
	s := mustLoad(t, newMachine(), dense)
	completion, err := s.Chat(t.Context(), request(nil), silent)
	if err != nil {
		t.Fatal(err)
	}
	stats := s.Stats()
	usage := completion["usage"].(openai.Object)
	if completion["model"] != "local:model.gguf" || usage["completion_tokens"] == 0 {
		t.Errorf("%v", completion)
	}
	if len(stats.Tokens) < stats.CompletionTokens ||
		usage["completion_tokens"] != stats.CompletionTokens || usage["prompt_tokens"] != stats.PromptTokens {
		t.Errorf("%v\n%+v", completion, stats)
	}
	if stats.GPUBytes == 0 || stats.MemoryBytes == 0 || stats.Paging != nil ||
		stats.BytesInFlight != 5 || stats.PeakBytesInFlight != 6 {
		t.Errorf("%+v", stats)
	}
}

func TestAStreamEndsWithItsReasonAndUsage(t *testing.T) {
	s := mustLoad(t, newMachine(), dense)
	whole, err := s.Chat(t.Context(), request(nil), silent)
	if err != nil {
		t.Fatal(err)
	}
	var deltas []openai.Object
	events := ChatEvents{Delta: func(d openai.Object) { deltas = append(deltas, d) }, Progress: silent.Progress}
	fields := map[string]any{"stream": true, "stream_options": map[string]any{"include_usage": true}}
	if completion, err := s.Chat(t.Context(), request(fields), events); err != nil || completion != nil {
		t.Fatalf("%v, %v", completion, err)
	}
	if len(deltas) < 3 {
		t.Fatalf("%v", deltas)
	}
	text := ""
	for _, d := range deltas[:len(deltas)-1] {
		piece, _ := choice(d)["delta"].(openai.Object)["content"].(string)
		text += piece
	}
	if want := choice(whole)["message"].(openai.Object)["content"]; text != want {
		t.Errorf("the deltas are %q, the completion is %q", text, want)
	}
	last, finish := deltas[len(deltas)-1], deltas[len(deltas)-2]
	if choice(deltas[0])["delta"].(openai.Object)["role"] != "assistant" ||
		choice(finish)["finish_reason"] != choice(whole)["finish_reason"] {
		t.Errorf("begins with %v, finishes with %v", deltas[0], finish)
	}
	usage := last["usage"].(openai.Object)
	if len(last["choices"].([]any)) != 0 || usage["completion_tokens"] != s.Stats().CompletionTokens {
		t.Errorf("ends with %v", last)
	}
}

func choice(o openai.Object) openai.Object { return o["choices"].([]any)[0].(openai.Object) }

func TestAStreamThatFailsEarlySendsNothing(t *testing.T) {
	s := mustLoad(t, newMachine(), dense)
	events := ChatEvents{Delta: func(d openai.Object) { t.Errorf("sent %v", d) }, Progress: silent.Progress}
	long := map[string]any{"type": "text", "text": strings.Repeat("word ", 1000)}
	_, err := s.Chat(t.Context(), request(map[string]any{"stream": true}, long), events)
	if errs.Of(err).Code != errs.ContextFull {
		t.Errorf("%v, want context_full", err)
	}
}

func TestRequestsRunOneAfterAnother(t *testing.T) {
	s := mustLoad(t, newMachine(), dense)
	started, finish, done := make(chan bool, 10), make(chan bool), make(chan error)
	slow := ChatEvents{Progress: silent.Progress, Delta: func(openai.Object) { started <- true; <-finish }}
	go func() {
		_, err := s.Chat(context.Background(), request(map[string]any{"stream": true}), slow)
		done <- err
	}()
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Chat(ctx, request(map[string]any{"colour": 1.0}), silent)
	assertRefused(t, err, "colour") // without waiting
	cancel()
	for name, call := range map[string]func() error{
		"chat":   func() error { _, err := s.Chat(ctx, request(nil), silent); return err },
		"load":   func() error { _, err := s.Load(ctx, LoadRequest{}, func(wire.Progress) {}); return err },
		"unload": func() error { return s.Unload(ctx) },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s that is cancelled while it waits: %v", name, err)
		}
	}
	close(finish)
	if err := <-done; err != nil {
		t.Errorf("the request that the others waited for: %v", err)
	}
	if _, err := s.Chat(t.Context(), request(nil), silent); err != nil {
		t.Errorf("the next request: %v", err)
	}
}

func TestPicturesAreCheckedAndEncoded(t *testing.T) {
	m := newMachine()
	s := m.session()
	_, err := s.Picture(t.Context(), "blob:x")
	assertRefused(t, err, "no model is loaded")
	if _, err := loadSources(s, pickedFiles(visionFiles(t))); err != nil {
		t.Fatal(err)
	}
	defer s.Unload(t.Context())
	checked, err := s.Picture(t.Context(), "blob:x")
	if err != nil || checked.Tiles != 3 || checked.Seconds != 0.5 {
		t.Fatalf("%+v, %v", checked, err)
	}
	var tiles []wire.PictureProgress
	phases := map[string]bool{}
	events := ChatEvents{Delta: silent.Delta, Progress: func(p wire.ChatProgress) {
		switch p := p.(type) {
		case wire.PictureProgress:
			tiles = append(tiles, p)
		case wire.Progress:
			phases[p.Phase] = true
		}
	}}
	picture := map[string]any{"type": "image_url", "image_url": map[string]any{"url": "blob:x"}}
	if _, err := s.Chat(t.Context(), request(nil, picture), events); err != nil {
		t.Fatal(err)
	}
	if stats := s.Stats(); stats.Tiles != 3 || stats.PictureSeconds != 0.5 {
		t.Errorf("%+v", stats)
	}
	if len(tiles) == 0 || tiles[len(tiles)-1].Done != 3 || !phases["load"] {
		t.Errorf("reported %v and the phases %v", tiles, phases)
	}
}

func TestPicturesNeedAVisionEncoder(t *testing.T) {
	s := mustLoad(t, newMachine(), dense)
	_, err := s.Picture(t.Context(), "blob:x")
	assertRefused(t, err, "this model cannot see pictures")
}

func TestWaitingForTheNetworkIsReportedToTheLastRequest(t *testing.T) {
	s := newMachine().session()
	s.engineEvents().waiting(errors.New("before any request"))
	var got []wire.ChatProgress
	s.setReporter(func(p wire.ChatProgress) { got = append(got, p) })
	s.engineEvents().waiting(errors.New("away"))
	s.engineEvents().waiting(nil)
	want := []wire.ChatProgress{
		wire.WaitProgress{Phase: "network", Waiting: true, Message: "away"}, wire.WaitProgress{Phase: "network"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
