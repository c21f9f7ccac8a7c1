package session

import (
	"context"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/wire"
)

// cutFunc cuts a picture into tiles, as engine.VisionOptions.Cut does.
type cutFunc = func(ctx context.Context, file []byte, g image.Geometry) (*image.Tiles, error)

// Picture decodes the picture at url as a chat request would, and keeps its tiles for that request. Errors:
// invalid_request when the loaded model has no vision encoder; those of TileCutter.
func (s *Session) Picture(ctx context.Context, url string) (*wire.CheckedPicture, error) {
	m, err := s.loaded("")
	if err != nil {
		return nil, err
	}
	if m.vision == nil {
		return nil, errs.New(errs.InvalidRequest, "this model cannot see pictures; load one that can, with its vision file")
	}
	tiles, seconds, err := s.env.Tiles.Check(ctx, url, m.vision.Geometry())
	if err != nil {
		return nil, err
	}
	return &wire.CheckedPicture{Tiles: tiles.Len(), Seconds: seconds}, nil
}

// cut cuts a picture of a chat request; file is its URL.
func (s *Session) cut(ctx context.Context, file []byte, g image.Geometry) (*image.Tiles, error) {
	tiles, seconds, err := s.env.Tiles.Cut(ctx, string(file), g)
	s.updateLast(func(a *answer) { a.pictureSeconds += seconds })
	return tiles, err
}
