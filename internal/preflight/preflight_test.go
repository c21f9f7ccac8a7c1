package preflight

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/testing/virtual"
	"github.com/outrider-web/outrider/loader/gguf"
)

const gib = 1 << 30

// known holds the models read so far, because reading a header takes seconds.
var known = map[string]Model{}

func model(t *testing.T, v virtual.Model, types virtual.Types) Model {
	t.Helper()
	if _, ok := known[v.Name]; !ok {
		known[v.Name] = read(t, v, types)
	}
	return known[v.Name]
}

// read returns what a published model needs with a context of 4,096 tokens.
func read(t *testing.T, v virtual.Model, types virtual.Types) Model {
	t.Helper()
	f := virtual.New(v, types, 1)
	header, err := gguf.Read(f.Size(), func(n int64) ([]byte, error) {
		b := make([]byte, n)
		_, err := f.ReadAt(b, 0)
		return b, err
	})
	if err != nil {
		t.Fatal(err)
	}
	m := Model{NumExperts: v.NumExperts, NumExpertsUsed: 1, FileBytes: f.Size(),
		CacheBytes: int64(4096 * v.NumLayers * 2 * v.NumKVHeads * v.HeadDim * 2)}
	m.MoELayers = make([]MoELayer, v.NumLayers)
	for _, x := range header.Tensors {
		if !strings.Contains(x.Name, "_exps.") {
			m.ResidentBytes += x.Size
			m.LargestTensor = max(m.LargestTensor, x.Size)
			continue
		}
		var layer int
		for _, c := range strings.Split(x.Name, ".")[1] {
			layer = 10*layer + int(c-'0')
		}
		matrix := x.Size / int64(v.NumExperts)
		m.MoELayers[layer].ExpertBytes += matrix
		m.MoELayers[layer].LargestMatrix = max(m.MoELayers[layer].LargestMatrix, matrix)
	}
	m.MoELayers = slices.DeleteFunc(m.MoELayers, func(u MoELayer) bool { return u.ExpertBytes == 0 })
	return m
}

