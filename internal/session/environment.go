package session

import (
	"context"

	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// Environment is what a session needs of the program around it.
type Environment struct {
	// OpenDevice opens the GPU. Errors: no_webgpu, no_adapter.
	OpenDevice func(ctx context.Context) (Backend, error)

	Store  Store
	Memory DeviceMemory
	Tiles  TileCutter

	// LinkSpeed measures how many bytes per second a source delivers; it takes a second or two.
	LinkSpeed func(ctx context.Context, source fetch.Source) (float64, error)

	// HeldBytes returns how many weight bytes are held outside Go on their way between network, store and GPU: now, and
	// the largest number so far.
	HeldBytes func() (held, peak int64)
}

// Backend is a device that runs ops.
type Backend interface {
	ops.Backend

	// AdapterName describes the adapter; "" when the browser does not.
	AdapterName() string

	// Bytes returns the size of all buffers as they were asked for.
	Bytes() int64
}

// Store is a store whose speed can be measured.
type Store interface {
	store.Store

	// Probe measures the store with a scratch file; it takes a second or two.
	Probe(ctx context.Context, kind store.Kind) (store.Speed, error)
}

// DeviceMemory remembers between visits to the page how much GPU memory each device has turned out to have.
type DeviceMemory interface {
	// Recall returns what is known of a device; zeros for one that has never been tried.
	Recall(ctx context.Context, device string) (preflight.MemoryLimit, error)

	// Remember stores what is known of a device. It need not wait until that is stored: what is lost is found again.
	Remember(device string, limit preflight.MemoryLimit)
}

// TileCutter decodes pictures and cuts them into tiles. Its methods also return how many seconds that took. Errors:
// bad_image, unsupported_image, image_too_large, and those of fetching the picture.
type TileCutter interface {
	// Check cuts the picture at url and keeps the tiles for the request that is to come.
	Check(ctx context.Context, url string, g image.Geometry) (*image.Tiles, float64, error)

	// Cut cuts the picture at url.
	Cut(ctx context.Context, url string, g image.Geometry) (*image.Tiles, float64, error)
}

// PickedFiles are the files that a person chose together.
type PickedFiles interface {
	fetch.Location

	// Names returns the names of the files, sorted.
	Names() []string
}

// Source says where the files of a model are.
type Source struct {
	Kind  string      // url, files or stored
	URL   string      // the address of the model's first file, for the kind url
	Files PickedFiles // for the kind files
	ID    string      // the id in the store, for the kind stored

	Integrity string   // published hashes of the files; see loader.ParseIntegrity
	Mirrors   []string // other addresses of the model's first file, for the kind url
}

// ModelSources say where a model and its vision file are. When Vision is nil, a vision file among picked files is used.
type ModelSources struct {
	Model  Source
	Vision *Source
}
