package model

import (
	"context"

	"github.com/outrider-web/outrider/internal/ops"
)

// Vision is a vision encoder on a backend. Only the backend's goroutine may call its methods.
type Vision struct {
	backend  ops.Backend
	config   VisionConfig
	arena    Arena
	in, out  *ops.Tensor // a tile in the network's own shape; its vectors, F32 [width, tileVectors]
	order    *ops.Tensor // U32 [1, tileVectors]: 0, 1, 2, …
	programs []ops.Program
}

// NewVision builds a vision encoder from weights that have passed CheckVisionEncoder. The caller frees the weights,
// after Close. Errors: those of Backend.Alloc and of reading weights back.
func NewVision(ctx context.Context, b ops.Backend, e VisionEncoder, weights Source) (*Vision, error) {
	w := &Weights{source: weights, taken: map[string]bool{}}
	v := &Vision{backend: b, config: e.Config(), arena: Arena{Backend: b}}
	network := e.Bind(w)
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

// prepare makes the tensors and records a program for each stage.
func (v *Vision) prepare(ctx context.Context, network VisionNetwork) (err error) {
	if v.in, v.out, err = network.Prepare(ctx, &v.arena); err != nil {
		return err
	}
	v.order = v.arena.Sequence("order", v.config.TileVectors)
	if v.arena.err != nil {
		return v.arena.err
	}
	for _, stage := range network.Stages() {
		p, err := v.backend.Record("vision", func() { stage(v.backend) })
		if err != nil {
			return err
		}
		v.programs = append(v.programs, p)
	}
	return nil
}

// Encode computes the vectors of tile i of p and writes them to dst, F32 [width, tileVectors]. It does not wait.
// Errors: device_lost.
func (v *Vision) Encode(p Picture, i int, dst *ops.Tensor) error {
	if err := Write(v.backend, v.in, p.TileInput(i)); err != nil {
		return err
	}
	for _, program := range v.programs {
		if err := program.Run(); err != nil {
			return err
		}
	}
	copyOut, err := v.backend.Record("tile", func() { v.backend.SetRows(dst, v.out, v.order) })
	if err != nil {
		return err
	}
	defer copyOut.Release()
	return copyOut.Run()
}

// Close frees everything but the weights and the vectors that Encode wrote.
func (v *Vision) Close() {
	for _, p := range v.programs {
		p.Release()
	}
	v.programs = nil
	v.arena.Free()
}