// laptop has an ordinary GPU and network.
var laptop = Machine{MaxBuffer: 4 * gib, MaxBinding: 2*gib - 4, UsableBytes: 24e9, MaxBytes: 24e9,
	FreeStorage: 200e9, WriteSpeed: 1e9, ReadSpeed: 2e9, LinkSpeed: 10e6, ComputeSeconds: 0.05}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.005*math.Abs(want) {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

func TestScoutOnALaptop(t *testing.T) {
	m := model(t, virtual.Scout(), virtual.UDQ2KXL())
	r := Check(m, laptop)
	slots, bytes := 0, 0.0
	for layer, n := range r.Slots {
		expert := 45547520.0 // gate and up in Q2_K, down in Q3_K
		if layer < 6 {
			expert = 51118080 // down in Q4_K
		}
		slots += n
		bytes += expert * (1 - float64(n)/16)
		if n < 7 || n > 8 {
			t.Errorf("layer %d has %d slots", layer, n)
		}
	}
	if r.NumExpertsOnGPU != slots || r.NumExperts != 768 || r.GPUBytes > 24e9 || r.GPUBytes < 24e9-52e6 {
		t.Errorf("%d of %d experts, %d bytes", r.NumExpertsOnGPU, r.NumExperts, r.GPUBytes)
	}
	near(t, "hit rate of even use", r.HitRate, float64(slots)/768)
	near(t, "misses", r.MissesPerToken, 48*(1-float64(slots)/768))
	near(t, "bytes a token", r.BytesPerToken, bytes)
	near(t, "speed", r.TokensPerSecond, 1/(0.05+r.BytesPerToken/2e9))
	near(t, "download", r.DownloadSeconds, float64(m.FileBytes)/10e6)
	want := "This machine: 348 of 768 experts on the GPU, about 1.5 tok/s once warm, " +
		"43 GB to download (71 min at your speed), 43 GB of storage needed"
	if r.Verdict != Runs || r.Sentence() != want {
		t.Errorf("%s: %s", r.Verdict, r.Sentence())
	}
}

func TestScoutIsSlowOrDoesNotFitOnASmallGPU(t *testing.T) {
	on := laptop
	on.UsableBytes, on.MaxBytes = 10e9, 10e9
	r := Check(model(t, virtual.Scout(), virtual.UDQ2KXL()), on)
	if r.Verdict != DoesNotFit || r.Reasons[0].Limit != Memory {
		t.Errorf("%s: %+v", r.Verdict, r.Reasons)
	}
	on.UsableBytes, on.MaxBytes = 12e9, 12e9
	r = Check(model(t, virtual.Scout(), virtual.UDQ2KXL()), on)
	if r.Verdict != RunsSlowly || r.Reasons[0].Limit != Speed {
		t.Errorf("%s: %+v", r.Verdict, r.Reasons)
	}
}

func TestMaverickOnALaptop(t *testing.T) {
	m := model(t, virtual.Maverick(), virtual.UDQ2KXL())
	if len(m.MoELayers) != 24 {
		t.Fatalf("%d layers have experts", len(m.MoELayers))
	}
	r := Check(m, laptop)
	if r.NumExperts != 3072 || r.Verdict != Runs || r.GPUBytes > 24e9 {
		t.Errorf("%d experts, %s, %d bytes", r.NumExperts, r.Verdict, r.GPUBytes)
	}
	near(t, "hit rate of even use", r.HitRate, float64(r.NumExpertsOnGPU)/3072)
	near(t, "misses", r.MissesPerToken, 24*(1-float64(r.NumExpertsOnGPU)/3072))
}

func TestAMeasuredHitRateReplacesThatOfEvenUse(t *testing.T) {
	m, on := model(t, virtual.Scout(), virtual.UDQ2KXL()), laptop
	on.HitRate = 0.9
	r := Check(m, on)
	near(t, "hit rate", r.HitRate, 0.9)
	near(t, "misses", r.MissesPerToken, 4.8)
	if r.Verdict != Runs || len(r.Reasons) != 0 {
		t.Errorf("%s because %+v", r.Verdict, r.Reasons)
	}
}

func TestAModelThatFitsHasNoMisses(t *testing.T) {
	m, on := model(t, virtual.Scout(), virtual.UDQ2KXL()), laptop
	on.UsableBytes, on.MaxBytes, on.HitRate = 80e9, 80e9, 0.9
	r := Check(m, on)
	if r.NumExpertsOnGPU != 768 || r.HitRate != 1 || r.BytesPerToken != 0 || r.PromptBytes != 0 || r.Verdict != Runs {
		t.Errorf("%+v", r)
	}
	near(t, "speed", r.TokensPerSecond, 20)
	want := "This machine: the whole model on the GPU, about 20 tok/s once warm, " +
		"43 GB to download (71 min at your speed), 43 GB of storage needed"
	if s := r.Sentence(); !strings.HasPrefix(s, want) {
		t.Error(s)
	}
}

// tiny is small enough for mental arithmetic: two layers of four experts of 10 bytes, and 50 bytes of other tensors.
func tiny() Model {
	return Model{ResidentBytes: 40, CacheBytes: 10, LargestTensor: 20, MoELayers: []MoELayer{{10, 4}, {10, 4}},
		NumExperts: 4, NumExpertsUsed: 1,
		FileBytes: 120, StoredBytes: 20}
}

// largeMachine has enough of everything for tiny.
func largeMachine() Machine {
	return Machine{MaxBuffer: 100, MaxBinding: 100, UsableBytes: 100, MaxBytes: 100, FreeStorage: 1000, WriteSpeed: 50,
		ReadSpeed: 1000, LinkSpeed: 20, ComputeSeconds: 0.01}
}

func TestCheckComputesTheFormulas(t *testing.T) {
	r := Check(tiny(), largeMachine())
	want := Report{Verdict: Runs, Slots: []int{3, 2}, NumExpertsOnGPU: 5, NumExperts: 8, GPUBytes: 100,
		HitRate: 0.625, MissesPerToken: 0.75, BytesPerToken: 7.5, TokensPerSecond: 1 / (0.01 + 0.0075),
		PromptBytes: 30, PromptSeconds: 0.03, DownloadBytes: 100, DownloadSeconds: 5, StorageBytes: 120}
	if !slices.Equal(r.Slots, want.Slots) {
		t.Errorf("slots %v, want %v", r.Slots, want.Slots)
	}
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"experts", float64(r.NumExpertsOnGPU), 5}, {"GPU", float64(r.GPUBytes), 100}, {"hit rate", r.HitRate, want.HitRate},
		{"misses", r.MissesPerToken, want.MissesPerToken}, {"bytes a token", r.BytesPerToken, want.BytesPerToken},
		{"speed", r.TokensPerSecond, want.TokensPerSecond}, {"prompt", float64(r.PromptBytes), 30},
		{"prompt's time", r.PromptSeconds, 0.03}, {"download", float64(r.DownloadBytes), 100},
		{"download's time", r.DownloadSeconds, 5}, {"storage", float64(r.StorageBytes), 120},
	} {
		near(t, c.what, c.got, c.want)
	}
	if r.Verdict != Runs || r.AtLeast || r.ComputeUnknown {
		t.Errorf("%+v", r)
	}
}

