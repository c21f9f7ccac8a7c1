package engine

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/model"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
)

// pictureID identifies a picture by the bytes of its file: 128 bits of hash with random seeds.
type pictureID [2]uint64

// picture is a picture of the conversation.
type picture struct {
	id      pictureID
	cut     model.Picture // its tiles; nil once they are encoded
	tokens  []int32       // what a prompt has for it
	tiles   []int         // [tile]: index in tokens of the first of its patch tokens
	vectors *ops.Tensor   // F32 [width, tileVectors·tiles]: what the vision encoder made of it; nil before
}

// picturePosition is a picture at its place in a prompt.
type picturePosition struct {
	*picture
	at int // index of the first of its tokens in the prompt
}

// end returns the index behind the last token of the picture.
func (p picturePosition) end() int { return p.at + len(p.tokens) }

// open returns a picture of the conversation, or decodes a new one. Errors: those of VisionOptions.Cut.
func (v *vision) open(ctx context.Context, file []byte) (*picture, error) {
	id := pictureID{maphash.Bytes(v.seeds[0], file), maphash.Bytes(v.seeds[1], file)}
	if p, ok := v.pictures[id]; ok {
		return p, nil
	}
	tiles, err := v.options.Cut(ctx, file, v.config.Geometry)
	if err != nil {
		return nil, err
	}
	cut, err := v.plan.encoder.NewPicture(tiles)
	if err != nil {
		return nil, err
	}
	p := &picture{id: id, cut: cut}
	v.setTokens(p)
	v.pictures[id] = p
	return p, nil
}

// setTokens fills in the tokens of a picture, and where those of each tile begin.
func (v *vision) setTokens(p *picture) {
	patches := 0
	for _, name := range p.cut.PromptTokens() {
		if name == v.config.PatchToken {
			if patches%v.config.TileVectors == 0 {
				p.tiles = append(p.tiles, len(p.tokens))
			}
			patches++
		}
		p.tokens = append(p.tokens, v.special[name])
	}
}

// locate finds where a prompt has its pictures. Errors: those of patchPositions.
func (v *vision) locate(tokens []int32, pictures []*picture) ([]picturePosition, error) {
	vectors := 0
	for _, p := range pictures {
		vectors += v.numVectors(p)
	}
	patches, err := v.patchPositions(tokens, vectors)
	if err != nil {
		return nil, err
	}
	var all []picturePosition
	for _, p := range pictures {
		all = append(all, picturePosition{p, patches[0] - p.tiles[0]})
		patches = patches[v.numVectors(p):]
	}
	return all, nil
}

// patchPositions returns where a prompt has patch tokens, one for each of the vectors of its pictures. Errors:
// invalid_request when their number is another one (docs/spec/llama4.md §3.8).
func (v *vision) patchPositions(tokens []int32, vectors int) (at []int, err error) {
	for i, t := range tokens {
		if t == v.special[v.config.PatchToken] {
			at = append(at, i)
		}
	}
	if len(at) != vectors {
		return nil, errs.New(errs.InvalidRequest, fmt.Sprintf("the prompt has %d %s tokens, but its pictures need %d; "+
			"send pictures as parts of messages", len(at), v.config.PatchToken, vectors))
	}
	return at, nil
}

// numVectors returns the number of vectors of a picture.
func (v *vision) numVectors(p *picture) int { return len(p.tiles) * v.config.TileVectors }

// keepPictures forgets all pictures of the conversation but these.
func (v *vision) keepPictures(pictures []*picture) {
	kept := map[pictureID]*picture{}
	for _, p := range pictures {
		kept[p.id] = p
	}
	for id, p := range v.pictures {
		if kept[id] == nil {
			v.freeVectors(p)
		}
	}
	v.pictures = kept
}

// freeVectors frees what the vision encoder made of a picture.
func (v *vision) freeVectors(p *picture) {
	if p.vectors != nil {
		v.backend.Free(p.vectors)
		p.vectors = nil
	}
}

// encodePictures returns the embeddings that a prefill from position `from` on needs for pictures. Pictures that have
// not been encoded in this conversation are encoded first.
func (e *Engine) encodePictures(ctx context.Context, p Prompt, from int,
	onTile func(done, total int)) ([]model.Embeddings, error) {
	var needed []picturePosition
	for _, picture := range p.pictures {
		if picture.end() > from {
			needed = append(needed, picture)
		}
	}
	if needed == nil {
		return nil, nil
	}
	if err := e.vision.encode(ctx, needed, onTile); err != nil {
		return nil, err
	}
	return e.vision.embeddings(needed, from), nil
}

// encode makes the vectors of the pictures that have none, and reports how many tiles are done. It waits for each tile,
// so that the reports are true and the end of ctx takes effect. Errors: those of load; device_lost; ctx.Err().
func (v *vision) encode(ctx context.Context, pictures []picturePosition, onTile func(done, total int)) error {
	var pending []*picture
	done, total := 0, 0
	for _, p := range pictures {
		if p.vectors == nil && !slices.Contains(pending, p.picture) {
			pending, total = append(pending, p.picture), total+len(p.tiles)
		}
	}
	if pending == nil {
		return nil
	}
	if err := v.load(ctx); err != nil {
		return err
	}
	for _, p := range pending {
		if err := v.encodePicture(ctx, p, func() { done++; onTile(done, total) }); err != nil {
			v.freeVectors(p)
			return err
		}
	}
	return nil
}

// encodePicture makes the vectors of a picture, and calls tileDone after each tile.
func (v *vision) encodePicture(ctx context.Context, p *picture, tileDone func()) (err error) {
	if p.vectors, err = v.backend.Alloc("picture", quant.F32, v.config.Width, v.numVectors(p)); err != nil {
		return err
	}
	for i := range p.tiles {
		vectors := v.tileVectors(p, i)
		if err := v.encoder.Encode(p.cut, i, vectors); err != nil {
			return err
		}
		if _, err := ops.Read(ctx, v.backend, vectors, 0, 4); err != nil {
			return err
		}
		tileDone()
	}
	p.cut = nil
	return nil
}

// tileVectors returns the vectors of a tile: F32 [width, tileVectors].
func (v *vision) tileVectors(p *picture, tile int) *ops.Tensor {
	return p.vectors.Rows(tile*v.config.TileVectors, v.config.TileVectors)
}

// embeddings returns the vectors of pictures with their positions in a prefill that starts at position `from`.
func (v *vision) embeddings(pictures []picturePosition, from int) (all []model.Embeddings) {
	for _, p := range pictures {
		for i, first := range p.tiles {
			all = append(all, model.Embeddings{At: p.at + first - from, Vectors: v.tileVectors(p.picture, i)})
		}
	}
	return all
}
