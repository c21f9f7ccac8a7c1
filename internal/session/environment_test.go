package session

import (
	"context"
	"maps"
	"math"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/outrider-web/outrider/internal/image"
	"github.com/outrider-web/outrider/internal/ops"
	"github.com/outrider-web/outrider/internal/preflight"
	"github.com/outrider-web/outrider/internal/quant"
	"github.com/outrider-web/outrider/internal/ref"
	"github.com/outrider-web/outrider/internal/testing/tiny"
	"github.com/outrider-web/outrider/internal/wire"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/store"
)

// machine is the environment that sessions are tested in: devices of limited memory, a store in memory, a cutter of
// black pictures.
type machine struct {
	*store.Memory
	limit    int64 // bytes of each device's memory
	refusal  error // what a device returns when a model takes more
	upload   error // what a device returns for every upload
	lives    []int // after how many calls each device is lost; those behind the last are not
	devices  []*device
	limits   map[string]preflight.MemoryLimit
	measured []store.Kind
	speed    store.Speed

	mu sync.Mutex // guards limits
}

func newMachine() *machine {
	return &machine{
		Memory: store.NewMemory(math.MaxInt64), limit: math.MaxInt64, refusal: ops.ErrOutOfMemory,
		limits: map[string]preflight.MemoryLimit{}, speed: store.Speed{Write: 100, Read: 200, Free: 1 << 40},
	}
}

func (m *machine) session() *Session {
	return New(Environment{
		OpenDevice: m.open,
		Store:      m,
		Memory:     m,
		Tiles:      m,
		LinkSpeed:  func(context.Context, fetch.Source) (float64, error) { return 300, nil },
		HeldBytes:  func() (held, peak int64) { return 5, 6 },
	})
}

func (m *machine) open(context.Context) (Backend, error) {
	d := &device{Backend: ref.New(), machine: m, life: math.MaxInt}
	if n := len(m.devices); n < len(m.lives) {
		d.life = m.lives[n]
	}
	m.devices = append(m.devices, d)
	return d, nil
}

func (m *machine) Probe(_ context.Context, kind store.Kind) (store.Speed, error) {
	m.measured = append(m.measured, kind)
	return m.speed, nil
}

func (m *machine) Recall(_ context.Context, device string) (preflight.MemoryLimit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.limits[device], nil
}

func (m *machine) Remember(device string, limit preflight.MemoryLimit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limits[device] = limit
}

func (m *machine) Check(_ context.Context, _ string, g image.Geometry) (*image.Tiles, float64, error) {
	return image.NewTiles(g.Layout(2*g.TileSize, g.TileSize)), 0.5, nil
}

func (m *machine) Cut(ctx context.Context, url string, g image.Geometry) (*image.Tiles, float64, error) {
	return m.Check(ctx, url, g)
}

// device is the reference with the memory of its machine.
type device struct {
	ops.Backend
	machine *machine
	held    int64
	calls   int // of methods that use the device
	life    int // calls before the device is lost
	closed  bool
}

// call counts a call. It returns the error of one that the device does not live to see.
func (d *device) call() error {
	if d.calls++; d.calls > d.life {
		return ops.ErrDeviceLost
	}
	return nil
}

func (d *device) AdapterName() string { return "adapter" }
func (d *device) Bytes() int64        { return d.held }
func (d *device) Close()              { d.closed = true }

func (d *device) Alloc(name string, t quant.Type, shape ...int) (*ops.Tensor, error) {
	if err := d.call(); err != nil {
		return nil, err
	}
	made, err := d.Backend.Alloc(name, t, shape...)
	if err != nil {
		return nil, err
	}
	if d.held+bytesOf(made) > d.machine.limit {
		return nil, d.machine.refusal
	}
	d.held += bytesOf(made)
	return made, nil
}