func TestASlowStoreLimitsTheDownload(t *testing.T) {
	on := largeMachine()
	on.WriteSpeed = 10
	near(t, "seconds", Check(tiny(), on).DownloadSeconds, 10)
	on.LinkSpeed = 0
	if r := Check(tiny(), on); r.DownloadSeconds != 0 || strings.Contains(r.Sentence(), "your speed") {
		t.Errorf("a time without a measured network: %s", r.Sentence())
	}
}

func TestEachReasonNamesItsLimit(t *testing.T) {
	for _, c := range []struct {
		limit  Limit
		change func(*Model, *Machine)
		want   string // part of the sentence
	}{
		{Buffer, func(_ *Model, on *Machine) { on.MaxBuffer = 19 }, "buffers of 20 B; this GPU allows 19 B"},
		{Binding, func(_ *Model, on *Machine) { on.MaxBinding = 19 }, "see 20 B at once; this GPU allows 19 B"},
		{Buffer, func(m *Model, _ *Machine) { m.NumExpertsUsed, m.MoELayers[0].LargestMatrix = 2, 51 }, "buffers of 102 B"},
		{Memory, func(_ *Model, on *Machine) { on.MaxBytes = 69 }, "at least 70 B of GPU memory are needed, 69 B"},
		{Storage, func(_ *Model, on *Machine) { on.FreeStorage = 99 },
			"100 B are still to be stored, the browser has 99 B free"},
	} {
		m, on := tiny(), largeMachine()
		c.change(&m, &on)
		r := Check(m, on)
		if r.Verdict != DoesNotFit || len(r.Reasons) == 0 || r.Reasons[0].Limit != c.limit ||
			!strings.Contains(r.Sentence(), c.want) {
			t.Errorf("%s: %s, %+v, %s", c.limit, r.Verdict, r.Reasons, r.Sentence())
		}
	}
}

func TestAModelThatJustFitsRuns(t *testing.T) {
	on := Machine{MaxBuffer: 20, MaxBinding: 20, UsableBytes: 70, MaxBytes: 70, FreeStorage: 100}
	if r := Check(tiny(), on); r.Verdict != Runs || !slices.Equal(r.Slots, []int{1, 1}) {
		t.Errorf("%s %+v", r.Sentence(), r.Slots)
	}
}

