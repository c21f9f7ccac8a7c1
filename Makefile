# One line for each target. `make run` serves the page, `make test` runs all tests.

MODEL ?=
PORT  ?= 8080

.PHONY: run site pkg examples size shots test test-go test-gpu test-wasm test-web test-hostile test-e2e lint measure \
	fmt fuzz bench models golden nano setup clean

run: site                       ## the site at http://localhost:8080; MODEL=path.gguf offers that file on it
	go run ./cmd/build serve -addr 127.0.0.1:$(PORT) $(if $(MODEL),-model $(MODEL))

site: node_modules              ## the site, into dist/site
	go run ./cmd/build site

pkg: node_modules               ## the npm package, into dist/pkg, and its tarball
	go run ./cmd/build pkg

examples: pkg examples/node_modules ## the projects of examples, into dist/examples
	node examples/build.mjs

size: site                      ## raw, gzip and brotli sizes; fails over budget
	go run ./cmd/build size

shots: site                     ## a picture of every state of the page, into dist/shots
	go build -o dist/bin/build ./cmd/build
	node e2e/shots.mjs

test: setup models examples/node_modules ## every tier, then the count
	scripts/test go gpu wasm web hostile e2e

test-go: node_modules models    ## tier 0: pure Go, and the rules of internal/arch
	scripts/test go

test-gpu: setup models          ## tier 1: every op on the native GPU (or lavapipe) against the CPU reference
	scripts/test gpu

test-wasm: setup models         ## tier 2: the same tests as js/wasm, under Node with Dawn on SwiftShader
	scripts/test wasm

test-web: node_modules          ## tier 2½: types and unit tests of the TypeScript
	scripts/test web

test-hostile: setup             ## tier 2¾: the loader in Chromium against servers and stores that misbehave
	scripts/test hostile

test-e2e: setup models examples/node_modules ## tier 3: the built site in Chromium
	scripts/test e2e

lint: node_modules              ## format, line length, vet and staticcheck for both targets, Biome, types
	scripts/lint

measure: node_modules           ## lengths of functions and files; fails when they are too long
	go run ./scripts/measure-code

fmt: node_modules               ## formats Go, TypeScript and JavaScript, and applies Biome's safe fixes
	gofmt -w $$(git ls-files '*.go')
	npx biome check --write

FUZZTIME ?= 30s
fuzz:                           ## every fuzz target for FUZZTIME each
	scripts/fuzz $(FUZZTIME)

bench:                          ## speed of every op, native
	go test -run '^$$' -bench . ./internal/gpu/

models:                         ## download the test model to models/cache and check its hash
	go run ./cmd/pack models

golden: .venv                   ## rewrite the golden files with the independent reference
	scripts/golden

nano: .venv                     ## train the model inside the site again, with its data (an hour on two cores)
	.venv/bin/pip install -q -r models/nano/requirements.txt
	$(MAKE) -C models/nano PYTHON=$(CURDIR)/.venv/bin/python

setup: node_modules             ## install what is missing: Chromium, a software Vulkan driver, npm packages
	scripts/setup

node_modules: package.json package-lock.json
	npm ci
	touch node_modules

examples/node_modules: examples/package.json examples/package-lock.json
	cd examples && npm ci
	touch examples/node_modules

.venv: testdata/golden/requirements.txt
	python3 -m venv .venv && .venv/bin/pip install -q -r $<

clean:
	rm -rf dist node_modules examples/node_modules
