package experts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Trace is which experts the tokens of a conversation chose, in order. On disk it is the line "experts 1", layers,
// experts and experts a token as u16, and then a byte for every choice: 48 bytes for a token of Llama 4 Scout.
type Trace struct {
	Layers, Experts, Used int
	choices               []byte // [token][layer][choice]
}

const (
	traceMagic = "experts 1\n"
	maxExperts = 256 // a choice is a byte
)

// Tokens is the number of tokens.
func (t *Trace) Tokens() int { return len(t.choices) / (t.Layers * t.Used) }

// At is what a token chose in a layer, best first. The slice is the trace's.
func (t *Trace) At(token, layer int) []byte {
	at := (token*t.Layers + layer) * t.Used
	return t.choices[at : at+t.Used]
}

// Recorder writes a trace as tokens come.
type Recorder struct {
	w     io.Writer
	trace Trace // the head alone
}

// NewRecorder writes the head of a trace.
func NewRecorder(w io.Writer, layers, experts, used int) (*Recorder, error) {
	r := &Recorder{w, Trace{Layers: layers, Experts: experts, Used: used}}
	if err := r.trace.check(); err != nil {
		return nil, err
	}
	head := []byte(traceMagic)
	for _, n := range []int{layers, experts, used} {
		head = binary.LittleEndian.AppendUint16(head, uint16(n))
	}
	_, err := w.Write(head)
	return r, err
}

// Token writes a token's choices, layer by layer.
func (r *Recorder) Token(choices []byte) error {
	if err := r.trace.checkChoices(choices); err != nil {
		return err
	}
	if len(choices) != r.trace.Layers*r.trace.Used {
		return fmt.Errorf("experts: a token has %d choices, want %d", len(choices), r.trace.Layers*r.trace.Used)
	}
	_, err := r.w.Write(choices)
	return err
}

// ReadTrace reads what a Recorder wrote.
func ReadTrace(r io.Reader) (*Trace, error) {
	var head [len(traceMagic) + 6]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:len(traceMagic)]) != traceMagic {
		return nil, errors.New("experts: this is no trace of experts")
	}
	number := func(i int) int { return int(binary.LittleEndian.Uint16(head[len(traceMagic)+2*i:])) }
	t := &Trace{Layers: number(0), Experts: number(1), Used: number(2)}
	err := t.check()
	if err == nil {
		t.choices, err = io.ReadAll(r)
	}
	if err == nil && len(t.choices)%(t.Layers*t.Used) != 0 {
		err = errors.New("experts: the trace ends inside a token")
	}
	if err == nil {
		err = t.checkChoices(t.choices)
	}
	return t, err
}

// WriteTo writes the trace.
func (t *Trace) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	if _, err := NewRecorder(&b, t.Layers, t.Experts, t.Used); err != nil {
		return 0, err
	}
	b.Write(t.choices)
	n, err := w.Write(b.Bytes())
	return int64(n), err
}

func (t *Trace) check() error {
	if t.Layers < 1 || t.Layers > 1<<16-1 || t.Experts < 1 || t.Experts > maxExperts || t.Used < 1 || t.Used > t.Experts {
		return fmt.Errorf("experts: a trace cannot have %d layers of %d experts, %d a token", t.Layers, t.Experts, t.Used)
	}
	return nil
}

func (t *Trace) checkChoices(choices []byte) error {
	for _, e := range choices {
		if int(e) >= t.Experts {
			return fmt.Errorf("experts: a token chose expert %d of %d", e, t.Experts)
		}
	}
	return nil
}
