package session

import (
	"testing"

	"github.com/outrider-web/outrider/internal/wire"
)

var picture = map[string]any{"type": "image_url", "image_url": map[string]any{"url": "blob:x"}}

// loadVision loads a model with its vision file and returns the files.
func loadVision(t *testing.T, s *Session) map[string][]byte {
	t.Helper()
	files := visionFiles(t)
	model, err := loadSources(s, pickedFiles(files))
	if err != nil {
		t.Fatal(err)
	}
	if size := totalBytes(files); model.Bytes != size || !model.Vision {
		t.Errorf("%+v, want %d bytes with vision", model, size)
	}
	return files
}

func totalBytes(files map[string][]byte) (n int64) {
	for _, file := range files {
		n += int64(len(file))
	}
	return n
}

func stored(id string) ModelSources { return ModelSources{Model: Source{Kind: "stored", ID: id}} }

func TestTheVisionFileIsStoredWithItsModel(t *testing.T) {
	s := newMachine().session()
	defer s.Unload(t.Context())
	size := totalBytes(loadVision(t, s))
	models, err := s.Models(t.Context())
	want := wire.StoredModel{
		ID: "local:model.gguf", Name: "model.gguf", BytesStored: size, BytesTotal: size, Complete: true,
	}
	if err != nil || len(models) != 1 || models[0] != want {
		t.Errorf("before the first picture: %+v, %v; want %+v", models, err, want)
	}
}

func TestDownloadsOfAModelAndItsVisionFileAreReportedAsOne(t *testing.T) {
	s := newMachine().session()
	defer s.Unload(t.Context())
	files := visionFiles(t)
	var first, last wire.Progress
	report := func(p wire.Progress) {
		if p.Phase != "download" {
			return
		}
		if p.BytesDone < last.BytesDone {
			t.Errorf("%d bytes after %d", p.BytesDone, last.BytesDone)
		}
		if last = p; first.BytesTotal == 0 {
			first = p
		}
	}
	if _, err := s.Load(t.Context(), LoadRequest{ModelSources: pickedFiles(files)}, report); err != nil {
		t.Fatal(err)
	}
	if size := totalBytes(files); first.BytesTotal != size || last.BytesTotal != size || last.BytesDone != size {
		t.Errorf("from %+v to %+v, want %d bytes", first, last, size)
	}
}

// A model that is opened by its id has no source but the store.
func TestAStoredModelHasItsVisionFile(t *testing.T) {
	m := newMachine()
	s := m.session()
	loadVision(t, s)
	s.Unload(t.Context())
	again := m.session()
	defer again.Unload(t.Context())
	model, err := loadSources(again, stored("local:model.gguf"))
	if err != nil || !model.Vision {
		t.Fatalf("%+v, %v; want vision", model, err)
	}
	if _, err := again.Chat(t.Context(), request(nil, picture), silent); err != nil {
		t.Error(err)
	}
	report, err := again.Preflight(t.Context(), PreflightRequest{ModelSources: stored("local:model.gguf")})
	if err != nil || report.StorageBytes != model.Bytes || report.DownloadBytes != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestAModelThatIsPickedAgainWithoutItsVisionFileHasIt(t *testing.T) {
	s := newMachine().session()
	files := loadVision(t, s)
	delete(files, "mmproj.gguf")
	model, err := loadSources(s, pickedFiles(files))
	if err != nil || !model.Vision {
		t.Errorf("%+v, %v; want vision", model, err)
	}
	s.Unload(t.Context())
}

func TestTheVisionFileIsDeletedWithItsLastModel(t *testing.T) {
	m := newMachine()
	s := m.session()
	files := loadVision(t, s)
	files["other.gguf"] = files["model.gguf"]
	delete(files, "model.gguf")
	if _, err := loadSources(s, pickedFiles(files)); err != nil {
		t.Fatal(err)
	}
	s.Unload(t.Context())
	if err := s.Delete(t.Context(), "local:model.gguf"); err != nil {
		t.Fatal(err)
	}
	if model, err := loadSources(s, stored("local:other.gguf")); err != nil || !model.Vision {
		t.Errorf("after one of two models was deleted: %+v, %v", model, err)
	}
	s.Unload(t.Context())
	if err := s.Delete(t.Context(), "local:other.gguf"); err != nil {
		t.Fatal(err)
	}
	if left, err := m.List(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

// A vision file that was deleted by itself does not prevent its model from loading.
func TestAModelLoadsWithoutAVisionFileThatIsGone(t *testing.T) {
	m := newMachine()
	s := m.session()
	loadVision(t, s)
	s.Unload(t.Context())
	if err := m.Delete(t.Context(), "local:mmproj.gguf"); err != nil {
		t.Fatal(err)
	}
	model, err := loadSources(s, stored("local:model.gguf"))
	if err != nil || model.Vision {
		t.Errorf("%+v, %v; want no vision", model, err)
	}
	s.Unload(t.Context())
	if models, err := s.Models(t.Context()); err != nil || len(models) != 1 || !models[0].Complete {
		t.Errorf("%+v, %v", models, err)
	}
}
