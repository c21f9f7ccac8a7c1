package model

import (
	"context"

	"github.com/outrider-web/outrider/internal/ops"
)

// Vision is a vision tower on a backend. Its methods belong to the backend's goroutine.
type Vision struct {
	backend  ops.Backend
	config   VisionConfig
	arena    Arena
	in, out  *ops.Tensor // a tile, and its vectors: F32 [width, tileVectors]
	order    *ops.Tensor // U32 [tileVectors]: 0, 1, 2, …
	programs []ops.Program
}

// NewVision builds a tower of weights that CheckVisionEncoder has passed. The weights stay the caller's to free, after Close.
// Errors: those of Backend.Alloc and of reading weights back.
func NewVision(ctx context.Context, b ops.Backend, t VisionEncoder, weights Source) (*Vision, error) {
	w := &Weights{source: weights, taken: map[string]bool{}}
	v := &Vision{backend: b, config: t.Config(), arena: Arena{Backend: b}}
	network := t.Bind(w)
	err := w.finish()
	if err == nil {
		err = v.prepare(ctx, network)
	}
	if err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

func (v *Vision) prepare(ctx context.Context, network VisionNetwork) (err error) {
	if v.in, v.out, err = network.Prepare(ctx, &v.arena); err != nil {
		return err
	}
	v.order = v.arena.Sequence("order", v.config.TileVectors)
	if v.arena.err != nil {
		return v.arena.err
	}
	for _, stage := range network.Stages() {
		p, err := v.backend.Record("tower", func() { stage(v.backend) })
		if err != nil {
			return err
		}
		v.programs = append(v.programs, p)
	}
	return nil
}

// Encode puts the vectors of tile i of p into dst, F32 [width, tileVectors]. It does not wait. Errors: device_lost.
func (v *Vision) Encode(p Picture, i int, dst *ops.Tensor) error {
	if err := Write(v.backend, v.in, p.TileInput(i)); err != nil {
		return err
	}
	for _, program := range v.programs {
		if err := program.Run(); err != nil {
			return err
		}
	}
	keep, err := v.backend.Record("tile", func() { v.backend.SetRows(dst, v.out, v.order) })
	if err != nil {
		return err
	}
	defer keep.Release()
	return keep.Run()
}

// Close frees everything but the weights and the vectors made.
func (v *Vision) Close() {
	for _, p := range v.programs {
		p.Release()
	}
	v.programs = nil
	v.arena.Free()
}
