//go:build !js

package virtual

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func ask(t *testing.T, f *File, method, path, ranged string) (*http.Response, []byte) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if ranged != "" {
		r.Header.Set("Range", ranged)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	response := w.Result()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

func TestServerAnswersRanges(t *testing.T) {
	f := New(small(), UDQ2KXL(), 1)
	all := whole(t, f)
	response, body := ask(t, f, "GET", "/"+f.Name(), "bytes=5000-5999")
	if response.StatusCode != http.StatusPartialContent || !bytes.Equal(body, all[5000:6000]) {
		t.Errorf("status %d, %d bytes", response.StatusCode, len(body))
	}
	for key, want := range map[string]string{
		"Content-Range":                 fmt.Sprintf("bytes 5000-5999/%d", f.Size()),
		"Content-Length":                "1000",
		"Access-Control-Allow-Origin":   "*",
		"Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
		"ETag":                          f.ETag(),
	} {
		if got := response.Header.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestServerRefusesBadRequests(t *testing.T) {
	f := New(small(), UDQ2KXL(), 1)
	for _, c := range []struct {
		method, path, ranged string
		want                 int
	}{
		{"GET", "/other.gguf", "", http.StatusNotFound},
		{"GET", "/" + f.Name(), fmt.Sprintf("bytes=%d-", f.Size()), http.StatusRequestedRangeNotSatisfiable},
		{"OPTIONS", "/" + f.Name(), "", http.StatusNoContent},
		{"HEAD", "/" + f.Name(), "", http.StatusOK},
	} {
		if response, _ := ask(t, f, c.method, c.path, c.ranged); response.StatusCode != c.want {
			t.Errorf("%s %s %s: status %d, want %d", c.method, c.path, c.ranged, response.StatusCode, c.want)
		}
	}
}

func TestETagDependsOnTheSeed(t *testing.T) {
	a, b := New(small(), UDQ2KXL(), 1), New(small(), UDQ2KXL(), 2)
	if a.ETag() == b.ETag() || a.ETag() != New(small(), UDQ2KXL(), 1).ETag() {
		t.Errorf("ETags %s, %s", a.ETag(), b.ETag())
	}
}
