package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/sample"
)

// losing is the reference on a device that is lost at one of its read-backs.
type losing struct {
	ops.Backend
	left int // read-backs before the loss
}

func (l *losing) ReadBack(t *ops.Tensor, offset, n int) ops.Pending {
	if l.left--; l.left < 0 {
		return lost{}
	}
	return l.Backend.ReadBack(t, offset, n)
}

type lost struct{}

func (lost) Wait(context.Context) ([]byte, error) { return nil, ops.ErrDeviceLost }

func TestAnotherEngineContinuesAnAnswer(t *testing.T) {
	for name, o := range map[string]sample.Options{"greedy": {}, "sampled": {Temperature: 2, Seed: 5}} {
		params := Params{MaxTokens: 20, Options: o}
		deltas, whole := chatDeltas(t, openSmall(t), params)
		want := strings.Join(deltas, "")
		params.StopText = []string{want[len(want)/2:]} // text is held back again and again
		text := strings.Builder{}
		a := NewAnswer(hello, chat.Options{}, params, func(delta string) bool { text.WriteString(delta); return true })
		losses := 0
		for left := 1; ; left += 3 {
			e := open(t, &losing{ref.New(), left + a.NumTokens()}, small.GGUF(), Options{})
			stats, err := e.Continue(t.Context(), a)
			if err == nil {
				break
			}
			if losses++; !errors.Is(err, ops.ErrDeviceLost) || stats.GeneratedTokens != a.NumTokens() || a.Ended() {
				t.Fatalf("%s: %v, %+v after %d tokens", name, err, stats, a.NumTokens())
			}
		}
		a.Close()
		if text.String() != want[:len(want)/2] || losses < 2 || !a.Ended() || a.NumTokens() > whole.GeneratedTokens {
			t.Errorf("%s: %q after %d losses, want %q", name, text.String(), losses, want[:len(want)/2])
		}
	}
}
