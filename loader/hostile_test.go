package loader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/outrider-web/outrider/internal/errs"
	"github.com/outrider-web/outrider/loader/fetch"
	"github.com/outrider-web/outrider/loader/manifest"
	"github.com/outrider-web/outrider/loader/store"
)

// hostileServer is a fakeServer that publishes texts and hashes, and alters bytes on their way.
type hostileServer struct {
	*fakeServer
	id      string            // of every file, instead of "fake:" and the name
	sha256  string            // published with the file
	texts   map[string]string // by address
	noTexts bool              // no text can be fetched

	alter func(chunk, request int, b []byte) ([]byte, error) // of the request-th request for a chunk; may be nil
	count map[int]int                                        // requests of each chunk
	mu    sync.Mutex
}

func newHostileServer() *hostileServer {
	return &hostileServer{fakeServer: newFakeServer(bigModel()), texts: map[string]string{}, count: map[int]int{}}
}

func (h *hostileServer) ID(name string) string {
	if h.id != "" {
		return h.id
	}
	return h.fakeServer.ID(name)
}

func (h *hostileServer) Address(name string) string { return h.ID(name) }

func (h *hostileServer) Text(_ context.Context, url string, maxBytes int) (string, bool, error) {
	if h.noTexts {
		return "", false, errs.New(errs.ConnectionLost, "the connection was closed")
	}
	text, ok := h.texts[url]
	return text, ok && len(text) <= maxBytes, nil
}

func (h *hostileServer) Open(ctx context.Context, name string) (fetch.Source, error) {
	src, err := h.fakeServer.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	s := src.(fakeSource)
	s.info.SHA256 = h.sha256
	return hostileSource{s, h}, nil
}

type hostileSource struct {
	fakeSource
	server *hostileServer
}

func (s hostileSource) ReadRange(ctx context.Context, offset, n int64, progress func(int64)) (fetch.Bytes, error) {
	b, err := s.fakeSource.ReadRange(ctx, offset, n, progress)
	if err != nil || s.server.alter == nil {
		return b, err
	}
	chunk := int(offset / store.ChunkBytes)
	s.server.mu.Lock()
	s.server.count[chunk]++
	request := s.server.count[chunk]
	s.server.mu.Unlock()
	return s.server.alter(chunk, request, slices.Clone(b))
}

// publishManifest publishes a manifest beside the file.
func (h *hostileServer) publishManifest(text string) {
	h.texts[manifest.Address(h.ID("m.gguf"))] = text
}

// modelHash is the SHA-256 of bigModel.
var modelHash = sync.OnceValue(func() string { return hexHash(bigModel()) })

// modelManifest is the manifest of bigModel.
var modelManifest = sync.OnceValue(func() string { return manifestOf(bigModel()) })

func manifestOf(file []byte) string {
	m, err := manifest.Read(context.Background(), "m.gguf", bytes.NewReader(file), func(int64) {})
	if err != nil {
		panic(err)
	}
	return m.JSON()
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// flipBit flips one bit in the middle of a quantised block, where every value is plausible.
func flipBit(b []byte) []byte {
	b[len(b)/2/18*18+9] ^= 1
	return b
}

// altersOnce returns an alter function that changes the first answer for a chunk.
func altersOnce(chunk int, change func([]byte) []byte) func(int, int, []byte) ([]byte, error) {
	return func(c, request int, b []byte) ([]byte, error) {
		if c == chunk && request == 1 {
			return change(b), nil
		}
		return b, nil
	}
}

// damages are ways in which the bytes of a chunk can be wrong.
var damages = map[string]func([]byte) []byte{
	"a web page": func(b []byte) []byte { return bytes.Repeat([]byte("<!doctype html>}~"), len(b)/17+1)[:len(b)] },
	"zeros":      func(b []byte) []byte { return make([]byte, len(b)) },
	"one bit":    flipBit,
	"another place": func(b []byte) []byte {
		return append(b[100:], b[:100]...)
	},
}

func (h *hostileServer) mustOpen(t *testing.T, st store.Store, o Options) *Model {
	t.Helper()
	m, err := OpenWith(t.Context(), h, "m.gguf", st, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// wantFile checks that every byte of a model is stored as the file has it.
func wantFile(t *testing.T, m *Model) {
	t.Helper()
	file, known, _ := m.store.Find(t.Context(), m.ID)
	if !known || !file.Complete() {
		t.Errorf("the file is not complete: %+v", file)
		return
	}
	b, err := m.store.Read(t.Context(), m.ID, 0, file.Size)
	if err != nil || !bytes.Equal(b.Copy(), bigModel()) {
		t.Errorf("the stored bytes differ from the file, %v", err)
	}
}

func wantVerified(t *testing.T, m *Model, want bool) {
	t.Helper()
	if file, _, _ := m.store.Find(t.Context(), m.ID); file.Verified != want {
		t.Errorf("verified: %v, want %v", file.Verified, want)
	}
}

func mustDownload(t *testing.T, m *Model) {
	t.Helper()
	if err := m.Download(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
}

func TestAChunkWithoutItsPublishedHashIsFetchedAgainAlone(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			h := newHostileServer()
			h.publishManifest(modelManifest())
			h.alter = altersOnce(3, damage)
			m := h.mustOpen(t, newStore(), Options{})
			mustDownload(t, m)
			wantFile(t, m)
			wantVerified(t, m, true)
			requests := h.takeRequests()
			slices.Sort(requests)
			if !slices.Equal(requests, []int{0, 1, 2, 3, 3, 4}) {
				t.Errorf("chunks %v were requested", requests)
			}
		})
	}
}

func TestAFileWithoutItsPublishedHashIsRepaired(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			h := newHostileServer()
			h.sha256 = modelHash()
			h.alter = altersOnce(3, damage)
			m := h.mustOpen(t, newStore(), Options{})
			var phases []Phase
			err := m.Download(t.Context(), nil, func(p Progress) { phases = append(phases, p.Phase) })
			if err != nil || !slices.Contains(phases, PhaseVerify) {
				t.Errorf("%v, phases %v", err, phases)
			}
			wantFile(t, m)
			wantVerified(t, m, true)
		})
	}
}

