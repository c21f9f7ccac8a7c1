package gpu

import (
	"context"
)

// failed is a read-back that could not start.
type failed struct{ err error }

func (f failed) Wait(context.Context) ([]byte, error) { return nil, f.err }
