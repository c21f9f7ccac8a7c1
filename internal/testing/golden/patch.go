package golden

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Patch writes over a model file the bytes in which the golden file's model differs from the weights it shares with
// others: its note "patches" is "OFFSET:HEX OFFSET:HEX ...", or "none".
func (f *File) Patch(model []byte) error {
	patches, ok := f.Notes["patches"]
	if !ok {
		return fmt.Errorf("golden: no note of patches")
	}
	if patches == "none" {
		return nil
	}
	for _, patch := range strings.Fields(patches) {
		at, digits, _ := strings.Cut(patch, ":")
		offset, err := strconv.Atoi(at)
		if err != nil {
			return fmt.Errorf("golden: patch %q: %w", patch, err)
		}
		data, err := hex.DecodeString(digits)
		if err != nil || offset < 0 || offset+len(data) > len(model) {
			return fmt.Errorf("golden: patch %q does not fit a file of %d bytes", patch, len(model))
		}
		copy(model[offset:], data)
	}
	return nil
}
