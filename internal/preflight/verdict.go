package preflight

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// judge compares what is needed with what is there, limit by limit.
func (r *Report) judge(m Model, on Machine) {
	r.Verdict = Runs
	tensor := m.needsTensor()
	r.refuse(Buffer, float64(tensor), float64(on.MaxBuffer),
		"the model needs buffers of %s; this GPU allows %s (maxBufferSize): choose a smaller quantisation")
	r.refuse(Binding, float64(tensor), float64(on.MaxBinding),
		"a kernel must see %s at once; this GPU allows %s (maxStorageBufferBindingSize): choose a smaller quantisation")
	if on.MaxBytes > 0 {
		r.refuse(Memory, float64(m.bytes(m.fewest())), float64(on.MaxBytes),
			"at least %s of GPU memory are needed, %s can be used: close other tabs, shorten the context, or choose a smaller model")
	}
	if on.FreeStorage > 0 {
		r.refuse(Storage, float64(r.DownloadBytes), float64(on.FreeStorage),
			"%s are still to be stored, the browser has room for %s: free space on the disk or delete another model")
	}
	if len(r.Reasons) > 0 {
		r.Verdict = DoesNotFit
		return
	}
	if r.TokensPerSecond > 0 && r.TokensPerSecond < slow {
		r.Verdict = RunsSlowly
		r.Reasons = append(r.Reasons, Reason{Speed, slow, r.TokensPerSecond, r.whySlow(on)})
	}
}

// needsTensor is the largest buffer without which nothing runs: a resident tensor, or a layer's fewest slots.
func (m Model) needsTensor() int64 {
	n := m.LargestTensor
	for _, u := range m.MoELayers {
		n = max(n, int64(m.NumExpertsUsed)*u.LargestMatrix)
	}
	return n
}

// refuse gives a reason when more is needed than there is. message has room for both.
func (r *Report) refuse(l Limit, needed, available float64, message string) {
	if needed > available {
		r.Reasons = append(r.Reasons, Reason{l, needed, available, fmt.Sprintf(message, Bytes(needed), Bytes(available))})
	}
}

// whySlow names the larger part of a token's time.
func (r *Report) whySlow(on Machine) string {
	if r.BytesPerToken == 0 || on.ComputeSeconds > r.BytesPerToken/on.ReadSpeed {
		return fmt.Sprintf("a token takes the GPU %s: choose a smaller model", Duration(on.ComputeSeconds))
	}
	advice := "give Outrider more GPU memory or choose a smaller quantisation"
	if r.AtLeast {
		advice = "how much GPU memory there is will show, and more makes it faster"
	}
	return fmt.Sprintf("a token reads %s of experts from storage, at %s a second: %s", Bytes(r.BytesPerToken), Bytes(on.ReadSpeed), advice)
}

// Sentence returns the report for the page: "This machine: 412 of 768 experts on the GPU, about 3 tok/s once warm, 55 GB to
// download (2 h at your speed), 61 GB of storage needed".
func (r Report) Sentence() string {
	if r.Verdict == DoesNotFit {
		var why []string
		for _, reason := range r.Reasons {
			why = append(why, reason.Message)
		}
		return "This model does not fit on this machine: " + strings.Join(why, "; ")
	}
	parts := []string{r.placed()}
	if r.TokensPerSecond > 0 {
		parts = append(parts, r.speed()+" once warm")
	}
	if r.DownloadBytes > 0 {
		parts = append(parts, r.toDownload(), Bytes(float64(r.StorageBytes))+" of storage needed")
	}
	return "This machine: " + strings.Join(parts, ", ")
}

func (r Report) placed() string {
	switch {
	case r.NumExpertsOnGPU == r.NumExperts:
		return "the whole model on the GPU"
	case r.AtLeast:
		return fmt.Sprintf("at least %d of %d experts on the GPU", r.NumExpertsOnGPU, r.NumExperts)
	}
	return fmt.Sprintf("%d of %d experts on the GPU", r.NumExpertsOnGPU, r.NumExperts)
}

func (r Report) speed() string {
	about := "about "
	switch {
	case r.AtLeast && !r.ComputeUnknown:
		about = "at least "
	case r.ComputeUnknown && !r.AtLeast:
		about = "at most "
	}
	return about + Number(r.TokensPerSecond) + " tok/s"
}

func (r Report) toDownload() string {
	s := Bytes(float64(r.DownloadBytes)) + " to download"
	if r.DownloadSeconds > 0 {
		s += " (" + Duration(r.DownloadSeconds) + " at your speed)"
	}
	return s
}

// Bytes writes a size in two digits or more: "55 GB", "1.4 GB", "640 MB".
func Bytes(n float64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if n >= u.size {
			return Number(n/u.size) + " " + u.name
		}
	}
	return Number(n) + " B"
}

// Duration writes a time as people say it: "2 h", "35 min", "8 s".
func Duration(seconds float64) string {
	switch {
	case seconds >= 5400:
		return Number(seconds/3600) + " h"
	case seconds >= 90:
		return Number(seconds/60) + " min"
	}
	return Number(seconds) + " s"
}

// Number writes a number in the two digits that an estimate has, more only before the point: "412", "3", "1.4", "0.035".
func Number(x float64) string {
	if x >= 10 || x == 0 {
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64)
	}
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 2, 64), 64)
	return strconv.FormatFloat(x, 'f', -1, 64)
}
