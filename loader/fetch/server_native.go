//go:build !js

package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/outrider-web/outrider/internal/errs"
)

// httpSource is a file on a server that Go reads itself, for tests and native tools. In the browser the storage worker
// reads (web/src/worker/network/http-source.ts); it also retries, which httpSource does not.
type httpSource struct {
	url  string
	info Info
}

// openURL opens a file; it does not use mirrors.
func openURL(ctx context.Context, url string, _ []string) (Source, error) {
	response, err := get(ctx, url, 0, 1)
	if err != nil {
		return nil, err
	}
	response.Body.Close()
	_, total, _ := strings.Cut(response.Header.Get("Content-Range"), "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return nil, errs.Wrap(errs.NoRanges, "the server does not report the size of "+url+"; use another server", err)
	}
	_, name := SplitURL(url)
	return &httpSource{url, Info{Name: name, Size: size, Validator: response.Header.Get("ETag")}}, nil
}

func (s *httpSource) Info() Info { return s.info }
func (s *httpSource) Close()     {}

func (s *httpSource) ReadRange(ctx context.Context, offset, n int64, progress func(int64)) (Bytes, error) {
	response, err := get(ctx, s.url, offset, n)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	b := make(Bytes, n)
	for got := 0; got < len(b); {
		k, err := response.Body.Read(b[got:])
		got += k
		progress(int64(got))
		if err != nil && !(errors.Is(err, io.EOF) && got == len(b)) {
			return nil, connectionLost(s.url, err)
		}
	}
	return b, nil
}

func fetchText(ctx context.Context, url string, maxBytes int) (text string, ok bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", false, nil
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", false, connectionLost(url, err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, int64(maxBytes)+1))
	if err != nil {
		return "", false, connectionLost(url, err)
	}
	return string(b), response.StatusCode == http.StatusOK && len(b) <= maxBytes, nil
}

// get requests a range and returns the response if its status is 206 (Partial Content).
func get(ctx context.Context, url string, offset, n int64) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errs.Wrap(errs.InvalidRequest, url+" is not a web address; give one that begins with https://", err)
	}
	request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+n-1))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, connectionLost(url, err)
	}
	if response.StatusCode == http.StatusPartialContent {
		return response, nil
	}
	response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return nil, errs.New(errs.NoRanges,
			"the server of "+url+" does not serve parts of files (HTTP ranges); use another server")
	case http.StatusNotFound:
		return nil, errs.New(errs.NotFound, "there is no file at "+url+"; check the address")
	}
	return nil, errs.New(errs.HTTPStatus, "the server of "+url+" answered "+response.Status)
}

func connectionLost(url string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	message := "the connection to the server of " + url + " was lost; try again"
	return errs.Wrap(errs.ConnectionLost, message, err)
}
