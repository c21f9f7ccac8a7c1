package session

import (
	"context"

	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// openModel is a model on a device, or on its way there.
type openModel struct {
	env     *Environment
	backend Backend
	files   modelFiles // open as long as the model is: experts and the vision encoder are read when they are needed
	vision  *engine.VisionPlan
	engine  *engine.Engine // nil until the model is loaded

	search *preflight.Search // for the GPU memory of this device
	taken  int64             // bytes of it that the search chose for the model; 0 when there was nothing to search

	gate         *loader.Gate // pauses downloads
	stopDownload func()       // ends the background download of experts and waits for its end
}

func (s *Session) newModel() *openModel {
	return &openModel{env: &s.env, gate: s.gate, stopDownload: func() {}}
}

// engineEvents are what an engine reports at any time while a model is loaded.
type engineEvents struct {
	visionProgress reportFunc      // of the vision encoder's weights
	waiting        func(why error) // for the network; nil when it continues
	cut            cutFunc
}

// open opens a device and the model on it. Everything that the headers say is checked before the rest is downloaded.
// The experts of a paged model are downloaded last, in the background, while the model is already used.
func (m *openModel) open(ctx context.Context, r LoadRequest, events engineEvents, report reportFunc) (err error) {
	if m.backend, err = m.env.OpenDevice(ctx); err != nil {
		return err
	}
	m.search = m.env.memorySearch(ctx, m.backend.AdapterName(), r.Paging.Memory)
	o := loader.Options{Report: report, Gate: m.gate, OnWaiting: events.waiting, Patient: true}
	if m.files, err = openFiles(ctx, r.ModelSources, m.env.Store, o); err != nil {
		return err
	}
	options := engineOptions(r.Paging)
	options.OnWaiting = events.waiting
	plan, err := m.plan(options)
	if err != nil {
		return err
	}
	if options, m.taken, err = plan.FindSlots(m.backend, m.search, options); err != nil {
		return err
	}
	if err = m.download(ctx, plan.ResidentTensors(m.backend.Limits(), options), report); err != nil {
		return err
	}
	if m.engine, err = plan.Open(ctx, m.backend, m.files.model, options, report); err != nil {
		return err
	}
	m.attachVision(events)
	m.downloadExperts()
	return nil
}

func (m *openModel) ready() bool { return m.engine != nil }

// engineOptions returns the options of an engine. Negative numbers count as 0.
func engineOptions(p wire.Paging) (o engine.Options) {
	o.Slots, o.Policy, o.Prefetch, o.OnDemand = max(0, p.Slots), p.Policy, p.Prefetch, p.OnDemand
	return o
}

// plan checks both headers against each other and against the device.
func (m *openModel) plan(o engine.Options) (*engine.Plan, error) {
	limits := m.backend.Limits()
	plan, err := engine.Read(m.files.model.File)
	if err == nil {
		err = plan.Fit(limits, o)
	}
	if err == nil && m.files.vision != nil {
		m.vision, err = plan.ReadVision(m.files.vision.File)
	}
	if err == nil && m.vision != nil {
		err = m.vision.Fit(limits)
	}
	return plan, err
}

func (m *openModel) attachVision(events engineEvents) {
	if m.vision != nil {
		m.engine.AttachVision(m.vision, m.files.vision, engine.VisionOptions{Cut: events.cut, Report: events.visionProgress})
	}
}

// download stores what must be there before the first token: the resident tensors of a paged model; every tensor
// otherwise, for which residents is nil.
func (m *openModel) download(ctx context.Context, residents []gguf.Tensor, report reportFunc) error {
	if residents != nil {
		if err := m.moveToFasterStore(ctx); err != nil {
			return err
		}
	}
	return m.files.model.Download(ctx, residents, report)
}

// maxMovedBytes is how many stored bytes are copied for the sake of a faster store; copying more would take too long.
const maxMovedBytes = 1 << 30

// moveToFasterStore keeps a paged model where reads are fastest.
func (m *openModel) moveToFasterStore(ctx context.Context) error {
	files := m.files.model
	if files.Bytes()-files.MissingBytes(nil) > maxMovedBytes {
		return nil
	}
	return files.Move(ctx, store.OPFS)
}

// downloadExperts downloads in the background what is missing of a paged model, until nothing is or the model is
// closed, and compares the files with their published hashes. Its errors are dropped: an expert that is missing then is
// downloaded when a token needs it, and the error shows there; files that were not found to be right are compared again
// when the model is loaded again.
func (m *openModel) downloadExperts() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if m.engine.DownloadExperts(ctx) == nil {
			m.files.model.CheckPublished(ctx, nil)
		}
	}()
	m.stopDownload = func() {
		cancel()
		<-done
	}
}

// describe returns what a page shows of a model that is loaded.
func (m *openModel) describe() *wire.LoadedModel {
	files := m.files.model
	return &wire.LoadedModel{
		ID:            files.ID,
		Name:          files.File.Meta.String("general.name", files.Name),
		Architecture:  m.engine.Config().Architecture,
		ContextLength: m.engine.Context(),
		Bytes:         files.Bytes(),
		Warnings:      m.engine.Warnings(),
		Vision:        m.engine.HasVision(),
	}
}

// close frees the model, its files and its device.
func (m *openModel) close() {
	m.stopDownload()
	if m.engine != nil {
		m.engine.Close()
	}
	if m.backend != nil {
		m.backend.Close()
	}
	m.files.close()
}
