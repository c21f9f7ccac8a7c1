package simulate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Trace records which experts the tokens of a conversation chose, in order. A trace file is the line "experts 1", then
// the numbers of layers, of experts in a layer and of experts that a token uses in a layer, as little-endian u16, and
// then one byte for each choice: 48 bytes for a token of Llama 4 Scout.
type Trace struct {
	Layers, NumExperts, NumExpertsUsed int

	choices []byte // [token][layer][choice]
}

const (
	traceMagic = "experts 1\n"
	maxExperts = 256 // of a layer: a choice is one byte
)

// Tokens returns the number of tokens.
func (t *Trace) Tokens() int { return len(t.choices) / (t.Layers * t.NumExpertsUsed) }

// At returns what a token chose in a layer, best first. The slice is part of the trace.
func (t *Trace) At(token, layer int) []byte {
	at := (token*t.Layers + layer) * t.NumExpertsUsed
	return t.choices[at : at+t.NumExpertsUsed]
}

// Recorder writes a trace token by token.
type Recorder struct {
	w      io.Writer
	header Trace // without choices
}

// NewRecorder writes the header of a trace and returns a Recorder for its tokens.
func NewRecorder(w io.Writer, layers, numExperts, numExpertsUsed int) (*Recorder, error) {
	r := &Recorder{w, Trace{Layers: layers, NumExperts: numExperts, NumExpertsUsed: numExpertsUsed}}
	if err := r.header.check(); err != nil {
		return nil, err
	}
	header := []byte(traceMagic)
	for _, n := range []int{layers, numExperts, numExpertsUsed} {
		header = binary.LittleEndian.AppendUint16(header, uint16(n))
	}
	_, err := w.Write(header)
	return r, err
}

// Token writes the choices of one token, layer by layer.
func (r *Recorder) Token(choices []byte) error {
	if err := r.header.checkChoices(choices); err != nil {
		return err
	}
	if want := r.header.Layers * r.header.NumExpertsUsed; len(choices) != want {
		return fmt.Errorf("simulate: a token has %d choices, want %d", len(choices), want)
	}
	_, err := r.w.Write(choices)
	return err
}

// ReadTrace reads what a Recorder wrote.
func ReadTrace(r io.Reader) (*Trace, error) {
	var header [len(traceMagic) + 6]byte
	if _, err := io.ReadFull(r, header[:]); err != nil || string(header[:len(traceMagic)]) != traceMagic {
		return nil, errors.New("simulate: this is not a trace of experts")
	}
	number := func(i int) int { return int(binary.LittleEndian.Uint16(header[len(traceMagic)+2*i:])) }
	t := &Trace{Layers: number(0), NumExperts: number(1), NumExpertsUsed: number(2)}
	err := t.check()
	if err == nil {
		t.choices, err = io.ReadAll(r)
	}
	if err == nil && len(t.choices)%(t.Layers*t.NumExpertsUsed) != 0 {
		err = errors.New("simulate: the trace ends inside a token")
	}
	if err == nil {
		err = t.checkChoices(t.choices)
	}
	return t, err
}

// WriteTo writes the trace as a Recorder would.
func (t *Trace) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	if _, err := NewRecorder(&b, t.Layers, t.NumExperts, t.NumExpertsUsed); err != nil {
		return 0, err
	}
	b.Write(t.choices)
	n, err := w.Write(b.Bytes())
	return int64(n), err
}

// check checks the header.
func (t *Trace) check() error {
	if t.Layers < 1 || t.Layers > 1<<16-1 || t.NumExperts < 1 || t.NumExperts > maxExperts ||
		t.NumExpertsUsed < 1 || t.NumExpertsUsed > t.NumExperts {
		return fmt.Errorf("simulate: a trace cannot have %d layers of %d experts, %d used by a token",
			t.Layers, t.NumExperts, t.NumExpertsUsed)
	}
	return nil
}

// checkChoices checks that every choice is an expert that exists.
func (t *Trace) checkChoices(choices []byte) error {
	for _, e := range choices {
		if int(e) >= t.NumExperts {
			return fmt.Errorf("simulate: a token chose expert %d of %d", e, t.NumExperts)
		}
	}
	return nil
}
