package session

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/openai"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/wire"
)

// scene is a model and a request.
type scene struct {
	files   map[string][]byte
	paging  wire.Paging
	fields  map[string]any
	content []any
}

func scenes(t *testing.T) map[string]scene {
	model := func(file []byte) map[string][]byte { return map[string][]byte{"model.gguf": file} }
	greedy := map[string]any{"max_tokens": 12.0}
	seeded := map[string]any{"max_tokens": 12.0, "temperature": 1.5, "seed": 7.0}
	return map[string]scene{
		"greedy":           {files: model(dense), fields: greedy},
		"with a seed":      {files: model(dense), fields: seeded},
		"paged":            {files: model(mixture), paging: wire.Paging{Slots: 2}, fields: greedy},
		"paged, with seed": {files: model(mixture), paging: wire.Paging{Slots: 2}, fields: seeded},
		"with a picture":   {files: visionFiles(t), fields: map[string]any{"max_tokens": 4.0}, content: []any{picture}},
	}
}

// play loads the model and answers the request on a machine. It returns the text.
func (c scene) play(m *machine) (string, error) {
	s := m.session()
	defer s.Unload(context.Background())
	load := LoadRequest{pickedFiles(c.files), c.paging}
	if _, err := s.Load(context.Background(), load, func(wire.Progress) {}); err != nil {
		return "", err
	}
	completion, err := s.Chat(context.Background(), request(c.fields, c.content...), silent)
	if err != nil {
		return "", err
	}
	return choice(completion)["message"].(openai.Object)["content"].(string), nil
}

// Every device but the last is lost, wherever in the load or in the answer.
func TestALostDeviceChangesNoAnswer(t *testing.T) {
	for name, c := range scenes(t) {
		t.Run(name, func(t *testing.T) {
			undisturbed := newMachine()
			want, err := c.play(undisturbed)
			if err != nil || want == "" {
				t.Fatalf("%q, %v", want, err)
			}
			calls := undisturbed.devices[0].calls
			for life := 0; life < calls; life += max(1, calls/16) {
				m := newMachine()
				m.lives = []int{life}
				got, err := c.play(m)
				if err != nil || got != want || m.devices[0].calls <= life || len(m.devices) > 2 || m.openDevices() != 0 {
					t.Errorf("lost after %d of %d calls: %q, %v on %d devices, want %q", life, calls, got, err, len(m.devices), want)
				}
			}
			for life := calls * 3 / 4; life < calls; life += max(1, calls/8) {
				m := newMachine()
				m.lives = slices.Repeat([]int{life}, 3)
				if got, err := c.play(m); err != nil || got != want {
					t.Errorf("lost three times after %d of %d calls: %q, %v, want %q", life, calls, got, err, want)
				}
			}
		})
	}
}

// loadThenLose loads a model on a device that lives for some more calls.
func loadThenLose(t *testing.T, m *machine, file []byte, calls int) *Session {
	t.Helper()
	s := mustLoad(t, m, file)
	m.devices[0].life = m.devices[0].calls + calls
	return s
}

func TestADeviceThatIsLostWhileIdleIsReplacedForTheNextRequest(t *testing.T) {
	m := newMachine()
	s := loadThenLose(t, m, dense, 0)
	var phases []string
	events := ChatEvents{Delta: silent.Delta, Progress: func(p wire.ChatProgress) {
		if p, ok := p.(wire.RecoverProgress); ok {
			phases = append(phases, p.Phase)
		}
	}}
	for range 2 {
		if _, err := s.Chat(t.Context(), request(nil), events); err != nil || len(m.devices) != 2 || m.openDevices() != 1 {
			t.Errorf("%v on %d devices", err, len(m.devices))
		}
	}
	if len(phases) < 2 || phases[0] != "recover" {
		t.Errorf("reported %q, want the recovery and how far it is", phases)
	}
}

