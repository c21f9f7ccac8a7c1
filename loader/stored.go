package loader

import (
	"context"

	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/hub"
	"github.com/outrider-web/outrider/loader/store"
)

// Stored is a model in the store.
type StoredModel struct {
	ID          string // of its first file
	Name        string // of its first file
	Bytes       int64  // of all its files, as far as known
	StoredBytes int64  // bytes that are in the store
	Complete    bool
}

// List gives the models in the store, whole or in part. The parts of a split model count as one.
func List(ctx context.Context, st store.Store) ([]StoredModel, error) {
	files, err := st.List(ctx)
	if err != nil {
		return nil, err
	}
	var models []StoredModel
	place := map[string]int{} // id of the first file → place in models
	for _, f := range files {
		names := siblings(f.ID)
		i, ok := place[names[0]]
		if !ok {
			i = len(models)
			place[names[0]] = i
			_, name := fetch.LocationOf(names[0])
			models = append(models, StoredModel{ID: names[0], Name: name, Complete: complete(files, names)})
		}
		models[i].Bytes += f.Size
		models[i].StoredBytes += f.Stored()
	}
	return models, nil
}

// Delete forgets a model and all its parts. One that is not there is no error.
func Delete(ctx context.Context, id string, st store.Store) error {
	for _, part := range siblings(id) {
		if err := st.Delete(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// siblings gives the ids of all parts of the model that a file belongs to, in order.
func siblings(id string) []string {
	place, name := fetch.LocationOf(id)
	prefix, _, count, ok := hub.ParsePart(name)
	if !ok {
		return []string{id}
	}
	ids := make([]string, count)
	for i := range ids {
		ids[i] = place.ID(hub.PartName(prefix, i, count))
	}
	return ids
}

// complete reports whether every one of the ids is among files and whole.
func complete(files []store.File, ids []string) bool {
	whole := map[string]bool{}
	for _, f := range files {
		whole[f.ID] = f.Complete()
	}
	for _, id := range ids {
		if !whole[id] {
			return false
		}
	}
	return true
}
