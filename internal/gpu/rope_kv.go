package gpu

import "github.com/outrider-web/outrider/internal/ops"

// RopeKV is not there yet.
func (b *Backend) RopeKV(r ops.RopeKV) { panic("gpu: no rope_kv yet") }
