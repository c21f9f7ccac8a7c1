package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
)

func loadWithIntegrity(integrity string) (*Session, error) {
	s := newMachine().session()
	sources := pickedFiles(map[string][]byte{"model.gguf": dense})
	sources.Model.Integrity = integrity
	_, err := s.Load(context.Background(), LoadRequest{ModelSources: sources}, func(wire.Progress) {})
	return s, err
}

func TestLoadComparesTheFileWithTheRequestedHash(t *testing.T) {
	sum := sha256.Sum256(dense)
	right := hex.EncodeToString(sum[:])
	s, err := loadWithIntegrity(right)
	if err != nil {
		t.Fatal(err)
	}
	files, err := s.env.Store.List(t.Context())
	if err != nil || len(files) != 1 || !files[0].Verified || files[0].SHA256 != right {
		t.Errorf("%+v, %v", files, err)
	}
	for integrity, code := range map[string]errs.Code{
		strings.Repeat("0", 64): errs.Integrity,
		"sha256-abc":            errs.InvalidRequest,
	} {
		if _, err := loadWithIntegrity(integrity); err == nil || errs.Of(err).Code != code {
			t.Errorf("%s: %v, want %s", integrity, err, code)
		}
	}
}

func TestALoadResumesDownloadsThatWerePaused(t *testing.T) {
	s := newMachine().session()
	s.Pause()
	if !s.gate.Paused() {
		t.Error("not paused")
	}
	if _, err := loadFile(s, dense, wire.Paging{}); err != nil || s.gate.Paused() {
		t.Errorf("%v, paused: %v", err, s.gate.Paused())
	}
}

func TestProgressSaysWhyNothingArrivesAndUntilWhen(t *testing.T) {
	got := progressOf(loader.Progress{Phase: loader.PhaseDownload, Waiting: "offline", Until: time.UnixMilli(1500)})
	if want := (wire.Progress{Phase: "download", Waiting: "offline", Until: 1500}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := progressOf(loader.Progress{}); got != (wire.Progress{}) {
		t.Errorf("%+v", got)
	}
}