func TestAFileThatIsVerifiedIsNotHashedAgain(t *testing.T) {
	h, st := newHostileServer(), newStore()
	h.sha256 = modelHash()
	mustDownload(t, h.mustOpen(t, st, Options{}))
	again := h.mustOpen(t, st, Options{})
	again.setStore(noHashing{st})
	mustDownload(t, again)
}

// noHashing is a store that cannot hash files.
type noHashing struct{ store.Store }

func (noHashing) HashFile(context.Context, string, func(int64)) (string, error) {
	return "", errs.New(errs.Internal, "the file is hashed")
}

func TestAChunkThatAlwaysArrivesDamagedIsNotStored(t *testing.T) {
	h := newHostileServer()
	h.publishManifest(modelManifest())
	h.alter = func(chunk, _ int, b []byte) ([]byte, error) {
		if chunk == 3 {
			b = flipBit(b)
		}
		return b, nil
	}
	m := h.mustOpen(t, newStore(), Options{})
	wantError(t, m.Download(t.Context(), nil, nil), errs.Integrity, "m.gguf: bytes of the file arrive damaged again")
	if m.Has(0, 3*store.ChunkBytes, 1) || !m.Has(0, 0, 1) {
		t.Error("the damaged chunk is stored, or others are not")
	}
	if n := h.count[3]; n != maxDamaged {
		t.Errorf("%d requests", n)
	}
}

func TestAFileThatIsWrongAtEverySourceIsNamedAndKept(t *testing.T) {
	h, st := newHostileServer(), newStore()
	wrong := strings.Repeat("ab", 32)
	m := h.mustOpen(t, st, Options{Integrity: []string{wrong}})
	err := m.Download(t.Context(), nil, nil)
	wantError(t, err, errs.Integrity, "m.gguf: the file does not have the SHA-256")
	if errs.Of(err).Retryable {
		t.Error("retryable")
	}
	wantFile(t, m)
	wantVerified(t, m, false)
}

func TestImplausibleChunksAreFetchedAgainWithoutAnyHash(t *testing.T) {
	h := newHostileServer()
	h.alter = altersOnce(3, damages["a web page"])
	m := h.mustOpen(t, newStore(), Options{})
	mustDownload(t, m)
	wantFile(t, m)
	wantVerified(t, m, false)
}

func TestFiniteNumbersAreThoseOfTheTensors(t *testing.T) {
	m := newHostileServer().mustOpen(t, newStore(), Options{})
	p, file := m.parts[0], bigModel()
	found := 0
	for chunk := range p.file.Chunks {
		start := int64(chunk) * store.ChunkBytes
		for _, n := range p.finiteNumbers(chunk) {
			if last := n.Start + (n.Count-1)*n.Step + 2; n.Start < 0 || int64(last) > p.file.ChunkLen(chunk) {
				t.Errorf("chunk %d: %+v is not within the chunk", chunk, n)
			}
			found += n.Count
			for i := range n.Count { // randomWeights clears the two highest bits of every exponent
				if file[start+int64(n.Start+i*n.Step)+1]&0xC0 != 0 {
					t.Fatalf("chunk %d: number %d of %+v is not one of the weights", chunk, i, n)
				}
			}
		}
	}
	want := 300
	for _, tensor := range m.File.Tensors {
		if tensor.Type != 0 {
			want += int(tensor.Size) / tensor.Type.BlockBytes()
		}
	}
	if found > want || found < want-len(p.file.Chunks) { // a number that two chunks share is in neither
		t.Errorf("%d numbers, want %d", found, want)
	}
}

