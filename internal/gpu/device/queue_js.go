package device

import (
	"context"
	"encoding/binary"
	"fmt"
	"syscall/js"

	"github.com/outrider-web/outrider/internal/jsbridge"
	"github.com/outrider-web/outrider/internal/ops"
)

// AddProgram hands the words of a program to the host, which keeps a copy.
func (d *Device) AddProgram(words []uint32) uint32 {
	data := make([]byte, 0, 4*len(words))
	for _, w := range words {
		data = binary.LittleEndian.AppendUint32(data, w)
	}
	d.fillTransfer(data)
	id := d.programs.add(struct{}{})
	d.host.Call("addProgram", id, d.transfer.Call("subarray", 0, len(data)))
	return id
}

// ReleaseProgram drops a program.
func (d *Device) ReleaseProgram(id uint32) {
	d.host.Call("releaseProgram", id)
	d.programs.remove(id)
}

// Run queues a program, from one of its words on. It is one crossing.
func (d *Device) Run(program uint32, from int) error {
	if d.runProgram.Invoke(program, from).Bool() {
		return d.Err()
	}
	return nil
}

// Write queues a copy of data into buf, at most MaxWriteBytes in one crossing.
func (d *Device) Write(buf *Buffer, offset int64, data []byte) error {
	for len(data) > 0 {
		n := min(len(data), MaxWriteBytes)
		d.fillTransfer(data[:n])
		d.writeBytes.Invoke(buf.ID, offset, d.transfer, n)
		offset, data = offset+int64(n), data[n:]
	}
	return nil
}

// fillTransfer copies data to the beginning of the transfer array.
func (d *Device) fillTransfer(data []byte) {
	if d.transfer.IsUndefined() || d.transferBytes < len(data) {
		d.transferBytes = max(2*d.transferBytes, len(data), 4096)
		d.transfer = js.Global().Get("Uint8Array").New(d.transferBytes)
	}
	js.CopyBytesToJS(d.transfer, data)
}

// Upload accepts blobs of two kinds. One with the method JS is an ArrayBuffer, whose bytes never enter Go's memory; one
// with the method Bytes is for tests.
func (d *Device) Upload(buf *Buffer, offset int64, blob ops.Blob, from, n int64) error {
	switch b := blob.(type) {
	case interface{ JS() js.Value }:
		if queueFull := d.host.Call("upload", buf.ID, offset, b.JS(), from, n); queueFull.Truthy() {
			if _, err := jsbridge.Await(queueFull).Wait(context.Background()); err != nil {
				return hostError(err, "an upload")
			}
		}
		return nil
	case interface{ Bytes() []byte }:
		return d.Write(buf, offset, padded(b.Bytes()[from:from+n]))
	}
	return fmt.Errorf("a %T has no bytes to upload", blob)
}
