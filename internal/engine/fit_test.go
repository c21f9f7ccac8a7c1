package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/loader/gguf"
)

func TestFitNamesTheLimitAndTheExcess(t *testing.T) {
	p := &Plan{file: &gguf.File{Tensors: []gguf.Tensor{{Name: "small", Size: 10}, {Name: "big", Size: 100}}}}
	for _, c := range []struct {
		limits ops.Limits
		want   []string // of the message; nil: fits
	}{
		{ops.Limits{MaxBuffer: 100, MaxBinding: 100}, nil},
		{ops.Limits{MaxBuffer: 100, MaxBinding: 99}, []string{"big needs 100", "maxStorageBufferBindingSize",
			"1 bytes too small"}},
		{ops.Limits{MaxBuffer: 60, MaxBinding: 100}, []string{"big needs 100", "maxBufferSize", "40 bytes too small"}},
	} {
		err := checkLimits(p.file.Tensors, c.limits)
		if (err == nil) != (c.want == nil) || (err != nil && !errors.Is(err, errs.New(errs.LimitsTooSmall, ""))) {
			t.Fatalf("%+v: %v", c.limits, err)
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%+v: %q does not say %q", c.limits, err, part)
			}
		}
	}
}
