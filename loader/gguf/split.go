package gguf

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// maxParts is the largest number of files a model may be split into; hub.MaxParts says the same of names.
const maxParts = 1000

// Split is the position of a file among the parts of a split model.
type Split struct {
	No      int // index of the part
	Count   int // number of parts; 1 for a file that is not split
	Tensors int // number of tensors in all parts together
}

// Split reads the keys that gguf-split writes. Errors: bad_header if they contradict each other.
func (f *File) Split() (Split, error) {
	no, count := f.Meta.Uint("split.no", 0), f.Meta.Uint("split.count", 1)
	total := f.Meta.Uint("split.tensors.count", uint64(len(f.Tensors)))
	if count <= 1 {
		return Split{Count: 1, Tensors: len(f.Tensors)}, nil
	}
	if count > maxParts || no >= count || total > maxRecords {
		return Split{}, splitError("it says it is part %d of %d with %d tensors in all", no+1, count, total)
	}
	return Split{No: int(no), Count: int(count), Tensors: int(total)}, nil
}

// Merge returns one File for all parts of a split model, which must be in order; the metadata are those of the first.
// For a single file that is not split it returns a copy. Errors: bad_header, which names the part that is wrong.
func Merge(parts []*File) (*File, error) {
	first, err := parts[0].Split()
	if err != nil {
		return nil, err
	}
	if first.No != 0 {
		return nil, splitError("this is part %d of %d; open the first part", first.No+1, first.Count)
	}
	if len(parts) != first.Count {
		return nil, splitError("the model has %d parts, %d were given", first.Count, len(parts))
	}
	merged := *parts[0]
	merged.Tensors, merged.index = nil, map[string]int{}
	for i, part := range parts {
		if err := merged.append(part, i, first); err != nil {
			return nil, err
		}
	}
	if len(merged.Tensors) != first.Tensors {
		return nil, splitError("all parts together should hold %d tensors, they hold %d",
			first.Tensors, len(merged.Tensors))
	}
	return &merged, nil
}

// append adds the tensors of part i, which must belong to the same model as the first part.
func (f *File) append(part *File, i int, first Split) error {
	s, err := part.Split()
	if err != nil {
		return err
	}
	if s.No != i || s.Count != first.Count {
		return splitError("the file in place of part %d of %d says it is part %d of %d",
			i+1, first.Count, s.No+1, s.Count)
	}
	for _, t := range part.Tensors {
		t.Part = i
		if !f.add(t) {
			return splitError("part %d has tensor %q, which an earlier part has too", i+1, t.Name)
		}
	}
	return nil
}

func splitError(format string, args ...any) error {
	return errs.New(errs.BadHeader, "the model's split files do not fit together: "+fmt.Sprintf(format, args...))
}
