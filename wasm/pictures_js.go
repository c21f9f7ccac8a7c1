package main

import (
	"context"
	"fmt"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/jsbridge"
)

// picturesName is the global under which web/src/worker/picture-client.ts installs itself before Go starts.
const picturesName = "outriderPictures"

// picture is picture(signal, url): what a request with the picture would find wrong with it, or its tiles and
// the time they took.
func (a *api) picture(ctx context.Context, args []js.Value) (any, error) {
	if err := a.serves(""); err != nil {
		return nil, err
	}
	if a.vision == nil {
		return nil, errs.New(errs.InvalidRequest, "this model cannot see pictures; load one that can, with its vision file")
	}
	tiles, seconds, err := askForTiles(ctx, "check", args[0].String(), a.vision.Geometry())
	if err != nil {
		return nil, err
	}
	return map[string]any{"tiles": tiles.Len(), "seconds": seconds}, nil
}

// cut has the picture worker cut a picture; file is its URL.
func (a *api) cut(ctx context.Context, file []byte, g image.Geometry) (*image.Tiles, error) {
	tiles, seconds, err := askForTiles(ctx, "cut", string(file), g)
	a.pictureSeconds += seconds
	return tiles, err
}

// askForTiles calls a method of PictureClient in web/src/worker/picture-client.ts and takes the Cut it gives.
func askForTiles(ctx context.Context, method, url string, g image.Geometry) (t *image.Tiles, seconds float64, err error) {
	cut, err := jsbridge.Call(ctx, js.Global().Get(picturesName), method, url, g.TileSize, g.MaxTiles)
	if err != nil {
		return nil, 0, err
	}
	array := cut.Get("tiles")
	pix := make([]byte, array.Length())
	if n := js.CopyBytesToGo(pix, array); n != len(pix) {
		return nil, 0, fmt.Errorf("pictures: %d of %d bytes came over", n, len(pix))
	}
	t, err = image.TilesFrom(g, cut.Get("width").Int(), cut.Get("height").Int(), pix)
	return t, cut.Get("seconds").Float(), err
}
