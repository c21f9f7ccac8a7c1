package session

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/wire"
)

// openDevices counts the devices that have not been closed.
func (m *machine) openDevices() (n int) {
	for _, d := range m.devices {
		if !d.closed {
			n++
		}
	}
	return n
}

func TestLoadDescribesTheModelAndReportsItsPhases(t *testing.T) {
	s := newMachine().session()
	phases := map[string]bool{}
	sources := pickedFiles(map[string][]byte{"model.gguf": dense})
	model, err := s.Load(t.Context(), LoadRequest{ModelSources: sources}, func(p wire.Progress) { phases[p.Phase] = true })
	if err != nil {
		t.Fatal(err)
	}
	if model.ID != "local:model.gguf" || model.Architecture != "llama" || model.ContextLength != 512 ||
		model.Bytes != int64(len(dense)) || model.Vision || !strings.HasPrefix(model.Name, "tiny") {
		t.Errorf("%+v", model)
	}
	for _, phase := range []string{"device", "header", "download", "load"} {
		if !phases[phase] {
			t.Errorf("the phase %s is not reported", phase)
		}
	}
}

func TestALostDeviceLeadsToALoadThatTakesLess(t *testing.T) {
	m := newMachine()
	m.limit, m.refusal = 2_000_000, ops.ErrDeviceLost // the whole model takes 2.1 MB, of which the search counts 0.7 MB
	s := mustLoad(t, m, mixture)
	if len(m.devices) < 2 || m.openDevices() != 1 {
		t.Errorf("%d devices were opened, %d are open, want several and 1", len(m.devices), m.openDevices())
	}
	paging := s.Stats().Paging
	if paging == nil || paging.ExpertsOnGPU == 0 || paging.ExpertsOnGPU >= 24 || paging.Experts != 24 {
		t.Errorf("paging after the load: %+v", paging)
	}
	if limit := m.limits["adapter"]; limit.Refused == 0 || limit.Fits == 0 || limit.Fits >= limit.Refused {
		t.Errorf("remembered %+v", limit)
	}
}

func TestALoadGivesUpAfterItsLastAttempt(t *testing.T) {
	m := newMachine()
	m.upload = ops.ErrDeviceLost
	s := m.session()
	if _, err := loadFile(s, mixture, wire.Paging{}); !errors.Is(err, ops.ErrDeviceLost) {
		t.Errorf("%v, want device_lost", err)
	}
	if len(m.devices) != maxRecoveries+1 || m.openDevices() != 0 {
		t.Errorf("%d devices were opened, %d are open", len(m.devices), m.openDevices())
	}
	if _, err := s.loaded(""); err == nil {
		t.Error("a model is loaded")
	}
}

// The memory that a dense model takes is not searched for, so that there is nothing to lower.
func TestADenseModelIsLoadedAgainAfterALossOnly(t *testing.T) {
	for _, c := range []struct {
		upload  error
		devices int
	}{{ops.ErrDeviceLost, maxRecoveries + 1}, {ops.ErrOutOfMemory, 1}} {
		m := newMachine()
		m.upload = c.upload
		_, err := loadFile(m.session(), dense, wire.Paging{})
		if !errors.Is(err, c.upload) || len(m.devices) != c.devices || m.openDevices() != 0 {
			t.Errorf("%v after %d devices, want %d", err, len(m.devices), c.devices)
		}
	}
}

func TestMemoryThatIsTooSmallForATokenIsRefused(t *testing.T) {
	m := newMachine()
	m.limit = 1000
	_, err := loadFile(m.session(), mixture, wire.Paging{})
	if errs.Of(err).Code != errs.OutOfMemory || len(m.devices) != 1 {
		t.Errorf("%v after %d devices", err, len(m.devices))
	}
}

