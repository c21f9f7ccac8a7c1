package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/loader"
	"github.com/outrider-web/outrider/loader/gguf"
)

// header parses a file.
func header(t *testing.T, file []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Read(int64(len(file)), func(n int64) ([]byte, error) { return file[:n], nil })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each replacement has the length of what it replaces, so that the file remains valid.
func TestReadRefusesUnsupportedModels(t *testing.T) {
	for code, change := range map[errs.Code][2]string{
		errs.UnsupportedArchitecture: {"\x05\x00\x00\x00\x00\x00\x00\x00llama", "\x05\x00\x00\x00\x00\x00\x00\x00mamba"},
		errs.UnsupportedTokenizer:    {"smollm", "klingo"},
		errs.UnsupportedTemplate:     {"{{'<|im_start|>'", "{{'<|in_start|>'"},
		errs.BadModel:                {"blk.1.attn_norm", "blk.7.attn_norm"},
	} {
		file := strings.Replace(string(small.GGUF()), change[0], change[1], 1)
		_, err := Read(header(t, []byte(file)))
		if errs.Of(err).Code != code {
			t.Errorf("%q for %q: %v, want %s", change[1], change[0], err, code)
		}
	}
}

func TestReadRefusesUnsupportedTensorTypes(t *testing.T) {
	f := header(t, small.GGUF())
	f.Tensors[3].Type = quant.Type(16)
	_, err := Read(f)
	if errs.Of(err).Code != errs.UnsupportedTensorType || !strings.Contains(err.Error(), f.Tensors[3].Name) {
		t.Errorf("error is %v, want one that names %s", err, f.Tensors[3].Name)
	}
}

// withoutTensor is a backend that refuses to allocate one tensor.
type withoutTensor struct {
	*ref.Backend
	tensor  string
	uploads int
	live    map[*ops.Tensor]bool
}

var errRefused = ops.LimitError("maxBufferSize", "a tensor", 2, 1)

func (c *withoutTensor) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	if name == c.tensor {
		return nil, errRefused
	}
	w, err := c.Backend.Alloc(name, t, shape...)
	c.live[w] = true
	return w, err
}

func (c *withoutTensor) Free(ts ...*ops.Tensor) {
	for _, t := range ts {
		delete(c.live, t)
	}
}

func (c *withoutTensor) Upload(t *ops.Tensor, offset int64, b ops.Blob) error {
	c.uploads++
	return c.Backend.Upload(t, offset, b)
}

func TestOpenFreesEverythingWhenAnAllocationFails(t *testing.T) {
	files := download(t, small.GGUF())
	plan, err := Read(files.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range []string{"blk.1.ffn_up.weight", "logits", "rope", "cache.1.v"} {
		b := &withoutTensor{Backend: ref.New(), tensor: tensor, live: map[*ops.Tensor]bool{}}
		_, err := plan.Open(t.Context(), b, files, Options{}, nil)
		if !errors.Is(err, errRefused) || len(b.live) != 0 {
			t.Errorf("without memory for %s: %v, %d tensors are left", tensor, err, len(b.live))
		}
		if strings.HasPrefix(tensor, "blk.") && b.uploads > 0 {
			t.Errorf("without memory for %s %d pieces were uploaded", tensor, b.uploads)
		}
	}
}

func TestOpenFreesEverythingOfAPagedModelWhenAnAllocationFails(t *testing.T) {
	files := download(t, pagedFile(pagedModels["one of six"]))
	plan, err := Read(files.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range []string{"blk.2.ffn_up_exps.weight", "experts.table", "experts.guard", ""} {
		b := &withoutTensor{Backend: ref.New(), tensor: tensor, live: map[*ops.Tensor]bool{}}
		e, err := plan.Open(t.Context(), b, files, Options{Paging: Paging{Slots: 2}}, nil)
		if tensor == "" && err == nil {
			e.Close()
		} else if !errors.Is(err, errRefused) {
			t.Errorf("without memory for %q: %v", tensor, err)
		}
		if len(b.live) != 0 {
			t.Errorf("without memory for %q %d tensors are left", tensor, len(b.live))
		}
	}
}

func TestOpenReportsProgress(t *testing.T) {
	files := download(t, small.GGUF())
	plan, err := Read(files.File)
	if err != nil {
		t.Fatal(err)
	}
	var last loader.Progress
	e, err := plan.Open(t.Context(), ref.New(), files, Options{}, func(p loader.Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if last.Phase != loader.PhaseLoad || last.Total == 0 || last.Done != last.Total {
		t.Errorf("the last report is %+v", last)
	}
}

func TestTheContextHasADefaultBound(t *testing.T) {
	long := small
	long.ContextSize = 100_000
	for requested, want := range map[int]int{0: defaultContext, 5000: 5000, 1 << 20: 100_000} {
		o := Options{}
		o.Context = requested
		if e := open(t, ref.New(), long.GGUF(), o); e.Context() != want {
			t.Errorf("with %d requested the context is %d, want %d", requested, e.Context(), want)
		}
	}
}
