package main

import (
	"context"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/gpu"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/session"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// The globals under which files of web/src/worker install themselves before Go starts.
const (
	memoryLimitsName = "outriderMemoryLimits" // memory-limits.ts
	picturesName     = "outriderPictures"     // picture-client.ts
)

// browser returns what the worker around this program offers to a session.
func browser() session.Environment {
	return session.Environment{
		OpenDevice: openDevice,
		Store:      store.Browser{},
		Memory:     deviceMemory{},
		Tiles:      tileCutter{},
		LinkSpeed:  fetch.LinkSpeed,
		HeldBytes:  fetch.HeldBytes,
	}
}

func openDevice(ctx context.Context) (session.Backend, error) {
	backend, err := gpu.New(ctx, gpu.Options{})
	if err != nil {
		return nil, err // without the type of backend, so that the result is nil
	}
	return backend, nil
}

// deviceMemory is MemoryLimits of web/src/worker/memory-limits.ts.
type deviceMemory struct{}

func (deviceMemory) Recall(ctx context.Context, device string) (preflight.MemoryLimit, error) {
	v, err := jsbridge.Call(ctx, js.Global().Get(memoryLimitsName), "recall", device)
	if err != nil {
		return preflight.MemoryLimit{}, err
	}
	return preflight.MemoryLimit(jsbridge.Read[wire.MemoryLimit](v)), nil
}

// Remember does not wait until the limit is stored.
func (deviceMemory) Remember(device string, limit preflight.MemoryLimit) {
	limits := js.Global().Get(memoryLimitsName)
	go jsbridge.Call(context.Background(), limits, "remember", device, limit.Fits, limit.Refused)
}

// tileCutter is PictureClient of web/src/worker/picture-client.ts.
type tileCutter struct{}

func (tileCutter) Check(ctx context.Context, url string, g image.Geometry) (*image.Tiles, float64, error) {
	return cut(ctx, "check", url, g)
}

func (tileCutter) Cut(ctx context.Context, url string, g image.Geometry) (*image.Tiles, float64, error) {
	return cut(ctx, "cut", url, g)
}

// cut calls a method of PictureClient and reads the Cut that it returns.
func cut(ctx context.Context, method, url string, g image.Geometry) (*image.Tiles, float64, error) {
	v, err := jsbridge.Call(ctx, js.Global().Get(picturesName), method, url, g.TileSize, g.MaxTiles)
	if err != nil {
		return nil, 0, err
	}
	tiles, err := image.TilesFrom(g, v.Get("width").Int(), v.Get("height").Int(), jsbridge.Bytes(v.Get("tiles")))
	return tiles, v.Get("seconds").Float(), err
}