func (d *device) Free(ts ...*ops.Tensor) {
	for _, t := range ts {
		d.held -= bytesOf(t)
	}
	d.Backend.Free(ts...)
}

func (d *device) Upload(t *ops.Tensor, offset int64, b ops.Blob) error {
	if d.machine.upload != nil {
		return d.machine.upload
	}
	if err := d.call(); err != nil {
		return err
	}
	return d.Backend.Upload(t, offset, b)
}

func (d *device) Write(t *ops.Tensor, offset int, data []byte) error {
	if err := d.call(); err != nil {
		return err
	}
	return d.Backend.Write(t, offset, data)
}

func (d *device) Record(label string, f func()) (ops.Program, error) {
	return d.RecordGuarded(label, nil, f)
}

func (d *device) RecordGuarded(label string, guard *ops.Tensor, f func()) (ops.Program, error) {
	if err := d.call(); err != nil {
		return nil, err
	}
	p, err := d.Backend.RecordGuarded(label, guard, f)
	return program{p, d}, err
}

// program is a program of a device that may be lost.
type program struct {
	ops.Program
	device *device
}

func (p program) Run() error {
	if err := p.device.call(); err != nil {
		return err
	}
	return p.Program.Run()
}

func (p program) RunFrom(router int) error {
	if err := p.device.call(); err != nil {
		return err
	}
	return p.Program.RunFrom(router)
}

func (d *device) ReadBack(t *ops.Tensor, offset, n int) ops.Pending {
	if d.call() != nil {
		return lostReadBack{}
	}
	return d.Backend.ReadBack(t, offset, n)
}

func (d *device) ReadBackSlices(parts ...ops.Slice) ops.Pending {
	if d.call() != nil {
		return lostReadBack{}
	}
	return d.Backend.ReadBackSlices(parts...)
}

type lostReadBack struct{}

func (lostReadBack) Wait(context.Context) ([]byte, error) { return nil, ops.ErrDeviceLost }

func bytesOf(t *ops.Tensor) int64 {
	return int64(t.Shape.Elems() / t.Type.BlockWeights() * t.Type.BlockBytes())
}

// picked are files that a person chose.
type picked struct{ fetch.Memory }

func (p picked) Names() []string { return slices.Sorted(maps.Keys(p.Memory)) }

func pickedFiles(files map[string][]byte) ModelSources {
	return ModelSources{Model: Source{Kind: "files", Files: picked{files}}}
}

var dense = tiny.Llama{Seed: 1, Type: quant.Q8_0}.GGUF()

// mixture has 24 experts of about 20 kB in 4 layers.
var mixture = tiny.Llama4{
	Seed: 1, Type: quant.Q8_0, HiddenSize: 64, NumHeads: 4, NumKVHeads: 2, ExpertWidth: 96, NumExperts: 6,
	Window: 32, TempFloor: 4,
}.GGUF()

func loadFile(s *Session, file []byte, paging wire.Paging) (*wire.LoadedModel, error) {
	sources := pickedFiles(map[string][]byte{"model.gguf": file})
	return s.Load(context.Background(), LoadRequest{sources, paging}, func(wire.Progress) {})
}

func loadSources(s *Session, sources ModelSources) (*wire.LoadedModel, error) {
	return s.Load(context.Background(), LoadRequest{ModelSources: sources}, func(wire.Progress) {})
}

// mustLoad returns a session on m with a model.
func mustLoad(t *testing.T, m *machine, file []byte) *Session {
	t.Helper()
	s := m.session()
	if _, err := loadFile(s, file, wire.Paging{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Unload(context.Background()) })
	return s
}

const goldens = "../../testdata/golden/llama4/"

// visionFiles returns the files of a Llama 4 with its vision encoder.
func visionFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for name, golden := range map[string]string{"model.gguf": "interleave1.gguf", "mmproj.gguf": "vision-tiny.gguf"} {
		file, err := os.ReadFile(goldens + golden)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = file
	}
	return files
}
