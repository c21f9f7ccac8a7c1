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

// pictureID tells pictures apart by their files' bytes: 128 bits of hash, with seeds that nobody knows.
type pictureID [2]uint64

// picture is one of the conversation's.
type picture struct {
	id      pictureID
	cut     model.Picture // its tiles, until they are encoded
	tokens  []int32       // what stands for it in a prompt
	tiles   []int         // where the patches of each tile begin among its tokens
	vectors *ops.Tensor   // F32 [width, tileVectors·tiles]: what the tower saw; nil until then
}

// placed is a picture in a prompt.
type placed struct {
	*picture
	at int // of its first token
}

func (p placed) end() int { return p.at + len(p.tokens) }

// open finds a picture that the conversation had already, or decodes one.
func (s *sight) open(ctx context.Context, file []byte) (*picture, error) {
	id := pictureID{maphash.Bytes(s.seeds[0], file), maphash.Bytes(s.seeds[1], file)}
	if p, ok := s.pictures[id]; ok {
		return p, nil
	}
	cut, err := s.cut(ctx, file)
	if err != nil {
		return nil, err
	}
	p := &picture{id: id, cut: cut}
	s.spell(p)
	s.pictures[id] = p
	return p, nil
}

// cut has a picture cut into tiles.
func (s *sight) cut(ctx context.Context, file []byte) (model.Picture, error) {
	tiles, err := s.options.Cut(ctx, file, s.config.Geometry)
	if err != nil {
		return nil, err
	}
	return s.plan.tower.NewPicture(tiles)
}

// spell writes the tokens that stand for a picture.
func (s *sight) spell(p *picture) {
	patches := 0
	for _, name := range p.cut.PromptTokens() {
		if name == s.config.PatchToken {
			if patches%s.config.TileVectors == 0 {
				p.tiles = append(p.tiles, len(p.tokens))
			}
			patches++
		}
		p.tokens = append(p.tokens, s.special[name])
	}
}

// place finds where a prompt has its pictures. Errors: those of patches.
func (s *sight) place(tokens []int32, pictures []*picture) ([]placed, error) {
	vectors := 0
	for _, p := range pictures {
		vectors += s.vectorsOf(p)
	}
	patches, err := s.patches(tokens, vectors)
	if err != nil {
		return nil, err
	}
	var all []placed
	for _, p := range pictures {
		all = append(all, placed{p, patches[0] - p.tiles[0]})
		patches = patches[s.vectorsOf(p):]
	}
	return all, nil
}

// patches is where a prompt has the tokens that stand for vectors. Errors: invalid_request, when they are not as many as
// the vectors (spec/llama4 §3.8).
func (s *sight) patches(tokens []int32, vectors int) (at []int, err error) {
	for i, t := range tokens {
		if t == s.special[s.config.PatchToken] {
			at = append(at, i)
		}
	}
	if len(at) != vectors {
		return nil, errs.New(errs.InvalidRequest, fmt.Sprintf("the prompt has %d %s tokens, but its pictures have %d places to fill; "+
			"send pictures as parts of messages", len(at), s.config.PatchToken, vectors))
	}
	return at, nil
}

func (s *sight) vectorsOf(p *picture) int { return len(p.tiles) * s.config.TileVectors }

// keep forgets every picture but these.
func (s *sight) keep(some []*picture) {
	kept := map[pictureID]*picture{}
	for _, p := range some {
		kept[p.id] = p
	}
	for id, p := range s.pictures {
		if kept[id] == nil {
			s.blank(p)
		}
	}
	s.pictures = kept
}

// blank frees what the tower made of a picture.
func (s *sight) blank(p *picture) {
	if p.vectors != nil {
		s.backend.Free(p.vectors)
		p.vectors = nil
	}
}

// see makes what a prefill from position `from` on inserts for its pictures. Only those that the tower has not seen in
// this conversation are encoded.
func (e *Engine) see(ctx context.Context, p Prompt, from int, tell func(done, total int)) ([]model.Embeddings, error) {
	var ahead []placed
	for _, picture := range p.pictures {
		if picture.end() > from {
			ahead = append(ahead, picture)
		}
	}
	if ahead == nil {
		return nil, nil
	}
	if err := e.vision.encode(ctx, ahead, tell); err != nil {
		return nil, err
	}
	return e.vision.inserts(ahead, from), nil
}

// encode makes the vectors of those pictures that have none yet, and tells how many tiles are done. It waits for each
// tile, so that what is told is true and the end of ctx takes effect. Errors: those of load; device_lost; ctx.Err().
func (s *sight) encode(ctx context.Context, pictures []placed, tell func(done, total int)) error {
	var blank []*picture
	done, total := 0, 0
	for _, p := range pictures {
		if p.vectors == nil && !slices.Contains(blank, p.picture) {
			blank, total = append(blank, p.picture), total+len(p.tiles)
		}
	}
	if blank == nil {
		return nil
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	for _, p := range blank {
		if err := s.encodePicture(ctx, p, func() { done++; tell(done, total) }); err != nil {
			s.blank(p)
			return err
		}
	}
	return nil
}

func (s *sight) encodePicture(ctx context.Context, p *picture, next func()) (err error) {
	if p.vectors, err = s.backend.Alloc("picture", quant.F32, s.config.Width, s.vectorsOf(p)); err != nil {
		return err
	}
	for i := range p.tiles {
		tile := p.vectors.Rows(i*s.config.TileVectors, s.config.TileVectors)
		if err := s.tower.Encode(p.cut, i, tile); err != nil {
			return err
		}
		if _, err := ops.Read(ctx, s.backend, tile, 0, 4); err != nil {
			return err
		}
		next()
	}
	p.cut = nil
	return nil
}

// inserts are the vectors of pictures, for a prefill that begins at a position.
func (s *sight) inserts(pictures []placed, from int) (all []model.Embeddings) {
	for _, p := range pictures {
		for i, tile := range p.tiles {
			vectors := p.vectors.Rows(i*s.config.TileVectors, s.config.TileVectors)
			all = append(all, model.Embeddings{At: p.at + tile - from, Vectors: vectors})
		}
	}
	return all
}
