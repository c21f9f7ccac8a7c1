package loader

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// Nobody splits a model into so many files: the name is that of one file.
func TestANameWithAbsurdlyManyPartsIsOneFile(t *testing.T) {
	const name = "x-00001-of-99999.gguf"
	st := newStore()
	m := mustOpen(t, fetch.Memory{name: smallModel("t")}, name, st)
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if models, err := List(t.Context(), st); err != nil || len(models) != 1 || !models[0].Complete {
		t.Errorf("%+v %v, want one complete model", models, err)
	}
	if err := Delete(t.Context(), m.ID, st); err != nil {
		t.Fatal(err)
	}
	if files, _ := st.List(t.Context()); len(files) != 0 {
		t.Errorf("stored after Delete: %+v", files)
	}
}

func TestAStoredModelOutlivesTheSecretsOfItsAddress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("token") != "new" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(bigModel()))
	}))
	defer server.Close()
	st := newStore()
	location, name := fetch.SplitURL(server.URL + "/m.gguf?token=new")
	m := mustOpen(t, location, name, st)
	if strings.Contains(m.ID, "new") {
		t.Errorf("the id has the secret: %s", m.ID)
	}
	again, err := OpenStored(t.Context(), m.ID, st, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, again.Download(t.Context(), nil, nil), errs.AddressNeeded, "enter the whole address again")
	again.Close()
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	again, err = OpenStored(t.Context(), m.ID, st, nil)
	if err != nil || again.MissingBytes(nil) != 0 {
		t.Errorf("a complete model needs no server: %v", err)
	}
	again.Close()
	if err := Delete(t.Context(), location.Address(name), st); err != nil {
		t.Fatal(err)
	}
	if files, _ := st.List(t.Context()); len(files) != 0 {
		t.Errorf("stored after Delete: %+v", files)
	}
}

// Earlier versions kept the whole address.
func TestAModelThatIsStoredUnderItsWholeAddressIsFound(t *testing.T) {
	st := newStore()
	location, name := fetch.SplitURL("https://models.test/m.gguf?token=abc")
	info := fetch.Info{Name: name, Size: 1}
	if _, err := st.OpenFile(t.Context(), location.Address(name), info, store.IndexedDB); err != nil {
		t.Fatal(err)
	}
	p := newPart(location, name, st, Options{})
	if file, known, err := p.find(t.Context()); !known || err != nil || file.ID != location.Address(name) {
		t.Errorf("%+v %v %v", file, known, err)
	}
	if err := Delete(t.Context(), location.Address(name), st); err != nil {
		t.Fatal(err)
	}
	if files, _ := st.List(t.Context()); len(files) != 0 {
		t.Errorf("stored after Delete: %+v", files)
	}
}
