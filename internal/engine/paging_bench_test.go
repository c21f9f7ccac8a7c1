package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/tiny"
)

// BenchmarkPagingWithoutAMiss compares answers of one model whose experts all lie on the GPU, unpaged and paged. The two
// take turns, so that a machine that is slow for a while is slow for both; the ratio is the median of the pairs.
func BenchmarkPagingWithoutAMiss(b *testing.B) {
	device := onGPU(b)
	file := tiny.Llama4{Seed: 1, Type: quant.Q4_0, Hidden: 512, ExpertWidth: 1024, Layers: 12, Experts: 16}.GGUF()
	plain, paged := open(b, device, file, Options{}), open(b, device, file, Options{Paging: Paging{Slots: 16}})
	answer := func(e *Engine) float64 {
		e.Forget()
		begun := time.Now()
		generate(b, e, numbered(1), Params{MaxTokens: 33, Stop: never})
		return time.Since(begun).Seconds() / 33
	}
	answer(plain)
	answer(paged) // brings the experts in that this answer wants
	before := paged.paging()
	var ratios, tokens []float64
	for b.Loop() {
		unpaged := answer(plain)
		ratios, tokens = append(ratios, answer(paged)/unpaged), append(tokens, unpaged)
	}
	if s := paged.paging().Since(before); s.Faults > 0 {
		b.Fatalf("experts were missing: %+v", s)
	}
	slices.Sort(ratios)
	slices.Sort(tokens)
	b.ReportMetric(1e3*tokens[len(tokens)/2], "ms/token")
	b.ReportMetric(ratios[len(ratios)/2], "paged/unpaged")
}
