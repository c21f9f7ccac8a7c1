// Package engine opens a model and answers with it: it brings weights from the loader to a backend, turns conversations
// into tokens and tokens into text, and keeps the conversation's keys and values between turns. It refuses to know
// shaders, files, the browser, and the shape of any API.
package engine

import (
	"context"

	"github.com/outrider-web/outrider/internal/chat"
	"github.com/outrider-web/outrider/internal/model"
	_ "github.com/outrider-web/outrider/internal/model/llama" // the families that can be opened
	_ "github.com/outrider-web/outrider/internal/model/llama4"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/tokenizer"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/gguf"
)

// Plan is a model file of which everything has been checked that its header can tell, so that nothing is downloaded or
// allocated for one that cannot run.
type Plan struct {
	file      *gguf.File
	header    model.Source // the file's tensors, without numbers
	family    model.Family
	tokenizer *tokenizer.Tokenizer
	format    chat.Format
}

// Read checks a file's header. Errors: unsupported_architecture, unsupported_tensor_type, unsupported_tokenizer,
// unsupported_template, bad_model.
func Read(f *gguf.File) (*Plan, error) {
	p := &Plan{file: f}
	for _, step := range []func() error{p.readFamily, p.checkTensors, p.readTokenizer, p.readFormat} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Plan) readFamily() (err error) {
	p.family, err = model.Read(p.file.Meta)
	return err
}

func (p *Plan) checkTensors() error {
	var err error
	if p.header, err = headerOf(p.file); err != nil {
		return err
	}
	return model.Check(p.family, p.header)
}

// headerOf is a file's tensors without their numbers.
func headerOf(f *gguf.File) (model.Source, error) {
	header := model.Source{}
	for _, t := range f.Tensors {
		if err := t.Check(); err != nil {
			return nil, err
		}
		header[t.Name] = &ops.Tensor{Name: t.Name, Type: t.Type, Shape: t.Dims}
	}
	return header, nil
}

func (p *Plan) readTokenizer() (err error) {
	m := p.file.Meta
	types := m.Ints("tokenizer.ggml.token_type")
	v := tokenizer.Vocab{
		Model:  m.String("tokenizer.ggml.model", ""),
		Pre:    m.String("tokenizer.ggml.pre", ""),
		Tokens: m.Strings("tokenizer.ggml.tokens"),
		Merges: m.Strings("tokenizer.ggml.merges"),
		Types:  make([]int32, len(types)),
		BOS:    optionalID(m, "tokenizer.ggml.bos_token_id"),
		EOS:    optionalID(m, "tokenizer.ggml.eos_token_id"),
		AddBOS: m.Bool("tokenizer.ggml.add_bos_token", false),
	}
	for i, t := range types {
		v.Types[i] = int32(t)
	}
	p.tokenizer, err = tokenizer.New(v)
	return err
}

// optionalID is the token that a key names, or -1.
func optionalID(m gguf.Meta, key string) int {
	if !m.Has(key) {
		return -1
	}
	return int(m.Uint(key, 1<<62))
}

func (p *Plan) readFormat() (err error) {
	has := func(special string) bool { _, ok := p.tokenizer.Special(special); return ok }
	p.format, err = chat.FromTemplate(p.file.Meta.String("tokenizer.chat_template", ""), has)
	if err == nil {
		err = p.checkConversation()
	}
	return err
}

// checkConversation lays out the shortest conversation, which needs the special tokens that all need.
func (p *Plan) checkConversation() error {
	pieces, err := p.format.Render([]chat.Message{chat.Text(chat.User, "")}, chat.Options{})
	if err == nil {
		_, err = chat.Tokens(p.tokenizer, pieces, nil)
	}
	return err
}

// Config is what the file says about the model.
func (p *Plan) Config() model.Config { return p.family.Config() }

// Options choose how an engine runs.
type Options struct {
	model.Options
	Paging
}

// defaultContext bounds the memory of keys and values where the caller does not: models are published for contexts of
// 131,072 tokens, whose keys and values would need several times the memory of their weights.
const defaultContext = 4096

// withContext bounds the context where nobody has.
func (o Options) withContext() Options {
	if o.Context == 0 {
		o.Context = defaultContext
	}
	return o
}

// Open allocates the model's tensors on b, fills them from files and makes the model ready. Experts that are paged are read
// later, when they are wanted; files must stay open as long as the engine then. report may be nil. Errors: those of
// ops.Backend.Alloc and limits_too_small, before anything is read; of loader.Model.Load; invalid_request for a policy that
// nobody knows.
func (p *Plan) Open(ctx context.Context, b ops.Backend, files *loader.Model, o Options, report func(loader.Progress)) (*Engine, error) {
	o = o.withContext()
	layout, err := p.placement(b.Limits(), o)
	if err != nil {
		return nil, err
	}
	e := &Engine{backend: b, tokenizer: p.tokenizer, format: p.format, weights: model.Source{}}
	e.stops = p.tokenizer.StopTokens(p.format.StopTokens()...)
	residents := p.residentTensors(layout)
	err = alloc(b, residents, e.weights)
	if err == nil && layout != nil {
		e.pages, err = openPages(b, files, layout, o.Paging, e.weights)
	}
	if err == nil {
		err = files.Load(ctx, residents, uploader(b, e.weights), report)
	}
	if err == nil && e.pages != nil {
		o.Options.PagedExperts = &model.PagedExperts{Table: e.pages.table, Loader: e.pages}
	}
	if err == nil {
		e.model, err = model.New(ctx, b, p.family, e.weights, o.Options)
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// alloc makes room for weights.
func alloc(b ops.Backend, tensors []gguf.Tensor, weights model.Source) error {
	for _, t := range tensors {
		w, err := b.Alloc(t.Name, t.Type, t.Dims...)
		if err != nil {
			return err
		}
		weights[t.Name] = w
	}
	return nil
}

// uploader fills them.
func uploader(b ops.Backend, weights model.Source) loader.PieceFunc {
	return func(t gguf.Tensor, offset int64, blob loader.Blob) error {
		return b.Upload(weights[t.Name], offset, blob)
	}
}
