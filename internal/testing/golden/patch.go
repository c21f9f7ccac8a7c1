package golden

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Patch changes the bytes of a model file that differ in the golden file's model. Several golden files share one file
// of weights, and the note "patches" has the differences: "OFFSET:HEX OFFSET:HEX ...", or "none".
func (f *File) Patch(model []byte) error {
	patches, ok := f.Notes["patches"]
	if !ok {
		return fmt.Errorf("golden: the file has no note \"patches\"")
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
