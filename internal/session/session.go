// Package session is one engine as a page uses it. It loads a model, and loads it again with less memory when the model
// took more of the device than there is; it answers one request at a time, downloads experts in the background, and
// reports beforehand what a machine can do with a model. The device, the store and the decoder of pictures come from
// outside, in an Environment, so that nothing here knows JavaScript and all of it is tested natively.
package session

import (
	"context"
	"fmt"
	"sync"

	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
)

// Session is one engine with at most one model. Its methods may be called at the same time; Load, Chat and Unload run
// one after another.
type Session struct {
	env  Environment
	gate *loader.Gate  // pauses downloads
	idle chan struct{} // holds its one value while no request uses the engine

	mu     sync.Mutex // guards what follows
	model  *openModel // being loaded or loaded; nil when none is
	last   answer
	report func(wire.ChatProgress) // of the request that was the last to begin
}

// answer is what was measured of the last answer.
type answer struct {
	engine.Stats
	pictureSeconds float64 // decoding and cutting its pictures
}

// New returns a session without a model.
func New(env Environment) *Session {
	s := &Session{
		env: env, gate: loader.NewGate(), idle: make(chan struct{}, 1), report: func(wire.ChatProgress) {},
	}
	s.idle <- struct{}{}
	return s
}

// acquire waits until no other request uses the engine. release must be called.
func (s *Session) acquire(ctx context.Context) (release func(), err error) {
	select {
	case <-s.idle:
		return func() { s.idle <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Unload closes the model and its device.
func (s *Session) Unload(ctx context.Context) error {
	release, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	s.close()
	return nil
}

// close frees the model and the device, so that the next load begins with a new device.
func (s *Session) close() {
	if m := s.current(); m != nil {
		m.close()
	}
	s.setCurrent(nil)
}

func (s *Session) current() *openModel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.model
}

func (s *Session) setCurrent(m *openModel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.model, s.last = m, answer{}
}

// loaded returns the model when one is loaded and, unless name is empty, has that id. Errors: invalid_request.
func (s *Session) loaded(name string) (*openModel, error) {
	m := s.current()
	switch {
	case m == nil || !m.loaded:
		return nil, errs.New(errs.InvalidRequest, "no model is loaded; load one first")
	case name != "" && name != m.files.model.ID:
		return nil, errs.New(errs.InvalidRequest, fmt.Sprintf(
			"model: %q is not loaded, but %q is; load it first or leave the field out", name, m.files.model.ID))
	}
	return m, nil
}

// Pause stops downloads, those in the background as well. What has arrived is kept. An answer that needs an expert
// which is not stored still fetches it.
func (s *Session) Pause() { s.gate.Pause() }

// Resume continues downloads, as the next Load does.
func (s *Session) Resume() { s.gate.Resume() }

// Models lists the models in the store, whole or in part.
func (s *Session) Models(ctx context.Context) ([]wire.StoredModel, error) {
	stored, err := loader.List(ctx, s.env.Store)
	list := make([]wire.StoredModel, len(stored))
	for i, m := range stored {
		list[i] = wire.StoredModel{
			ID: m.ID, Name: m.Name, BytesStored: m.StoredBytes, BytesTotal: m.Bytes, Complete: m.Complete,
		}
	}
	return list, err
}

// Delete deletes a model from the store. It is no error when there is none of this id.
func (s *Session) Delete(ctx context.Context, id string) error {
	return loader.Delete(ctx, id, s.env.Store)
}
