package preflight

import "fmt"

// judge fills in the verdict: it compares what is needed with what is available, limit by limit.
func (r *Report) judge(m Model, on Machine) {
	r.Verdict = Runs
	tensor := m.largestBuffer()
	r.checkLimit(Buffer, float64(tensor), float64(on.MaxBuffer),
		"the model needs buffers of %s; this GPU allows %s (maxBufferSize): choose a smaller quantisation")
	r.checkLimit(Binding, float64(tensor), float64(on.MaxBinding),
		"a kernel must see %s at once; this GPU allows %s (maxStorageBufferBindingSize): choose a smaller quantisation")
	if on.MaxBytes > 0 {
		r.checkLimit(Memory, float64(m.bytes(m.minShape())), float64(on.MaxBytes),
			"at least %s of GPU memory are needed, %s can be used: "+
				"close other tabs, shorten the context, or choose a smaller model")
	}
	if on.FreeStorage > 0 {
		r.checkLimit(Storage, float64(r.DownloadBytes), float64(on.FreeStorage),
			"%s are still to be stored, the browser has %s free: free space on the disk or delete another model")
	}
	if len(r.Reasons) > 0 {
		r.Verdict = DoesNotFit
		return
	}
	if r.TokensPerSecond > 0 && r.TokensPerSecond < slowSpeed {
		r.Verdict = RunsSlowly
		r.Reasons = append(r.Reasons, Reason{Speed, slowSpeed, r.TokensPerSecond, r.whySlow(on)})
	}
}

// largestBuffer returns the size of the largest buffer that the model needs in any case: a resident tensor, or the
// slots of a layer for the experts of one token.
func (m Model) largestBuffer() int64 {
	n := m.LargestTensor
	for _, l := range m.MoELayers {
		n = max(n, int64(m.NumExpertsUsed)*l.LargestMatrix)
	}
	return n
}

// checkLimit adds a reason when more is needed than is available. format has two verbs %s, for both.
func (r *Report) checkLimit(l Limit, needed, available float64, format string) {
	if needed > available {
		r.Reasons = append(r.Reasons, Reason{l, needed, available, fmt.Sprintf(format, Bytes(needed), Bytes(available))})
	}
}

// whySlow explains the larger part of a token's time.
func (r *Report) whySlow(on Machine) string {
	if r.BytesPerToken == 0 || on.ComputeSeconds > r.BytesPerToken/on.ReadSpeed {
		return fmt.Sprintf("a token takes the GPU %s: choose a smaller model", Duration(on.ComputeSeconds))
	}
	advice := "give Outrider more GPU memory or choose a smaller quantisation"
	if r.AtLeast {
		advice = "loading will show how much GPU memory there is, and more makes it faster"
	}
	return fmt.Sprintf("a token reads %s of experts from storage, at %s a second: %s",
		Bytes(r.BytesPerToken), Bytes(on.ReadSpeed), advice)
}