func TestASlowModelIsExplainedByWhatTakesTheTime(t *testing.T) {
	on := largeMachine()
	on.ReadSpeed = 1
	r := Check(tiny(), on)
	if r.Verdict != RunsSlowly || !strings.Contains(r.Reasons[0].Message,
		"reads 7.5 B of experts from storage, at 1 B a second") {
		t.Errorf("%s %+v", r.Verdict, r.Reasons)
	}
	on.UsableBytes = 0
	if r := Check(tiny(), on); !strings.Contains(r.Reasons[0].Message, "will show") {
		t.Errorf("%+v", r.Reasons)
	}
	on = largeMachine()
	on.ComputeSeconds = 3
	dense := tiny()
	dense.MoELayers = nil
	for _, m := range []Model{tiny(), dense} {
		if r := Check(m, on); r.Verdict != RunsSlowly || !strings.Contains(r.Reasons[0].Message, "takes the GPU 3 s") {
			t.Errorf("%s %+v", r.Verdict, r.Reasons)
		}
		on.ReadSpeed = 0 // a dense model needs none
	}
}

func TestBuffersLimitTheSlots(t *testing.T) {
	on := largeMachine()
	on.MaxBinding = 20
	on.UsableBytes = 130
	m := tiny()
	m.MoELayers[1].LargestMatrix = 9 // two slots of it in a buffer
	if r := Check(m, on); !slices.Equal(r.Slots, []int{4, 2}) || r.GPUBytes != 110 {
		t.Errorf("slots %v, %d bytes", r.Slots, r.GPUBytes)
	}
}

func TestWithUnknownMemoryTheReportIsAMinimum(t *testing.T) {
	on := largeMachine()
	on.UsableBytes, on.MaxBytes = 0, 0
	r := Check(tiny(), on)
	if !r.AtLeast || r.NumExpertsOnGPU != 2 || r.GPUBytes != 70 {
		t.Errorf("%+v", r)
	}
	want := "This machine: at least 2 of 8 experts on the GPU, at least 40 tok/s once warm, 100 B to download"
	if s := r.Sentence(); !strings.HasPrefix(s, want) {
		t.Error(s)
	}
}

func TestTheSentenceLeavesOutWhatIsNotMeasured(t *testing.T) {
	on := largeMachine()
	on.ComputeSeconds = 0
	r := Check(tiny(), on)
	near(t, "speed", r.TokensPerSecond, 1000/7.5)
	if !r.ComputeUnknown || !strings.Contains(r.Sentence(), "at most 133 tok/s") {
		t.Error(r.Sentence())
	}
	on.ReadSpeed = 0
	if r := Check(tiny(), on); r.TokensPerSecond != 0 || r.ComputeUnknown || strings.Contains(r.Sentence(), "tok/s") {
		t.Error(r.Sentence())
	}
}

func TestADenseModelIsWhollyOnTheGPU(t *testing.T) {
	m := tiny()
	m.MoELayers, m.NumExperts, m.NumExpertsUsed = nil, 0, 0
	m.StoredBytes = m.FileBytes
	r := Check(m, largeMachine())
	if r.GPUBytes != 50 || r.HitRate != 1 || r.Verdict != Runs ||
		r.Sentence() != "This machine: the whole model on the GPU, about 100 tok/s once warm" {
		t.Errorf("%+v %s", r, r.Sentence())
	}
}

func TestNumbersAreFormattedForPeople(t *testing.T) {
	for got, want := range map[string]string{
		Bytes(54.6e9): "55 GB", Bytes(1.44e9): "1.4 GB", Bytes(640e6): "640 MB", Bytes(2300): "2.3 kB", Bytes(0): "0 B",
		Duration(5.5 * 3600): "5.5 h", Duration(5399): "90 min", Duration(89): "89 s", Duration(0.25): "0.25 s",
		Number(412.4): "412", Number(3.04): "3", Number(0.0351): "0.035", Number(9.99): "10", Number(1e-7): "0.0000001",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
