// Command picture is image.wasm, Outrider's second program for the browser: it decodes pictures and cuts them into
// tiles, in a worker of its own, which ends when it is idle. WebAssembly memory never shrinks, and a large picture
// takes hundreds of megabytes for a moment; those must not stay with the engine. web/src/worker/picture.worker.ts
// starts it.
package main

import (
	"errors"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/image/decode"
	"github.com/outrider-web/outrider/internal/jsbridge"
)

func main() {
	js.Global().Set("outriderCutter", map[string]any{"file": js.FuncOf(cutFile), "rgba": js.FuncOf(cutRGBA)})
	select {} // the worker calls; the program ends with it
}

// cutFile is file(bytes, tile, maxTiles): it cuts a picture file.
func cutFile(_ js.Value, args []js.Value) any {
	return cut(func() (*decode.Picture, error) { return decode.FromFile(jsbridge.Bytes(args[0])) }, geometry(args[1:]))
}

// cutRGBA is rgba(width, height, pixels, tile, maxTiles): it cuts what the browser decoded. pixels is a function that
// returns 4 bytes a pixel; it is called only when the size is allowed.
func cutRGBA(_ js.Value, args []js.Value) any {
	width, height := args[0].Int(), args[1].Int()
	return cut(func() (*decode.Picture, error) {
		if err := decode.CheckSize(width, height); err != nil {
			return nil, err
		}
		return decode.FromRGBA(jsbridge.Bytes(args[2].Invoke()), width, height)
	}, geometry(args[3:]))
}

func geometry(args []js.Value) image.Geometry {
	return image.Geometry{TileSize: args[0].Int(), MaxTiles: args[1].Int()}
}

// cut returns a Cut of web/src/worker/picture.worker.ts: the tiles, or the error and whether the browser may be able to
// decode the picture.
func cut(open func() (*decode.Picture, error), g image.Geometry) map[string]any {
	cut, err := jsbridge.Guard(func() (map[string]any, error) {
		picture, err := open()
		if err != nil {
			return nil, err
		}
		tiles := jsbridge.Uint8Array(picture.Tiles(g).Bytes())
		return map[string]any{"width": picture.Width, "height": picture.Height, "tiles": tiles}, nil
	})
	if err != nil {
		return map[string]any{"error": jsbridge.ErrorValue(err), "browserOnly": errors.Is(err, decode.ErrBrowserOnly)}
	}
	return cut
}
