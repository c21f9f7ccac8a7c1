package loader

import (
	"context"
	"slices"

	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/hub"
	"github.com/outrider-web/outrider/loader/store"
)

// StoredModel describes a model in the store, with its vision file.
type StoredModel struct {
	ID          string // id of its first file
	Name        string // name of its first file
	Vision      string // id of its vision file; "" if it has none
	Bytes       int64  // size of all its files that are known
	StoredBytes int64  // bytes that are stored
	Complete    bool   // whether every byte is stored
}

// List returns the models in the store, complete or not. The parts of a split model count as one, with its vision file.
func List(ctx context.Context, st store.Store) ([]StoredModel, error) {
	files, err := st.List(ctx)
	if err != nil {
		return nil, err
	}
	var models []StoredModel
	index := map[string]int{} // id of the first file → index in models
	visions := visionFiles(files)
	for _, f := range files {
		if visions[f.ID] > 0 {
			continue
		}
		ids := partIDs(f.ID)
		i, ok := index[ids[0]]
		if !ok {
			i = len(models)
			index[ids[0]] = i
			_, name := fetch.LocationOf(ids[0])
			models = append(models, StoredModel{ID: ids[0], Name: name, Complete: allComplete(files, ids)})
		}
		models[i].Bytes += f.Size
		models[i].StoredBytes += f.Stored()
		if f.Vision != "" {
			models[i].addVision(f.Vision, files)
		}
	}
	return models, nil
}

// Delete deletes a model with all its parts, and its vision file unless that belongs to another model too. It is not an
// error if the model is not stored.
func Delete(ctx context.Context, id string, st store.Store) error {
	files, err := st.List(ctx)
	if err != nil {
		return err
	}
	ids := partIDs(id)
	if !slices.Contains(ids, id) {
		ids = append(ids, id) // an address with secrets, of an earlier version that kept them
	}
	for _, f := range files {
		if f.ID == ids[0] && f.Vision != "" && visionFiles(files)[f.Vision] == 1 {
			ids = append(ids, f.Vision)
		}
	}
	for _, id := range ids {
		if err := st.Delete(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// partIDs returns the ids of all parts of the model that a file belongs to, in order.
func partIDs(id string) []string {
	location, name := fetch.LocationOf(id)
	prefix, _, count, ok := hub.ParsePart(name)
	if !ok {
		return []string{location.ID(name)}
	}
	ids := make([]string, count)
	for i := range ids {
		ids[i] = location.ID(hub.PartName(prefix, i, count))
	}
	return ids
}

// allComplete reports whether every one of the ids is among files and complete.
func allComplete(files []store.File, ids []string) bool {
	complete := map[string]bool{}
	for _, f := range files {
		complete[f.ID] = f.Complete()
	}
	for _, id := range ids {
		if !complete[id] {
			return false
		}
	}
	return true
}