func TestAStreamHasEachPieceOnce(t *testing.T) {
	text := func(lives ...int) (text string) {
		m := newMachine()
		s := mustLoad(t, m, dense)
		m.lives = append([]int{0}, lives...) // the first device is open
		if lives != nil {
			m.devices[0].life = m.devices[0].calls + 10
		}
		fields := map[string]any{"stream": true, "max_tokens": 12.0, "stop": []any{"never in the text"}}
		events := ChatEvents{Progress: silent.Progress, Delta: func(d openai.Object) {
			piece, _ := choice(d)["delta"].(openai.Object)["content"].(string)
			text += piece
		}}
		if _, err := s.Chat(t.Context(), request(fields), events); err != nil || lives != nil && len(m.devices) < 2 {
			t.Fatalf("%v on %d devices", err, len(m.devices))
		}
		return text
	}
	want := text()
	if got := text(0, 1000); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnAnswerThatComesNoFurtherEndsWithTheError(t *testing.T) {
	m := newMachine()
	s := loadThenLose(t, m, dense, 10)
	m.lives = slices.Repeat([]int{0}, 10)
	_, err := s.Chat(t.Context(), request(nil), silent)
	if !errors.Is(err, ops.ErrDeviceLost) || !errs.Of(err).Retryable || len(m.devices) != 1+maxRecoveries {
		t.Errorf("%v on %d devices, want device_lost on %d", err, len(m.devices), 1+maxRecoveries)
	}
	m.lives = nil
	if _, err := s.Chat(t.Context(), request(nil), silent); err != nil || m.openDevices() != 1 {
		t.Errorf("the next request: %v with %d open devices", err, m.openDevices())
	}
}

func TestTheBrowserMayNeedAWhileForAnotherDevice(t *testing.T) {
	m := newMachine()
	s := loadThenLose(t, m, dense, 0)
	refusals := 2
	s.env.OpenDevice = func(ctx context.Context) (Backend, error) {
		if refusals--; refusals >= 0 {
			return nil, ops.ErrNoAdapter
		}
		return m.open(ctx)
	}
	if _, err := s.Chat(t.Context(), request(nil), silent); err != nil || refusals >= 0 {
		t.Errorf("%v, %d refusals left", err, refusals)
	}
}

func TestARecoveryCanBeStopped(t *testing.T) {
	m := newMachine()
	s := loadThenLose(t, m, dense, 0)
	ctx, cancel := context.WithCancel(t.Context())
	s.env.OpenDevice = func(context.Context) (Backend, error) {
		cancel()
		return nil, ops.ErrNoAdapter
	}
	if _, err := s.Chat(ctx, request(nil), silent); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the end of the context", err)
	}
	s.env.OpenDevice = m.open
	if _, err := s.Chat(t.Context(), request(nil), silent); err != nil {
		t.Errorf("the next request: %v", err)
	}
}

// A single loss may have any cause; a device that one answer loses a second time had too little memory.
func TestOnlyASecondLossInAnAnswerLowersTheMemoryLimit(t *testing.T) {
	m := newMachine()
	s := loadThenLose(t, m, mixture, 8)
	taken, limit := s.current().taken, m.limits["adapter"]
	if _, err := s.Chat(t.Context(), request(nil), silent); err != nil || m.limits["adapter"] != limit {
		t.Errorf("%v; remembered %+v after one loss, want %+v", err, m.limits["adapter"], limit)
	}
	m.devices[1].life = m.devices[1].calls
	m.lives = []int{0, 0, m.devices[1].calls / 2}
	if _, err := s.Chat(t.Context(), request(nil), silent); err != nil {
		t.Error(err)
	}
	if limit := m.limits["adapter"]; limit.Refused != taken {
		t.Errorf("remembered %+v after two losses of a model that took %d bytes", limit, taken)
	}
}

// The vision encoder, which the first picture loads, finds too little memory beside the experts.
func TestMemoryThatRunsOutDuringAnAnswerIsTakenFromTheExperts(t *testing.T) {
	c := scenes(t)["with a picture"]
	want, err := c.play(newMachine())
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine()
	s := m.session()
	if _, err := loadSources(s, pickedFiles(c.files)); err != nil {
		t.Fatal(err)
	}
	defer s.Unload(t.Context())
	m.limit = m.devices[0].held + 1000
	completion, err := s.Chat(t.Context(), request(c.fields, c.content...), silent)
	if err != nil || choice(completion)["message"].(openai.Object)["content"] != want {
		t.Errorf("%v, %v; want %q", completion, err, want)
	}
	if paging := s.Stats().Paging; paging == nil || paging.ExpertsOnGPU >= paging.Experts {
		t.Errorf("paging: %+v", paging)
	}
}
