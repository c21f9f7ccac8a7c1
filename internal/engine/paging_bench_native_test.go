//go:build unix

package engine

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/testing/tiny"
)

// BenchmarkPagingWithoutAMiss compares answers of the same model with and without paging, when all experts are on the
// GPU. They alternate, so that a machine that is slow for a while is slow for both. On a software adapter the CPU time
// of this process is the better measure, because it does not count other programs.
func BenchmarkPagingWithoutAMiss(b *testing.B) {
	device := onGPU(b)
	file := tiny.Llama4{Seed: 1, Type: quant.Q4_0, HiddenSize: 512, ExpertWidth: 1024, NumLayers: 12,
		NumExperts: 16}.GGUF()
	plain, paged := open(b, device, file, Options{}), open(b, device, file, Options{Paging: Paging{Slots: 16}})
	answer(b, plain)
	answer(b, paged) // loads the experts that this answer uses
	before := paged.pagingStats()
	var wall, cpu [2][]float64
	for b.Loop() {
		for i, e := range []*Engine{plain, paged} {
			w, c := answer(b, e)
			wall[i], cpu[i] = append(wall[i], w), append(cpu[i], c)
		}
	}
	if s := paged.pagingStats().Since(before); s.Misses > 0 {
		b.Fatalf("experts were missing: %+v", s)
	}
	b.ReportMetric(1e3*median(wall[0]), "ms/token")
	b.ReportMetric(median(wall[1])/median(wall[0]), "paged/unpaged-time")
	b.ReportMetric(median(cpu[1])/median(cpu[0]), "paged/unpaged-CPU")
}

// answer returns the seconds that a token takes, of wall time and of CPU time.
func answer(b *testing.B, e *Engine) (wall, cpu float64) {
	const tokens = 33
	forget(e)
	start, cpuStart := time.Now(), cpuSeconds()
	generate(b, e, numbered(1), Params{MaxTokens: tokens, Stop: never})
	return time.Since(start).Seconds() / tokens, (cpuSeconds() - cpuStart) / tokens
}

// cpuSeconds returns the CPU time of this process.
func cpuSeconds() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails only for bad arguments
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
