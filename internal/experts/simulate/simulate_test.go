package simulate

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/experts"
)

// traceOf makes a trace from one string for each token, with one digit for each layer.
func traceOf(numExperts int, tokens ...string) *Trace {
	t := &Trace{Layers: len(tokens[0]), NumExperts: numExperts, NumExpertsUsed: 1}
	for _, token := range tokens {
		for _, digit := range token {
			t.choices = append(t.choices, byte(digit-'0'))
		}
	}
	return t
}

func TestSimulationCountsHitsAndMisses(t *testing.T) {
	trace := traceOf(4,
		"012",
		"011", // layer 2 misses
		"112", // layer 0 misses; layer 2 still has 2
		"310", // layers 0 and 2 miss
		"010") // layer 0 misses: 3 evicted 0, which was used before 1
	s := experts.EvenSlots(3, 4, 1, 2)
	s.ExpertBytes = []int64{1, 10, 100}
	got, err := Simulation{Shape: s, Policy: experts.NewLRU(3, 4)}.Run(trace)
	if err != nil {
		t.Fatal(err)
	}
	want := experts.Stats{Tokens: 5, Hits: 7, Misses: 8, Loads: 8, Evictions: 3, Bytes: 4 + 10 + 300}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPrefetchOfPredictedExpertsMakesHits(t *testing.T) {
	// Expert e of layer 0 is always followed by 3-e.
	var tokens []string
	for range 12 {
		tokens = append(tokens, "03", "12", "21", "30")
	}
	run := func(p experts.Predictor) experts.Stats {
		s, err := Simulation{Shape: experts.EvenSlots(2, 4, 1, 2), Policy: experts.NewLRU(2, 4), Predictor: p,
			LayersAhead: 1}.Run(traceOf(4, tokens...))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	without, with := run(nil), run(experts.NewTransitions(2, 4))
	if without.Hits != 0 || with.Hits == 0 || with.Prefetches != with.PrefetchesUsed {
		t.Errorf("without prefetch %+v\nwith %+v", without, with)
	}
	if with.Loads != without.Loads {
		t.Errorf("right predictions made %d loads instead of %d", with.Loads, without.Loads)
	}
}

func TestPrefetchHappensOnlyAtMisses(t *testing.T) {
	// Layer 0 misses once, at the first token.
	trace := traceOf(4, "03", "03", "03", "03", "03", "03", "03", "03", "01", "02", "03")
	s, err := Simulation{Shape: experts.EvenSlots(2, 4, 1, 2), Policy: experts.NewLRU(2, 4),
		Predictor: experts.NewTransitions(2, 4), LayersAhead: 1}.Run(trace)
	if err != nil || s.Prefetches != 0 {
		t.Errorf("statistics %+v, %v", s, err)
	}
}

var drifting = Synthetic{Layers: 6, NumExperts: 8, NumExpertsUsed: 1, Tokens: 800, Zipf: 1, Topics: 4, Drift: 100,
	Repeat: 0.2, Follow: 0.2, Seed: 1}

func TestNoPolicyBeatsTheOptimalPolicy(t *testing.T) {
	for _, used := range []int{1, 2} {
		s := drifting
		s.NumExpertsUsed = used
		trace := s.Trace()
		for slots := used; slots <= 8; slots += 3 {
			run := func(p experts.Policy) float64 {
				stats, err := Simulation{Shape: experts.EvenSlots(6, 8, used, slots), Policy: p}.Run(trace)
				if err != nil {
					t.Fatal(err)
				}
				return stats.HitRate()
			}
			best := run(NewOptimal(trace))
			for _, name := range []string{"lru", "lfu", "stale"} {
				p, _ := experts.NewPolicy(name, 6, 8)
				if rate := run(p); rate > best {
					t.Errorf("%d slots: %s hits %.3f, the optimal policy %.3f", slots, name, rate, best)
				}
			}
		}
	}
}

func TestLRUHitsNoLessWithMoreSlots(t *testing.T) {
	trace, last := drifting.Trace(), -1.0
	for slots := 1; slots <= 8; slots++ {
		s, _ := Simulation{Shape: experts.EvenSlots(6, 8, 1, slots), Policy: experts.NewLRU(6, 8)}.Run(trace)
		if s.HitRate() < last {
			t.Errorf("%d slots hit less than %d", slots, slots-1)
		}
		if last = s.HitRate(); slots == 8 && s.Misses > 6*8 {
			t.Errorf("with a slot for every expert, %d misses", s.Misses)
		}
	}
}

func TestSyntheticTracesFollowTheirParameters(t *testing.T) {
	if a, b := drifting.Trace(), drifting.Trace(); !bytes.Equal(a.choices, b.choices) {
		t.Error("the same seed generated two different traces")
	}
	share := func(s Synthetic) float64 { // of the uses of layer 0, those of its most used expert
		counts := make([]float64, s.NumExperts)
		trace := s.Trace()
		for token := range trace.Tokens() {
			counts[trace.At(token, 0)[0]]++
		}
		return slices.Max(counts) / float64(trace.Tokens())
	}
	even := Synthetic{Layers: 2, NumExperts: 16, NumExpertsUsed: 1, Tokens: 4000, Topics: 1, Seed: 3}
	if x := share(even); x > 0.09 {
		t.Errorf("uniform choices use one expert %.2f of the time", x)
	}
	if even.Zipf = 1.5; share(even) < 0.35 {
		t.Errorf("zipf 1.5 uses one expert only %.2f of the time", share(even))
	}
	two := Synthetic{Layers: 2, NumExperts: 4, NumExpertsUsed: 2, Tokens: 100, Topics: 1, Follow: 0.5, Seed: 3}.Trace()
	for token := range two.Tokens() {
		if c := two.At(token, 1); c[0] == c[1] {
			t.Fatalf("token %d chose %v", token, c)
		}
	}
}

func TestTracesAreReadAsRecorded(t *testing.T) {
	var file bytes.Buffer
	r, err := NewRecorder(&file, 3, 16, 2)
	if err != nil {
		t.Fatal(err)
	}
	tokens := [][]byte{{1, 2, 3, 4, 5, 6}, {15, 14, 0, 1, 7, 8}}
	for _, token := range tokens {
		if err := r.Token(token); err != nil {
			t.Fatal(err)
		}
	}
	size := file.Len()
	trace, err := ReadTrace(&file)
	if err != nil || trace.Tokens() != 2 || !bytes.Equal(trace.At(1, 2), []byte{7, 8}) || trace.NumExperts != 16 {
		t.Errorf("trace %+v, %v", trace, err)
	}
	var again bytes.Buffer
	if n, err := trace.WriteTo(&again); n != int64(size) || err != nil {
		t.Errorf("%d bytes, %v; want %d", n, err, size)
	}
	if len(r.Token([]byte{1}).Error()) == 0 || r.Token([]byte{1, 2, 3, 4, 5, 16}) == nil {
		t.Error("a wrong token was recorded")
	}
}

func TestReadTraceRefusesBrokenTraces(t *testing.T) {
	good := traceOf(4, "012")
	var file bytes.Buffer
	good.WriteTo(&file)
	whole := file.String()
	for message, text := range map[string]string{
		"not a trace":       "something else altogether",
		"ends inside":       whole + "\x01",
		"chose expert 9":    whole + "\x00\x09\x00",
		"cannot have 0":     traceMagic + "\x00\x00\x04\x00\x01\x00",
		"of 300 experts":    traceMagic + "\x01\x00\x2c\x01\x01\x00",
		"4 experts, 5 used": traceMagic + "\x01\x00\x04\x00\x05\x00",
	} {
		if _, err := ReadTrace(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("error is %v, want one that contains %q", err, message)
		}
	}
	if _, err := ReadTrace(strings.NewReader(traceMagic)); err == nil {
		t.Error("a trace without a header is accepted")
	}
}

func FuzzReadTrace(f *testing.F) {
	var file bytes.Buffer
	drifting.Trace().WriteTo(&file)
	f.Add(file.Bytes()[:200])
	f.Fuzz(func(t *testing.T, b []byte) {
		if trace, err := ReadTrace(bytes.NewReader(b)); err == nil {
			for token := range trace.Tokens() {
				trace.At(token, trace.Layers-1)
			}
		}
	})
}

func BenchmarkSimulation(b *testing.B) {
	s := Synthetic{Layers: 48, NumExperts: 16, NumExpertsUsed: 1, Tokens: 1000, Zipf: 1, Topics: 4, Drift: 100, Seed: 1}
	trace := s.Trace()
	for range b.N {
		Simulation{Shape: experts.EvenSlots(48, 16, 1, 4), Policy: experts.NewLFU(48, 16, 32)}.Run(trace)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/token")
}
