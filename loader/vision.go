package loader

import (
	"context"
	"slices"

	"github.com/outrider-web/outrider/loader/store"
)

// Vision returns the id of the vision file that SetVision has made a part of the model; "" if there is none.
func (m *Model) Vision() string { return m.parts[0].record().Vision }

// SetVision makes a stored vision file a part of the model: List counts it with the model, and Delete deletes it with
// the model. id is the Model.ID of the file.
func (m *Model) SetVision(ctx context.Context, id string) error {
	if m.Vision() == id {
		return nil
	}
	return m.parts[0].setInfo(ctx, store.Changes{Vision: &id})
}

// visionFiles returns, for the ids of vision files that are a part of a model, how many stored models they belong to.
func visionFiles(files []store.File) map[string]int {
	models := map[string]int{}
	for _, f := range files {
		if f.Vision != "" {
			models[f.Vision]++
		}
	}
	return models
}

// addVision adds to a model the vision file that is a part of it.
func (m *StoredModel) addVision(id string, files []store.File) {
	i := slices.IndexFunc(files, func(f store.File) bool { return f.ID == id })
	if i < 0 {
		return // it was deleted by itself
	}
	m.Vision = id
	m.Bytes += files[i].Size
	m.StoredBytes += files[i].Stored()
	m.Complete = m.Complete && files[i].Complete()
}
