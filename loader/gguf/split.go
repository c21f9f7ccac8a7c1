package gguf

import (
	"fmt"

	"github.com/outrider-web/outrider/internal/errs"
)

// MaxParts is the largest number of files a model may be split into.
const MaxParts = 1000

// Split says which part of a split model a file is.
type Split struct {
	No      int // from 0
	Count   int // 1 for a file that is not split
	Tensors int // in all parts together
}

// Split reads the keys that gguf-split writes. Errors: bad_header when they make no sense.
func (f *File) Split() (Split, error) {
	no, count := f.Meta.Uint("split.no", 0), f.Meta.Uint("split.count", 1)
	total := f.Meta.Uint("split.tensors.count", uint64(len(f.Tensors)))
	if count <= 1 {
		return Split{Count: 1, Tensors: len(f.Tensors)}, nil
	}
	if count > MaxParts || no >= count || total > maxRecords {
		return Split{}, splitError("it says it is part %d of %d with %d tensors in all", no+1, count, total)
	}
	return Split{No: int(no), Count: int(count), Tensors: int(total)}, nil
}

// Merge makes one File of all parts of a split model, in order; metadata come from the first. One part that is not
// split is given back as it is. Errors: bad_header, saying which part is wrong.
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
	whole := *parts[0]
	whole.Tensors, whole.index = nil, map[string]int{}
	for i, part := range parts {
		if err := whole.append(part, i, first); err != nil {
			return nil, err
		}
	}
	if len(whole.Tensors) != first.Tensors {
		return nil, splitError("all parts together should hold %d tensors, they hold %d", first.Tensors, len(whole.Tensors))
	}
	return &whole, nil
}

// append adds the tensors of part i, which must belong to the same model as the first part.
func (f *File) append(part *File, i int, first Split) error {
	s, err := part.Split()
	if err != nil {
		return err
	}
	if s.No != i || s.Count != first.Count {
		return splitError("the file in place of part %d of %d says it is part %d of %d", i+1, first.Count, s.No+1, s.Count)
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
