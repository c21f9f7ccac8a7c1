package gpu

import (
	"context"
	"testing"

	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/testing/optest"
)

func TestOpsMatchTheReference(t *testing.T) {
	optest.Run(t, func() ops.Backend { return open(t) })
}

func BenchmarkOps(b *testing.B) {
	optest.Bench(b, func() ops.Backend { return open(b) })
}

// open opens a backend. The test fails on a machine without an adapter.
func open(t testing.TB) *Backend {
	t.Helper()
	b, err := New(context.Background(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
