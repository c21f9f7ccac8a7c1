package loader

import (
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// finiteNumbers returns where a chunk has floating-point numbers of weights: scales of blocks, and weights that are
// stored as they are. A chunk in which one is infinite or not a number is not of this model. It returns nothing before
// the header has been read.
func (p *part) finiteNumbers(chunk int) (numbers []store.Floats) {
	if p.header == nil {
		return nil
	}
	start := int64(chunk) * store.ChunkBytes
	end := start + p.file.ChunkLen(chunk)
	for _, t := range p.header.Tensors {
		if t.Offset >= end || t.Offset+t.Size <= start {
			continue
		}
		for _, float := range t.Type.Floats() {
			if f := floatsWithin(t, float, start, end); f.Count > 0 {
				numbers = append(numbers, f)
			}
		}
	}
	return numbers
}

// floatsWithin returns which of the numbers of a tensor, one in each block, are within the bytes from start to end of
// the file. Offsets are relative to start.
func floatsWithin(t gguf.Tensor, float quant.Float, start, end int64) store.Floats {
	step := int64(t.Type.BlockBytes())
	at := t.Offset + int64(float.At) // of the number of the first block
	if at < start {
		at += (start - at + step - 1) / step * step
	}
	last := min(end, t.Offset+t.Size) - 2
	count := int64(0)
	if at <= last {
		count = (last-at)/step + 1
	}
	return store.Floats{Start: int(at - start), Step: int(step), Count: int(count), Mask: float.Mask}
}
