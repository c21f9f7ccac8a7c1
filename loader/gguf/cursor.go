package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// Limits on what a header may declare. They are far above any published file (Llama 4 Scout: 12 MB of header, 628
// tensors, a chat template of 5 KB) and low enough that a hostile file cannot exhaust memory: Go has 256 MB in a
// browser, and a header is in it up to three times, as the prefixes that were read and as what is kept of it.
const (
	maxHeader  = 64 << 20  // bytes
	maxRecords = 1 << 16   // metadata records; also tensors
	maxName    = 1<<16 - 1 // bytes of a key or tensor name
	maxText    = 64 << 20  // bytes of a string value
)

// ErrShortPrefix is returned by Parse when the header is longer than the prefix it was given, but not longer than the
// file.
var ErrShortPrefix = errors.New("gguf: the header is longer than the prefix")

// cursor reads a header from its first byte on. Its error is sticky: after an error every read returns zero, so that a
// caller that reads many fields checks for it once.
type cursor struct {
	prefix []byte // the first bytes of the file
	at     int64  // offset of the next byte to read
	size   int64  // of the whole file, in bytes
	err    error  // the first error
}

// fail sets the error, with the offset where it was found, unless there is one already.
func (c *cursor) fail(code errs.Code, format string, args ...any) {
	if c.err == nil {
		c.err = errs.New(code, fmt.Sprintf("the file's header is broken at byte %d: ", c.at)+
			fmt.Sprintf(format, args...)+"; download it again or choose another file")
	}
}

// take returns the next n bytes. It returns nil and sets the error if they extend past the end of the file, past the
// largest header or past the prefix; the last error is ErrShortPrefix.
func (c *cursor) take(n int64, what string) []byte {
	switch {
	case c.err != nil:
		return nil
	case n > c.size-c.at:
		c.err = errs.New(errs.Truncated, fmt.Sprintf(
			"the file ends inside its header: %s at byte %d needs %d bytes, but the file is only %d bytes long; "+
				"download it again", what, c.at, n, c.size))
	case n > maxHeader-c.at:
		c.fail(errs.BadHeader, "%s of %d bytes makes the header longer than %d MiB", what, n, maxHeader>>20)
	case n > int64(len(c.prefix))-c.at:
		c.err = ErrShortPrefix
	default:
		c.at += n
		return c.prefix[c.at-n : c.at : c.at]
	}
	return nil
}

func (c *cursor) u32(what string) uint32 {
	if b := c.take(4, what); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64(what string) uint64 {
	if b := c.take(8, what); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count reads a u64; one above max is an error.
func (c *cursor) count(max uint64, what string) int {
	n := c.u64(what)
	if n > max {
		c.at -= 8
		c.fail(errs.BadHeader, "%s is %d, more than the %d a file may have", what, n, max)
		return 0
	}
	return int(n)
}

// text reads a string of at most max bytes.
func (c *cursor) text(max uint64, what string) string {
	n := c.count(max, "the length of "+what)
	return string(c.take(int64(n), what))
}

// name reads a metadata key or the name of a tensor; an empty one is an error.
func (c *cursor) name(what string) string {
	s := c.text(maxName, what)
	if s == "" {
		c.fail(errs.BadHeader, "%s is empty", what)
	}
	return s
}