func TestTheUserMaySetTheMemoryOrTheSlots(t *testing.T) {
	for name, c := range map[string]struct {
		paging      wire.Paging
		fewest, max int // experts on the GPU
		remembered  bool
	}{
		"slots":             {wire.Paging{Slots: 2}, 8, 8, false},
		"memory":            {wire.Paging{Memory: 450_000}, 4, 23, false},
		"a negative number": {wire.Paging{Slots: -1, Memory: -1}, 0, 0, true}, // all, so that nothing is paged
	} {
		m := newMachine()
		s := m.session()
		if _, err := loadFile(s, mixture, c.paging); err != nil {
			t.Fatal(name, err)
		}
		onGPU := 0
		if paging := s.Stats().Paging; paging != nil {
			onGPU = paging.ExpertsOnGPU
		}
		if onGPU < c.fewest || onGPU > c.max || (len(m.limits) > 0) != c.remembered {
			t.Errorf("%s: %d experts on the GPU, remembered %v", name, onGPU, m.limits)
		}
		s.Unload(t.Context())
	}
}

func TestASecondLoadClosesTheFirstModel(t *testing.T) {
	m := newMachine()
	s := mustLoad(t, m, dense)
	if _, err := loadSources(s, pickedFiles(map[string][]byte{"other.gguf": mixture})); err != nil {
		t.Fatal(err)
	}
	if len(m.devices) != 2 || !m.devices[0].closed || m.devices[0].held != 0 || m.devices[1].closed {
		t.Errorf("first device: %+v, second: %+v", m.devices[0], m.devices[1])
	}
	if model, err := s.loaded(""); err != nil || model.engine.Config().Architecture != "llama4" {
		t.Errorf("%v", err)
	}
}

func TestAFailedLoadLeavesNoModel(t *testing.T) {
	m := newMachine()
	s := mustLoad(t, m, dense)
	broken := pickedFiles(map[string][]byte{"other.gguf": []byte("not a model")})
	if _, err := loadSources(s, broken); errs.Of(err).Code != errs.NotGGUF {
		t.Errorf("%v", err)
	}
	if _, err := s.loaded(""); err == nil || m.openDevices() != 0 {
		t.Errorf("a model is loaded, or one of %d devices is open", len(m.devices))
	}
}

func TestWithoutADeviceNothingIsDownloaded(t *testing.T) {
	m := newMachine()
	s := m.session()
	s.env.OpenDevice = func(context.Context) (Backend, error) { return nil, ops.ErrNoAdapter }
	if _, err := loadFile(s, dense, wire.Paging{}); !errors.Is(err, ops.ErrNoAdapter) {
		t.Errorf("%v", err)
	}
	if models, err := s.Models(t.Context()); err != nil || len(models) != 0 {
		t.Errorf("%v, %v", models, err)
	}
}

func TestUnloadClosesTheDevice(t *testing.T) {
	m := newMachine()
	s := mustLoad(t, m, dense)
	if err := s.Unload(t.Context()); err != nil || m.openDevices() != 0 || s.Stats().GPUBytes != 0 {
		t.Errorf("%v, %d open devices", err, m.openDevices())
	}
}

func TestStoredModelsAreListedLoadedAndDeleted(t *testing.T) {
	m := newMachine()
	s := mustLoad(t, m, dense)
	models, err := s.Models(t.Context())
	size := int64(len(dense))
	want := wire.StoredModel{
		ID: "local:model.gguf", Name: "model.gguf", BytesStored: size, BytesTotal: size, Complete: true,
	}
	if err != nil || len(models) != 1 || models[0] != want {
		t.Fatalf("%+v, %v", models, err)
	}
	model, err := loadSources(s, ModelSources{Model: Source{Kind: "stored", ID: want.ID}})
	if err != nil || model.ID != want.ID {
		t.Errorf("%+v, %v", model, err)
	}
	if err := s.Delete(t.Context(), want.ID); err != nil {
		t.Error(err)
	}
	if models, err := s.Models(t.Context()); err != nil || len(models) != 0 {
		t.Errorf("after the deletion: %v, %v", models, err)
	}
}
