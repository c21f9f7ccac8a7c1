package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/experts/simulate"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/testing/tiny"
)

// Layers with random weights change the residual stream a little, so that running routers ahead predicts more than
// chance and less than everything.
func TestTraceRecordsChoicesAndCountsPredictions(t *testing.T) {
	l := tiny.Llama4{Seed: 1, Type: quant.F32, HiddenSize: 64, NumHeads: 4, NumKVHeads: 2, ExpertWidth: 32, DenseWidth: 32,
		NumLayers: 4, NumExperts: 8, NumExpertsUsed: 2}
	dir := t.TempDir()
	f := newTraceFlags()
	f.Parse([]string{"-model", filepath.Join(dir, "m.gguf"), "-tokens", "20", "-o", filepath.Join(dir, "t.trace")})
	if err := os.WriteFile(f.model, l.GGUF(), 0o644); err != nil {
		t.Fatal(err)
	}
	b := newLookahead(2)
	e, err := openWhole(f.model, b)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := f.answer(e); err != nil {
		t.Fatal(err)
	}
	if len(b.tokens) != 19 || b.total[0] != 19*3*2 || b.total[1] != 19*2*2 {
		t.Errorf("%d tokens, %v predictions", len(b.tokens), b.total)
	}
	if a := b.accuracy(0); a < 0.35 || a == 1 {
		t.Errorf("the choice of the next router was predicted in %.2f of the cases", a)
	}
	var out strings.Builder
	if err := b.report(&out); err != nil || !strings.Contains(out.String(), "router 2 ahead") {
		t.Errorf("the report is %q, %v", out.String(), err)
	}
	if err := f.write(b); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(f.out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	trace, err := simulate.ReadTrace(file)
	if err != nil || trace.Tokens() != 19 || trace.Layers != 4 || trace.NumExpertsUsed != 2 {
		t.Errorf("the trace is %+v, %v", trace, err)
	}
}
