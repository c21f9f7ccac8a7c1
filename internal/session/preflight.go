package session

import (
	"context"
	"slices"
	"strings"

	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// PreflightRequest says what to report about.
type PreflightRequest struct {
	ModelSources
	wire.PreflightSettings
}

// Preflight reports what this machine can do with a model. It reads the model's headers and measures, on a device of
// its own, so that a model that is loaded can answer meanwhile. Errors: those of opening the device and the headers.
func (s *Session) Preflight(ctx context.Context, r PreflightRequest) (*wire.PreflightReport, error) {
	m := s.newModel(LoadRequest{ModelSources: r.ModelSources, Paging: r.Paging})
	defer m.close()
	var err error
	if m.backend, err = s.env.OpenDevice(ctx); err != nil {
		return nil, err
	}
	if m.files, err = openFiles(ctx, r.ModelSources, s.env.Store, loader.Options{}); err != nil {
		return nil, err
	}
	plan, err := engine.Read(m.files.model.File)
	if err != nil {
		return nil, err
	}
	options := engineOptions(r.Paging)
	needs := m.needs(plan, options)
	machine := m.machine(ctx, needs, r.Paging)
	if needs.FileBytes-needs.StoredBytes >= r.MeasureFrom {
		guess := preflight.Check(needs, machine)
		m.measure(ctx, &machine, plan, guess.NumExpertsOnGPU < guess.NumExperts)
	}
	result := preflight.Check(needs, machine)
	report := reportOf(result, machine, m.backend.AdapterName())
	report.StartBytes = m.startBytes(plan, options, result)
	return report, ctx.Err()
}

// startBytes returns how many bytes a load must download before the first token.
func (m *openModel) startBytes(plan *engine.Plan, o engine.Options, r preflight.Report) int64 {
	if r.NumExpertsOnGPU < r.NumExperts {
		o.SlotsOf = r.Slots
	}
	n := m.files.model.MissingBytes(plan.ResidentTensors(m.backend.Limits(), o))
	if m.files.vision != nil {
		n += m.files.vision.MissingBytes(nil)
	}
	return n
}

// needs returns what the model and its vision file need of a machine.
func (m *openModel) needs(plan *engine.Plan, o engine.Options) preflight.Model {
	needs := plan.Needs(o)
	needs.FileBytes, needs.StoredBytes = m.files.bytes()
	if m.files.vision != nil {
		needs.ResidentBytes += m.files.vision.Bytes()
	}
	return needs
}

// machine returns what is known of the machine without measuring. A number of slots that the user has set counts as the
// memory that these slots take.
func (m *openModel) machine(ctx context.Context, needs preflight.Model, p wire.Paging) preflight.Machine {
	machine := engine.MachineOf(m.backend.Limits())
	search := m.env.memorySearch(ctx, m.backend.AdapterName(), p.Memory)
	machine.UsableBytes, machine.MaxBytes = search.Expected()
	if p.Slots > 0 {
		slots := slices.Repeat([]int{min(p.Slots, needs.NumExperts)}, len(needs.MoELayers))
		machine.UsableBytes = needs.Bytes(slots)
	}
	return machine
}

// undisclosedStorage is how much free storage Chromium reports, whatever the disk, when it does not disclose the
// number.
const undisclosedStorage = 10 << 30

// measure finds out how fast GPU, store and network are, one after another, since each would slow the others down. What
// cannot be measured stays unknown.
func (m *openModel) measure(ctx context.Context, machine *preflight.Machine, plan *engine.Plan, paged bool) {
	if seconds, err := plan.ComputeSeconds(ctx, m.backend); err == nil {
		machine.ComputeSeconds = seconds
	}
	kind := store.IndexedDB
	if paged {
		kind = store.OPFS
	}
	if speed, err := m.env.Store.Probe(ctx, kind); err == nil {
		machine.WriteSpeed, machine.ReadSpeed = speed.Write, speed.Read
		if speed.Free != undisclosedStorage {
			machine.FreeStorage = speed.Free
		}
	}
	if speed, err := m.env.linkSpeed(ctx, m.files.model.ID); err == nil {
		machine.LinkSpeed = speed
	}
}

// linkSpeed measures the connection to the server that a model comes from; it is 0 for files of this machine.
func (env *Environment) linkSpeed(ctx context.Context, id string) (float64, error) {
	if !strings.HasPrefix(id, "http") {
		return 0, nil
	}
	location, name := fetch.LocationOf(id)
	source, err := location.Open(ctx, name)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	return env.LinkSpeed(ctx, source)
}

func reportOf(r preflight.Report, machine preflight.Machine, device string) *wire.PreflightReport {
	return &wire.PreflightReport{
		Sentence:        r.Sentence(),
		Verdict:         string(r.Verdict),
		Reasons:         reasonsOf(r.Reasons),
		Slots:           r.Slots,
		ExpertsOnGPU:    r.NumExpertsOnGPU,
		Experts:         r.NumExperts,
		AtLeast:         r.AtLeast,
		GPUBytes:        r.GPUBytes,
		HitRate:         r.HitRate,
		BytesPerToken:   r.BytesPerToken,
		TokensPerSecond: r.TokensPerSecond,
		PromptSeconds:   r.PromptSeconds,
		DownloadBytes:   r.DownloadBytes,
		DownloadSeconds: r.DownloadSeconds,
		StorageBytes:    r.StorageBytes,
		Machine: wire.MachineReport{
			GPU:            device,
			GPUBytes:       machine.UsableBytes,
			ComputeSeconds: machine.ComputeSeconds,
			StorageBytes:   machine.FreeStorage,
			WritePerSecond: machine.WriteSpeed,
			ReadPerSecond:  machine.ReadSpeed,
			LinkPerSecond:  machine.LinkSpeed,
		},
	}
}

func reasonsOf(reasons []preflight.Reason) (list []wire.PreflightReason) {
	for _, r := range reasons {
		list = append(list, wire.PreflightReason{
			Limit: string(r.Limit), Needed: r.Needed, Available: r.Available, Message: r.Message,
		})
	}
	return list
}
