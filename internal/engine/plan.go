// Package engine opens a model and generates answers with it: it uploads weights from the loader to a backend, converts
// conversations into tokens and tokens into text, and keeps the keys and values of the conversation between its turns.
// It does not know shaders, files, the browser, or the form of any API.
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

// Plan is a model file whose header has been checked completely, so that nothing is downloaded or allocated for a model
// that cannot run.
type Plan struct {
	file      *gguf.File
	header    model.Source // the file's tensors, without data
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

// readFamily reads the architecture and its hyperparameters.
func (p *Plan) readFamily() (err error) {
	p.family, err = model.Read(p.file.Meta)
	return err
}

// checkTensors checks that the tensors are those of the architecture.
func (p *Plan) checkTensors() error {
	var err error
	if p.header, err = headerOf(p.file); err != nil {
		return err
	}
	return model.Check(p.family, p.header)
}

// headerOf returns a file's tensors without their data.
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

// readTokenizer reads the vocabulary.
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
	if v.Model == "llama" {
		readPieces(m, &v)
	}
	p.tokenizer, err = tokenizer.New(v)
	return err
}

// readPieces reads what a vocabulary of SentencePiece has besides.
func readPieces(m gguf.Meta, v *tokenizer.Vocab) {
	for _, score := range m.Floats("tokenizer.ggml.scores") {
		v.Scores = append(v.Scores, float32(score))
	}
	v.Unknown = optionalID(m, "tokenizer.ggml.unknown_token_id")
	v.AddBOS = m.Bool("tokenizer.ggml.add_bos_token", true)
	v.AddSpacePrefix = m.Bool("tokenizer.ggml.add_space_prefix", true)
}

// optionalID returns the token that a key names, or -1.
func optionalID(m gguf.Meta, key string) int {
	if !m.Has(key) {
		return -1
	}
	return int(m.Uint(key, 1<<62))
}

// readFormat finds the chat format that the file's template describes.
func (p *Plan) readFormat() (err error) {
	has := func(special string) bool { _, ok := p.tokenizer.Special(special); return ok }
	p.format, err = chat.FromTemplate(p.file.Meta.String("tokenizer.chat_template", ""), has)
	if err == nil {
		err = p.checkConversation()
	}
	return err
}

// checkConversation renders the shortest conversation, to check that the vocabulary has the special tokens that every
// conversation needs.
func (p *Plan) checkConversation() error {
	pieces, err := p.format.Render([]chat.Message{chat.Text(chat.User, "")}, chat.Options{})
	if err == nil {
		_, err = chat.Tokens(p.tokenizer, pieces, nil)
	}
	return err
}

// Config returns what the file says about the model.
func (p *Plan) Config() model.Config { return p.family.Config() }

// Options configure an engine.
type Options struct {
	model.Options
	Paging
}

// defaultContext bounds the memory of keys and values when the caller does not: models are published for contexts of
// 131,072 tokens, whose keys and values would take several times the memory of the weights.
const defaultContext = 4096

// withContext returns options with defaultContext, unless the caller has chosen a context.
func (o Options) withContext() Options {
	if o.Context == 0 {
		o.Context = defaultContext
	}
	return o
}

// Open allocates the model's tensors on b, loads them from files and prepares the model. Experts that are paged are
// read when a token uses them; then files must stay open as long as the engine. report may be nil. Errors: before
// anything is read, those of ops.Backend.Alloc, limits_too_small, out_of_memory when a layer has fewer slots than a
// token uses experts, and invalid_request for an unknown policy; then those of loader.Model.Load.
func (p *Plan) Open(ctx context.Context, b ops.Backend, files *loader.Model, o Options,
	report func(loader.Progress)) (*Engine, error) {
	o = o.withContext()
	y, err := p.place(b.Limits(), o)
	if err != nil {
		return nil, err
	}
	e := &Engine{backend: b, tokenizer: p.tokenizer, format: p.format, weights: model.Source{}}
	e.stops = p.tokenizer.StopTokens(p.format.StopTokens()...)
	residents := p.residentTensors(y)
	err = alloc(b, residents, e.weights)
	if err == nil && y != nil {
		err = e.openPager(files, y, o.Paging)
	}
	if err == nil {
		err = files.Load(ctx, residents, uploader(b, e.weights), report)
	}
	if err == nil && y != nil {
		o.Options.PagedExperts = &model.PagedExperts{Table: e.table, Loader: e.pager}
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

// alloc allocates tensors and adds them to weights.
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

// uploader returns the function that uploads what is read of weights.
func uploader(b ops.Backend, weights model.Source) loader.PieceFunc {
	return func(t gguf.Tensor, offset int64, blob loader.Blob) error {
		return b.Upload(weights[t.Name], offset, blob)
	}
}
