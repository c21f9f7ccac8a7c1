package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"

	"github.com/outrider-web/outrider/internal/testing/virtual"
)

// virtualModel serves a file that is computed when it is read.
func virtualModel(args []string) error {
	f := flag.NewFlagSet("pack virtual", flag.ExitOnError)
	model := f.String("model", "scout", strings.Join(names(virtual.Models(), modelName), ", "))
	types := f.String("types", "ud-q2_k_xl", strings.Join(names(virtual.AllTypes(), typesName), ", "))
	seed := f.Uint64("seed", 1, "seed of the weights")
	addr := f.String("addr", "127.0.0.1:8090", "address to listen on")
	f.Parse(args)
	file, err := newVirtual(*model, *types, *seed)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	log.Printf("%.1f GB at http://%s/%s", float64(file.Size())/1e9, listener.Addr(), file.Name())
	return http.Serve(listener, file)
}

func newVirtual(model, types string, seed uint64) (*virtual.File, error) {
	m, ok := byName(virtual.Models(), modelName, model)
	if !ok {
		return nil, fmt.Errorf("unknown model %q; known are %s", model,
			strings.Join(names(virtual.Models(), modelName), ", "))
	}
	t, ok := byName(virtual.AllTypes(), typesName, types)
	if !ok {
		return nil, fmt.Errorf("unknown types %q; known are %s", types,
			strings.Join(names(virtual.AllTypes(), typesName), ", "))
	}
	return virtual.New(m, t, seed), nil
}

func modelName(m virtual.Model) string { return m.Name }
func typesName(t virtual.Types) string { return t.Name }

func names[T any](all []T, name func(T) string) []string {
	list := make([]string, len(all))
	for i, x := range all {
		list[i] = name(x)
	}
	return list
}

func byName[T any](all []T, name func(T) string, want string) (found T, ok bool) {
	for _, x := range all {
		if name(x) == want {
			return x, true
		}
	}
	return found, false
}
