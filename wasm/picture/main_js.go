// Command picture is image.wasm, Outrider's second program for the browser: it cuts pictures into tiles in a worker of its
// own, which ends when it is idle. WebAssembly memory never shrinks, and a large picture takes hundreds of megabytes
// for a moment; those must not stay with the engine. web/src/worker/picture.worker.ts starts it.
package main

import (
	"errors"
	"fmt"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/image/decode"
)

func main() {
	js.Global().Set("outriderCutter", map[string]any{"file": js.FuncOf(cutFile), "rgba": js.FuncOf(cutRGBA)})
	select {} // the worker calls; the program ends with it
}

// cutFile is file(bytes, tile, maxTiles): cuts a picture file.
func cutFile(_ js.Value, args []js.Value) any {
	return answer(func() (*decode.Picture, error) { return decode.FromFile(copied(args[0])) }, args[1], args[2])
}

// cutRGBA is rgba(width, height, pixels, tile, maxTiles): cuts what the browser decoded. pixels is a function that gives
// 4 bytes a pixel; it is called only when the size is allowed.
func cutRGBA(_ js.Value, args []js.Value) any {
	width, height := args[0].Int(), args[1].Int()
	return answer(func() (*decode.Picture, error) {
		if err := decode.CheckSize(width, height); err != nil {
			return nil, err
		}
		return decode.FromRGBA(copied(args[2].Invoke()), width, height)
	}, args[3], args[4])
}

// answer is a Cut of web/src/worker/picture.worker.ts: the tiles, or the fault and whether a browser may do better. A
// panic is a bug of ours; it is reported, because a program that has ended could not even say why.
func answer(open func() (*decode.Picture, error), tile, maxTiles js.Value) (cut map[string]any) {
	defer func() {
		if r := recover(); r != nil {
			cut = failed(errs.New(errs.Internal, fmt.Sprintf("Something unexpected happened inside Outrider: %v", r)))
		}
	}()
	picture, err := open()
	if err != nil {
		return failed(err)
	}
	tiles := picture.Tiles(image.Geometry{TileSize: tile.Int(), MaxTiles: maxTiles.Int()})
	return map[string]any{"width": picture.Width, "height": picture.Height, "tiles": handedOver(tiles.Bytes())}
}

func failed(err error) map[string]any {
	f := errs.Of(err)
	return map[string]any{
		"error":       map[string]any{"code": string(f.Code), "message": f.Error(), "retryable": f.Retryable},
		"browserOnly": errors.Is(err, decode.ErrBrowserOnly),
	}
}

func copied(array js.Value) []byte {
	b := make([]byte, array.Length())
	js.CopyBytesToGo(b, array)
	return b
}

func handedOver(b []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}
