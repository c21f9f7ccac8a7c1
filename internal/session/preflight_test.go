package session

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader/store"
)

func preflightOf(t *testing.T, s *Session, file []byte, settings wire.PreflightSettings) *wire.PreflightReport {
	t.Helper()
	sources := pickedFiles(map[string][]byte{"model.gguf": file})
	report, err := s.Preflight(t.Context(), PreflightRequest{sources, settings})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestPreflightReportsWhatWasMeasured(t *testing.T) {
	m := newMachine()
	m.limits["adapter"] = preflight.MemoryLimit{Fits: 450_000, Refused: 600_000}
	r := preflightOf(t, m.session(), mixture, wire.PreflightSettings{})
	if r.Experts != 24 || r.ExpertsOnGPU != 9 || !slices.Equal(r.Slots, []int{3, 2, 2, 2}) || r.AtLeast {
		t.Errorf("%d of %d experts in slots %v", r.ExpertsOnGPU, r.Experts, r.Slots)
	}
	if r.StorageBytes != int64(len(mixture)) || r.GPUBytes == 0 || r.GPUBytes > 450_000 || r.Sentence == "" {
		t.Errorf("%+v", r)
	}
	if r.HitRate <= 0 || r.HitRate >= 1 {
		t.Errorf("%+v", r)
	}
	want := wire.MachineReport{
		GPU: "adapter", GPUBytes: 450_000, ComputeSeconds: r.Machine.ComputeSeconds,
		StorageBytes: 1 << 40, WritePerSecond: 100, ReadPerSecond: 200,
	}
	if r.Machine != want || r.Machine.ComputeSeconds <= 0 {
		t.Errorf("%+v, want %+v", r.Machine, want)
	}
	if !slices.Equal(m.measured, []store.Kind{store.OPFS}) || m.openDevices() != 0 {
		t.Errorf("measured %v; %d devices are open", m.measured, m.openDevices())
	}
}

func TestPreflightMeasuresOnlyForADownloadThatIsLargeEnough(t *testing.T) {
	m := newMachine()
	r := preflightOf(t, m.session(), dense, wire.PreflightSettings{MeasureFrom: math.MaxInt64})
	if len(m.measured) != 0 || r.Machine != (wire.MachineReport{GPU: "adapter"}) || r.Experts != 0 {
		t.Errorf("measured %v: %+v", m.measured, r)
	}
	m.speed.Free = undisclosedStorage
	r = preflightOf(t, m.session(), dense, wire.PreflightSettings{})
	if !slices.Equal(m.measured, []store.Kind{store.IndexedDB}) ||
		r.Machine.WritePerSecond != 100 || r.Machine.StorageBytes != 0 {
		t.Errorf("measured %v: %+v", m.measured, r)
	}
}

func TestPreflightCountsTheVisionFileAndWhatIsStored(t *testing.T) {
	files := visionFiles(t)
	s := newMachine().session()
	r, err := s.Preflight(t.Context(), PreflightRequest{pickedFiles(files), wire.PreflightSettings{}})
	if all := int64(len(files["model.gguf"]) + len(files["mmproj.gguf"])); err != nil || r.StorageBytes != all {
		t.Errorf("%+v, want %d bytes of storage, %v", r, all, err)
	}
	if r.DownloadBytes != 0 { // the headers of small files are the files
		t.Errorf("%d bytes to download", r.DownloadBytes)
	}
}

func TestPreflightTakesTheUsersSlotsAndMemory(t *testing.T) {
	s := newMachine().session()
	slots := preflightOf(t, s, mixture, wire.PreflightSettings{Paging: wire.Paging{Slots: 3}})
	if !slices.Equal(slots.Slots, []int{3, 3, 3, 3}) || slots.ExpertsOnGPU != 12 {
		t.Errorf("%+v", slots)
	}
	memory := preflightOf(t, s, mixture, wire.PreflightSettings{Paging: wire.Paging{Memory: slots.GPUBytes}})
	memory.Machine.ComputeSeconds, slots.Machine.ComputeSeconds = 0, 0
	memory.TokensPerSecond, slots.TokensPerSecond, memory.Sentence, slots.Sentence = 0, 0, "", ""
	if !reflect.DeepEqual(memory.Slots, slots.Slots) || memory.GPUBytes != slots.GPUBytes {
		t.Errorf("%+v\nwant %+v", memory, slots)
	}
}

func TestPreflightLeavesALoadedModelAlone(t *testing.T) {
	m := newMachine()
	s := mustLoad(t, m, dense)
	other := pickedFiles(map[string][]byte{"other.gguf": mixture})
	if _, err := s.Preflight(t.Context(), PreflightRequest{ModelSources: other}); err != nil {
		t.Fatal(err)
	}
	if len(m.devices) != 2 || m.devices[0].closed || !m.devices[1].closed {
		t.Error("preflight closed the device of the model, or left its own open")
	}
	if _, err := s.Chat(t.Context(), request(nil), silent); err != nil {
		t.Error(err)
	}
}

func TestPreflightEndsWithItsContextAndItsErrors(t *testing.T) {
	s := newMachine().session()
	broken := pickedFiles(map[string][]byte{"model.gguf": []byte("no")})
	_, err := s.Preflight(t.Context(), PreflightRequest{ModelSources: broken})
	if errs.Of(err).Code != errs.NotGGUF {
		t.Errorf("%v, want not_gguf", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Preflight(ctx, PreflightRequest{ModelSources: pickedFiles(map[string][]byte{"model.gguf": dense})})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestTheConnectionIsMeasuredToTheServerOfTheModel(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "model.gguf", time.Time{}, bytes.NewReader(dense))
	}))
	defer server.Close()
	s := newMachine().session()
	for source, want := range map[string]float64{"url": 300, "files": 0} {
		sources := pickedFiles(map[string][]byte{"model.gguf": dense})
		sources.Model.Kind, sources.Model.URL = source, server.URL+"/model.gguf"
		r, err := s.Preflight(t.Context(), PreflightRequest{ModelSources: sources})
		if err != nil || r.Machine.LinkPerSecond != want {
			t.Errorf("%s: %+v, %v, want %g bytes per second", source, r, err, want)
		}
	}
}

func TestPreflightCountsWhatComesBeforeTheFirstToken(t *testing.T) {
	r := preflightOf(t, newMachine().session(), large(), wire.PreflightSettings{Paging: wire.Paging{Slots: 1}})
	if r.StartBytes <= 0 || r.StartBytes >= r.DownloadBytes {
		t.Errorf("%d of %d bytes come before the first token", r.StartBytes, r.DownloadBytes)
	}
	r = preflightOf(t, newMachine().session(), large(), wire.PreflightSettings{})
	if r.ExpertsOnGPU == r.Experts && r.StartBytes != r.DownloadBytes {
		t.Errorf("%d of %d bytes come before the first token of a model that is not paged", r.StartBytes, r.DownloadBytes)
	}
}
