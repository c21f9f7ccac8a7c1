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

// openModel is a model on a device, or on its way there. When the device is lost, the model is opened on another one.
type openModel struct {
	env     *Environment
	request LoadRequest
	events  engineEvents
	loaded  bool // it has been on a device completely; it stays loaded when the device is lost

	files  modelFiles // open as long as the model is: experts and the vision encoder are read when they are needed
	plan   *engine.Plan
	vision *engine.VisionPlan

	backend Backend        // nil without a device
	engine  *engine.Engine // nil until the model is on the device

	search *preflight.Search // for the GPU memory of this device
	taken  int64             // bytes of it that the search chose for the model; 0 when there was nothing to search
	losses int               // devices that were lost

	gate         *loader.Gate // pauses downloads
	stopDownload func()       // ends the background download of experts and waits for its end
}

func (s *Session) newModel(r LoadRequest) *openModel {
	return &openModel{env: &s.env, request: r, events: s.engineEvents(), gate: s.gate, stopDownload: func() {}}
}

// engineEvents are what an engine reports at any time while a model is loaded.
type engineEvents struct {
	visionProgress reportFunc      // of the vision encoder's weights
	waiting        func(why error) // for the network; nil when it continues
	cut            cutFunc
}

// open opens a device and the model on it. Everything that the headers say is checked before the rest is downloaded.
// The experts of a paged model are downloaded last, in the background, while the model is already used.
func (m *openModel) open(ctx context.Context, report reportFunc) (err error) {
	if report == nil {
		report = func(loader.Progress) {}
	}
	report(loader.Progress{Phase: loader.PhaseDevice})
	if err = m.openDevice(ctx); err != nil {
		return err
	}
	report(loader.Progress{Phase: loader.PhaseHeader})
	if m.files.model == nil {
		o := loader.Options{Report: report, Gate: m.gate, OnWaiting: m.events.waiting, Patient: true}
		if m.files, err = openFiles(ctx, m.request.ModelSources, m.env.Store, o); err != nil {
			return err
		}
	}
	options := engineOptions(m.request.Paging)
	options.OnWaiting = m.events.waiting
	if err = m.check(options); err != nil {
		return err
	}
	m.taken = 0
	if options, m.taken, err = m.plan.FindSlots(ctx, m.backend, m.search, options, report); err != nil {
		return err
	}
	if err = m.download(ctx, m.plan.ResidentTensors(m.backend.Limits(), options), report); err != nil {
		return err
	}
	if m.engine, err = m.plan.Open(ctx, m.backend, m.files.model, options, report); err != nil {
		return err
	}
	m.attachVision()
	m.downloadExperts()
	m.loaded = true
	return nil
}

// engineOptions returns the options of an engine. Negative numbers count as 0.
func engineOptions(p wire.Paging) (o engine.Options) {
	o.Slots, o.Policy, o.Prefetch, o.OnDemand = max(0, p.Slots), p.Policy, p.Prefetch, p.OnDemand
	return o
}

// check checks both headers against each other and against the device.
func (m *openModel) check(o engine.Options) error {
	if m.plan == nil {
		if err := m.readPlan(); err != nil {
			return err
		}
	}
	limits := m.backend.Limits()
	err := m.plan.Fit(limits, o)
	if err == nil && m.vision != nil {
		err = m.vision.Fit(limits)
	}
	return err
}

// readPlan reads both headers.
func (m *openModel) readPlan() error {
	plan, err := engine.Read(m.files.model.File)
	if err == nil && m.files.vision != nil {
		m.vision, err = plan.ReadVision(m.files.vision.File)
	}
	if err == nil {
		m.plan = plan
	}
	return err
}

func (m *openModel) attachVision() {
	if m.vision == nil {
		return
	}
	options := engine.VisionOptions{Cut: m.events.cut, Report: m.events.visionProgress}
	m.engine.AttachVision(m.vision, m.files.vision, options)
}

// download stores what must be there before the first token: the resident tensors of a paged model; every tensor
// otherwise, for which residents is nil. The vision file, which is a part of the model, follows, so that a picture
// needs no network.
func (m *openModel) download(ctx context.Context, residents []gguf.Tensor, report reportFunc) error {
	if residents != nil {
		if err := m.moveToFasterStore(ctx); err != nil {
			return err
		}
	}
	if m.vision == nil {
		return m.files.model.Download(ctx, residents, report)
	}
	if err := m.files.model.SetVision(ctx, m.files.vision.ID); err != nil {
		return err
	}
	total := sum{report: report, later: m.files.vision.Bytes()}
	if err := m.files.model.Download(ctx, residents, total.add); err != nil {
		return err
	}
	return m.files.vision.Download(ctx, nil, total.next())
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
			m.files.checkPublished(ctx)
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
	bytes, _ := m.files.bytes()
	return &wire.LoadedModel{
		ID:            files.ID,
		Name:          files.File.Meta.String("general.name", files.Name),
		Architecture:  m.engine.Config().Architecture,
		ContextLength: m.engine.Context(),
		Bytes:         bytes,
		Warnings:      m.engine.Warnings(),
		Vision:        m.engine.HasVision(),
	}
}

// close frees the model, its files and its device.
func (m *openModel) close() {
	m.closeDevice()
	m.files.close()
}

// closeDevice frees the device with what is on it. The files stay open.
func (m *openModel) closeDevice() {
	m.stopDownload()
	m.stopDownload = func() {}
	if m.engine != nil {
		m.engine.Close()
		m.engine = nil
	}
	if m.backend != nil {
		m.backend.Close()
		m.backend = nil
	}
}
