package session

import (
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
)

func TestPickedFilesAreAModelAndItsVisionFile(t *testing.T) {
	m := newMachine()
	s := m.session()
	model, err := loadSources(s, pickedFiles(visionFiles(t)))
	if err != nil || !model.Vision || model.ID != "local:model.gguf" {
		t.Fatalf("%+v, %v", model, err)
	}
	if err := s.Unload(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAVisionFileMayBeNamed(t *testing.T) {
	files := visionFiles(t)
	sources := pickedFiles(map[string][]byte{"model.gguf": files["model.gguf"]})
	sources.Vision = &Source{Kind: "files", Files: picked{map[string][]byte{"mmproj.gguf": files["mmproj.gguf"]}}}
	s := newMachine().session()
	if model, err := loadSources(s, sources); err != nil || !model.Vision {
		t.Errorf("%+v, %v", model, err)
	}
	s.Unload(t.Context())
}

func TestWrongChoicesOfFilesAreRefused(t *testing.T) {
	vision := visionFiles(t)["mmproj.gguf"]
	three := map[string][]byte{"a.gguf": dense, "b.gguf": vision, "c.gguf": vision}
	for want, sources := range map[string]ModelSources{
		"b.gguf is one file too many":        pickedFiles(map[string][]byte{"a.gguf": dense, "b.gguf": mixture}),
		"c.gguf is one file too many":        pickedFiles(three),
		"this is a vision file alone":        pickedFiles(map[string][]byte{"mmproj.gguf": vision}),
		"source.files: is empty":             pickedFiles(nil),
		`source.kind: is "ftp", not url`:     {Model: Source{Kind: "ftp"}},
		`source.kind: is "ftp", not url, fi`: {Model: Source{Kind: "stored"}, Vision: &Source{Kind: "ftp"}},
	} {
		m := newMachine()
		_, err := loadSources(m.session(), sources)
		if errs.Of(err).Code != errs.InvalidRequest || !strings.HasPrefix(err.Error(), want) || m.openDevices() != 0 {
			t.Errorf("%v, want %s; %d open devices", err, want, m.openDevices())
		}
	}
}

func TestPartsOfOneModelCountAsOneFile(t *testing.T) {
	names := []string{"a-00001-of-00002.gguf", "a-00002-of-00002.gguf", "b.gguf"}
	if got := firstParts(names); len(got) != 2 || got[0] != names[0] || got[1] != names[2] {
		t.Errorf("%v", got)
	}
}
