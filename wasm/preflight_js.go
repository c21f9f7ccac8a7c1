package main

import (
	"context"
	"strings"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/gpu"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// preflight is preflight(signal, source, mmproj, options): PreflightReport of web/src/protocol.ts. It reads headers and
// measures, with an engine of its own, so that a model that is loaded can answer meanwhile.
func (a *api) preflight(ctx context.Context, args []js.Value) (any, error) {
	visitor := newAPI()
	defer visitor.close()
	return visitor.check(ctx, args[0], args[1], args[2])
}

func (a *api) check(ctx context.Context, source, mmproj, options js.Value) (_ any, err error) {
	if a.backend, err = gpu.New(ctx, gpu.Options{}); err != nil {
		return nil, err
	}
	if a.files, err = a.openFiles(ctx, source, mmproj, func(loader.Progress) {}); err != nil {
		return nil, err
	}
	plan, err := engine.Read(a.files.File)
	if err != nil {
		return nil, err
	}
	o, setting := a.paging(options.Get("paging"))
	needs, machine := a.needs(plan, o), engine.MachineOf(a.backend.Limits())
	a.find(ctx, setting)
	machine.UsableBytes, machine.MaxBytes = a.search.Expected()
	if o.Slots > 0 {
		machine.UsableBytes = needs.Bytes(even(len(needs.MoELayers), min(o.Slots, needs.NumExperts)))
	}
	missing := needs.FileBytes - needs.StoredBytes
	if missing >= int64(options.Get("measureFrom").Float()) {
		guess := preflight.Check(needs, machine)
		a.measure(ctx, &machine, plan, guess.NumExpertsOnGPU < guess.NumExperts)
	}
	return reportValue(preflight.Check(needs, machine), machine, a.backend.AdapterName()), ctx.Err()
}

// untold is the room that Chromium tells of where it does not want to tell: ten GiB, whatever the disk.
const untold = 10 << 30

// measure finds out how fast GPU, store and network are, one after another: each would slow the others down. What it cannot
// find out stays unknown.
func (a *api) measure(ctx context.Context, on *preflight.Machine, plan *engine.Plan, paged bool) {
	if seconds, err := plan.ComputeSeconds(ctx, a.backend); err == nil {
		on.ComputeSeconds = seconds
	}
	kind := store.IndexedDB
	if paged {
		kind = store.OPFS
	}
	if speed, err := a.store.Probe(ctx, kind); err == nil {
		on.WriteSpeed, on.ReadSpeed = speed.Write, speed.Read
		if speed.Free != untold {
			on.FreeStorage = speed.Free
		}
	}
	if speed, err := linkSpeed(ctx, a.files.ID); err == nil {
		on.LinkSpeed = speed
	}
}

// linkSpeed is of the server that a model comes from; 0 for files of this machine.
func linkSpeed(ctx context.Context, id string) (float64, error) {
	if !strings.HasPrefix(id, "http") {
		return 0, nil
	}
	place, name := fetch.LocationOf(id)
	source, err := place.Open(ctx, name)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	return fetch.LinkSpeed(ctx, source)
}

// needs is what the model and its vision file ask for.
func (a *api) needs(plan *engine.Plan, o engine.Options) preflight.Model {
	m := plan.Needs(o)
	m.FileBytes = a.files.Bytes()
	m.StoredBytes = m.FileBytes - a.files.MissingBytes(nil)
	if a.eyes != nil {
		n := a.eyes.Bytes()
		m.FileBytes += n
		m.StoredBytes += n - a.eyes.MissingBytes(nil)
		m.ResidentBytes += n
	}
	return m
}

func even(layers, slots int) []int {
	list := make([]int, layers)
	for i := range list {
		list[i] = slots
	}
	return list
}

// reportValue is PreflightReport.
func reportValue(r preflight.Report, on preflight.Machine, device string) map[string]any {
	reasons := make([]any, len(r.Reasons))
	for i, why := range r.Reasons {
		reasons[i] = map[string]any{"limit": string(why.Limit), "needed": why.Needed, "available": why.Available, "message": why.Message}
	}
	slots := make([]any, len(r.Slots))
	for i, n := range r.Slots {
		slots[i] = n
	}
	machine := numbers("gpuBytes computeSeconds storageBytes writePerSecond readPerSecond linkPerSecond",
		float64(on.UsableBytes), on.ComputeSeconds, float64(on.FreeStorage), on.WriteSpeed, on.ReadSpeed, on.LinkSpeed)
	machine["gpu"] = device
	value := numbers("expertsOnGPU experts gpuBytes hitRate bytesPerToken tokensPerSecond promptSeconds downloadBytes downloadSeconds storageBytes",
		float64(r.NumExpertsOnGPU), float64(r.NumExperts), float64(r.GPUBytes), r.HitRate, r.BytesPerToken, r.TokensPerSecond,
		r.PromptSeconds, float64(r.DownloadBytes), r.DownloadSeconds, float64(r.StorageBytes))
	value["sentence"], value["verdict"], value["reasons"] = r.Sentence(), string(r.Verdict), reasons
	value["slots"], value["atLeast"], value["machine"] = slots, r.AtLeast, machine
	return value
}

// numbers is an object of numbers. A literal of as many fields would be several times as much of the program.
func numbers(names string, values ...float64) map[string]any {
	object := map[string]any{}
	for i, name := range strings.Fields(names) {
		object[name] = values[i]
	}
	return object
}
