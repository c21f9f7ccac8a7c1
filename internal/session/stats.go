package session

import (
	"runtime"

	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/wire"
)

// Stats returns the engine's memory now and what was measured of the last answer. The memory that Go has taken from the
// system never shrinks in WebAssembly, so it is also the largest amount that Go ever used. Stats reads the device's
// counters while another method may be using the device, which only a program with one thread may do.
func (s *Session) Stats() *wire.EngineStats {
	s.mu.Lock()
	m, last := s.model, s.last
	s.mu.Unlock()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	held, peak := s.env.HeldBytes()
	return &wire.EngineStats{
		MemoryBytes:       memory.Sys,
		HeapBytes:         max(memory.HeapAlloc, last.PeakHeapBytes),
		BytesInFlight:     held,
		PeakBytesInFlight: peak,
		GPUBytes:          m.gpuBytes(),
		PromptTokens:      last.PromptTokens,
		CompletionTokens:  last.GeneratedTokens,
		PrefillSeconds:    last.PrefillSeconds,
		DecodeSeconds:     last.DecodeSeconds,
		TokensPerSecond:   last.TokensPerSecond(),
		Tokens:            last.Tokens,
		Tiles:             last.EncodedTiles,
		EncodeSeconds:     last.EncodeSeconds,
		PictureSeconds:    last.pictureSeconds,
		FetchedAgain:      m.fetchedAgain(),
		Paging:            m.pagingStats(last),
	}
}

// gpuBytes returns the size of all buffers on the device; 0 without a device.
func (m *openModel) gpuBytes() int64 {
	if m == nil || m.backend == nil {
		return 0
	}
	return m.backend.Bytes()
}

// fetchedAgain returns how many chunks were fetched again; see loader.Model.FetchedAgain.
func (m *openModel) fetchedAgain() int {
	if m == nil || !m.loaded {
		return 0
	}
	return m.files.model.FetchedAgain()
}

// pagingStats returns nil unless the model is paged.
func (m *openModel) pagingStats(last answer) *wire.PagingStats {
	if m == nil || m.engine == nil || m.engine.SlotBytes() == 0 {
		return nil
	}
	onGPU, all := m.engine.NumExperts()
	return &wire.PagingStats{
		SlotBytes:    m.engine.SlotBytes(),
		ExpertsOnGPU: onGPU,
		Experts:      all,
		BytesMissing: m.files.model.MissingBytes(nil),
		BytesTotal:   m.files.model.Bytes(),
		Waiting:      m.files.model.Waiting(),
		Prefill:      pagingCounts(last.PrefillPaging),
		Decode:       pagingCounts(last.DecodePaging),
	}
}

func pagingCounts(c engine.PagingCounts) wire.PagingCounts {
	return wire.PagingCounts{
		Tokens: c.Tokens, Hits: c.Hits, Misses: c.Misses, Reads: c.Reads, BytesRead: c.Bytes, HitRate: c.HitRate(),
	}
}