func TestWhereHashesArePublished(t *testing.T) {
	sum := modelHash()
	const id = "https://huggingface.co/o/r/resolve/main/m.gguf"
	tree := `[{"type":"file","path":"m.gguf","lfs":{"size":` + strconv.Itoa(len(bigModel())) + `,"oid":"` + sum + `"}}]`
	for name, publish := range map[string]func(*hostileServer, *Options){
		"option":   func(_ *hostileServer, o *Options) { o.Integrity = []string{sum} },
		"manifest": func(h *hostileServer, _ *Options) { h.publishManifest(modelManifest()) },
		"source":   func(h *hostileServer, _ *Options) { h.sha256 = sum },
		"hub": func(h *hostileServer, _ *Options) {
			h.id = id
			h.texts["https://huggingface.co/api/models/o/r/tree/main"] = tree
		},
		"option and a manifest of another file": func(h *hostileServer, o *Options) {
			o.Integrity = []string{sum}
			h.publishManifest(manifestOf(flipBit(slices.Clone(bigModel()))))
		},
		"a web page in place of the manifest": func(h *hostileServer, _ *Options) {
			h.sha256 = sum
			h.texts[manifest.Address(h.ID("m.gguf"))] = "<!doctype html>"
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, o := newHostileServer(), Options{}
			publish(h, &o)
			m := h.mustOpen(t, newStore(), o)
			mustDownload(t, m)
			wantVerified(t, m, true)
			if file, _, _ := m.store.Find(t.Context(), m.ID); file.SHA256 != sum {
				t.Errorf("the record has %q", file.SHA256)
			}
		})
	}
}

func TestAManifestThatContradictsTheFileIsAnError(t *testing.T) {
	h, st := newHostileServer(), newStore()
	h.publishManifest(manifestOf(bigModel()[1:]))
	_, err := OpenWith(t.Context(), h, "m.gguf", st, Options{})
	wantError(t, err, errs.Integrity, "m.gguf: the manifest beside the file")
}

// A server may close the connection of every request but those for the model.
func TestAnUnreachableManifestCountsAsAbsentUntilTheModelIsOpenedAgain(t *testing.T) {
	h, st := newHostileServer(), newStore()
	h.publishManifest(modelManifest())
	h.noTexts = true
	mustDownload(t, h.mustOpen(t, st, Options{}))
	h.noTexts = false
	m := h.mustOpen(t, st, Options{})
	if _, err := m.parts[0].currentSource(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.parts[0].record().Hashes == nil {
		t.Error("the manifest was not looked for again")
	}
}

func TestChunksStoredBeforeTheirHashesWereKnownAreCompared(t *testing.T) {
	h, st := newHostileServer(), newLossyStore()
	h.alter = altersOnce(3, flipBit)
	mustDownload(t, h.mustOpen(t, st, Options{}))
	st.loseChunk(4, errNotStored) // so that the source is opened again
	h.publishManifest(modelManifest())
	h.takeRequests()
	m := h.mustOpen(t, st, Options{})
	mustDownload(t, m)
	wantFile(t, m)
	wantVerified(t, m, true)
	requests := h.takeRequests()
	if slices.Sort(requests); !slices.Equal(requests, []int{3, 4}) {
		t.Errorf("chunks %v were requested", requests)
	}
}

func TestAManifestOfAnotherFileThanTheStoredOneDeletesNothing(t *testing.T) {
	h, st := newHostileServer(), newLossyStore()
	mustDownload(t, h.mustOpen(t, st, Options{}))
	st.loseChunk(4, errNotStored)
	other := slices.Clone(bigModel())
	for at := 0; at < len(other); at += store.ChunkBytes {
		other[at] ^= 1
	}
	h.publishManifest(manifestOf(other))
	m := h.mustOpen(t, st, Options{})
	wantError(t, m.Download(t.Context(), nil, nil), errs.FileChanged, "nothing was deleted")
	if file, _, _ := st.Find(t.Context(), m.ID); !slices.Equal(storedChunks(file), []int{0, 1, 2, 3}) {
		t.Errorf("chunks %v are stored", storedChunks(file))
	}
}

func TestParseIntegrity(t *testing.T) {
	sum := hexHash(nil)
	got, err := ParseIntegrity(" sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=  " + strings.ToUpper(sum))
	if err != nil || !slices.Equal(got, []string{sum, sum}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := ParseIntegrity(""); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"sha384-47DE", "sha256-", "sha256-47DEQpj8", sum[1:], "x", sum + "0"} {
		_, err := ParseIntegrity(text)
		wantError(t, err, errs.InvalidRequest, "integrity: ")
	}
}
