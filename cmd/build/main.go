// Command build builds the site, serves it and measures its size. Each verb has a file of its own.
//
//	go run ./cmd/build site          the site, into dist/site
//	go run ./cmd/build pkg           the npm package, into dist/pkg and a tarball
//	go run ./cmd/build serve         serves dist/site as a production server should
//	go run ./cmd/build size          sizes of what a browser loads; fails over budget
//	go run ./cmd/build modules       web/src as separate modules, into dist/modules, for unit tests
//	go run ./cmd/build wasmtest      runs Go tests as js/wasm under Node with WebGPU
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"
)

// A verb parses its own flags and does its work.
type verb struct {
	run  func(args []string) error
	help string
}

// verbs has the verbs of the command by name.
var verbs = map[string]verb{
	"site":     {site, "build the site into dist/site"},
	"pkg":      {pkg, "build the npm package into dist/pkg"},
	"serve":    {serve, "serve dist/site"},
	"size":     {size, "print sizes, fail over budget"},
	"modules":  {modules, "transpile web/src into dist/modules"},
	"wasmtest": {wasmtest, "go test as js/wasm under Node with WebGPU"},
}

// Folders, relative to the root of the repository.
const (
	siteDir    = "dist/site"
	assetsDir  = "dist/site/assets"
	pkgDir     = "dist/pkg"
	modulesDir = "dist/modules"
	cacheDir   = "dist/cache"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("build: ")
	if len(os.Args) < 2 || verbs[os.Args[1]].run == nil {
		usage()
	}
	if err := chdirRoot(); err != nil {
		log.Fatal(err)
	}
	if err := verbs[os.Args[1]].run(os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: go run ./cmd/build VERB [flags]")
	for name, v := range verbs {
		fmt.Fprintf(os.Stderr, "  %-9s %s\n", name, v.help)
	}
	os.Exit(2)
}

// chdirRoot changes to the folder of go.mod, so that paths do not depend on where the command was started.
func chdirRoot() error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return os.Chdir(dir)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return fmt.Errorf("no go.mod here or above: run this inside the repository")
		}
		dir = parent
	}
}

// flags returns a flag set for a verb that takes no other arguments.
func flags(name string) *flag.FlagSet {
	return flag.NewFlagSet(name, flag.ExitOnError)
}

// timed runs one step and logs its result and how long it took.
func timed(what string, step func() (detail string, err error)) error {
	start := time.Now()
	detail, err := step()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	log.Printf("%-10s %6.1f s  %s", what, time.Since(start).Seconds(), detail)
	return nil
}
