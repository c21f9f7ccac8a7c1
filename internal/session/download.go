package session

import (
	"context"

	"github.com/outrider-web/outrider/internal/engine"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/gguf"
	"github.com/outrider-web/outrider/loader/store"
)

// Download stores all files of a model, so that a load finds them. It needs no device, and a model that is loaded stays
// loaded and answers meanwhile. Errors: those of loader.Open, engine.Read and of a download.
func (s *Session) Download(ctx context.Context, sources ModelSources, report func(wire.Progress)) error {
	s.gate.Resume()
	progress := progressReporter(report)
	files, err := openFiles(ctx, sources, s.env.Store, loader.Options{Report: progress, Gate: s.gate, Patient: true})
	if err != nil {
		return err
	}
	defer files.close()
	plan, err := engine.Read(files.model.File)
	if err != nil {
		return err
	}
	if len(plan.Needs(engine.Options{}).MoELayers) > 0 {
		if err := files.moveToFasterStore(ctx); err != nil {
			return err
		}
	}
	return files.download(ctx, nil, progress)
}

// download stores tensors of the model, all if residents is nil, and then its vision file.
func (f modelFiles) download(ctx context.Context, residents []gguf.Tensor, report reportFunc) error {
	if f.vision == nil {
		return f.model.Download(ctx, residents, report)
	}
	if err := f.model.SetVision(ctx, f.vision.ID); err != nil {
		return err
	}
	total := sum{report: report, later: f.vision.Bytes()}
	if err := f.model.Download(ctx, residents, total.add); err != nil {
		return err
	}
	return f.vision.Download(ctx, nil, total.next())
}

// maxMovedBytes is how many stored bytes are copied for the sake of a faster store; copying more would take too long.
const maxMovedBytes = 1 << 30

// moveToFasterStore keeps a paged model where reads are fastest.
func (f modelFiles) moveToFasterStore(ctx context.Context) error {
	if f.model.Bytes()-f.model.MissingBytes(nil) > maxMovedBytes {
		return nil
	}
	return f.model.Move(ctx, store.OPFS)
}
