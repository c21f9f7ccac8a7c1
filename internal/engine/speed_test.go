package engine

import (
	"math"
	"testing"
	"time"

	"github.com/outrider-web/outrider/internal/testing/virtual"
	"github.com/outrider-web/outrider/loader/gguf"
)

// The sizes are those of the published file: spec, "Files".
func TestATokenOfScoutUsesItsShareOfTheWeights(t *testing.T) {
	file := virtual.New(virtual.Scout(), virtual.UDQ2KXL(), 1)
	header, err := gguf.Read(file.Size(), func(n int64) ([]byte, error) {
		b := make([]byte, n)
		_, err := file.ReadAt(b, 0)
		return b, err
	})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Read(header)
	if err != nil {
		t.Fatal(err)
	}
	const (
		resident  = 7.063e9
		embedding = 202048 * 5120 * 144 / 256 // Q4_K; a token takes one row of it
		experts   = 6*51118080 + 42*45547520  // one in each layer
	)
	_, all := plan.weightsOfToken()
	if want := float64(resident - embedding + experts); math.Abs(float64(all)-want) > 1e-3*want {
		t.Errorf("%d bytes, want about %.0f", all, want)
	}
}

func TestSecondsOfMeasuresOneRun(t *testing.T) {
	const duration = time.Millisecond
	times := []int{}
	seconds, err := secondsOf(func(n int) error {
		times = append(times, n)
		time.Sleep(time.Duration(n) * duration)
		return nil
	})
	if err != nil || seconds < duration.Seconds() || seconds > 3*duration.Seconds() {
		t.Errorf("%g s, %v after %v times; want about a millisecond", seconds, err, times)
	}
}

func TestComputeSecondsOnTheGPU(t *testing.T) {
	plan := pagedPlan(t, "two of six")
	seconds, err := plan.ComputeSeconds(t.Context(), onGPU(t))
	if err != nil || seconds <= 0 || seconds > 60 {
		t.Errorf("%g s, %v", seconds, err)
	}
}
