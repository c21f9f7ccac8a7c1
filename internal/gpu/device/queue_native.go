//go:build !js

package device

import (
	"fmt"

	"github.com/cogentcore/webgpu/wgpu"

	"github.com/outrider-web/outrider/internal/ops"
)

// AddProgram keeps the words of a program.
func (d *Device) AddProgram(words []uint32) uint32 { return d.programs.add(words) }

// ReleaseProgram drops a program.
func (d *Device) ReleaseProgram(id uint32) { d.programs.remove(id) }

// Run queues a program, from one of its words on.
func (d *Device) Run(program uint32, from int) error {
	return d.submit(func(encoder *wgpu.CommandEncoder) error {
		pass := encoder.BeginComputePass(nil)
		defer pass.Release()
		if err := d.replay(pass, d.programs.items[program][from:]); err != nil {
			return err
		}
		return pass.End()
	})
}

// replay executes the words of a program; gpu-host.ts has the same function for browsers.
func (d *Device) replay(pass *wgpu.ComputePassEncoder, words []uint32) error {
	for ; len(words) > 0; words = words[DispatchWords:] {
		if words[0] != opDispatch {
			return fmt.Errorf("no command %d", words[0])
		}
		pass.SetPipeline(d.pipelines.items[words[1]])
		pass.SetBindGroup(0, d.groups.items[words[2]], words[3:4])
		pass.DispatchWorkgroups(words[4], words[5], words[6])
	}
	return nil
}

// submit encodes commands and queues them.
func (d *Device) submit(encode func(*wgpu.CommandEncoder) error) error {
	encoder, err := d.dev.CreateCommandEncoder(nil)
	if err != nil {
		return Refused("a command encoder", err)
	}
	defer encoder.Release()
	if err := encode(encoder); err != nil {
		return Refused("a program", err)
	}
	commands, err := encoder.Finish(nil)
	if err != nil {
		return Refused("a program", err)
	}
	defer commands.Release()
	d.queue.Submit(commands)
	return nil
}

// Write queues a copy of data into buf.
func (d *Device) Write(buf *Buffer, offset int64, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	return d.queue.WriteBuffer(d.buffers.items[buf.ID], uint64(offset), data)
}

// Upload queues a copy of bytes of a blob, which must have the method Bytes.
func (d *Device) Upload(buf *Buffer, offset int64, blob ops.Blob, from, n int64) error {
	b, ok := blob.(interface{ Bytes() []byte })
	if !ok {
		return fmt.Errorf("a %T has no bytes to upload", blob)
	}
	return d.Write(buf, offset, padded(b.Bytes()[from:from+n]))
}
