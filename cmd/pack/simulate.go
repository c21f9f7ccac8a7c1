package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/outrider-web/outrider/internal/experts"
)

// simulateFlags are what people may ask of a simulation.
type simulateFlags struct {
	*flag.FlagSet
	trace, out      string
	synthetic       bool
	made            experts.Synthetic
	slots, policies string
	bytes           int64
	ahead           int
}

func newSimulateFlags() *simulateFlags {
	f := &simulateFlags{FlagSet: flag.NewFlagSet("pack simulate", flag.ExitOnError)}
	f.StringVar(&f.trace, "trace", "", "`file` of the trace to replay")
	f.BoolVar(&f.synthetic, "synthetic", false, "make a trace instead, of the parameters below")
	f.StringVar(&f.slots, "slots", "2,4,8", "slots of each layer to try")
	f.StringVar(&f.policies, "policy", "lru,lfu,stale", "policies to try: lru, lfu, lfu:N, stale, and opt, which knows the future")
	f.Int64Var(&f.bytes, "bytes", 45547520, "size of an expert; that of Scout in UD-Q2_K_XL by default, 70778880 in Q4_K")
	f.IntVar(&f.ahead, "guess", 0, "layers ahead to guess at each fault, from what followed what; 0: none")
	f.IntVar(&f.made.Layers, "layers", 48, "synthetic: layers with experts")
	f.IntVar(&f.made.Experts, "experts", 16, "synthetic: experts of a layer")
	f.IntVar(&f.made.Used, "used", 1, "synthetic: experts of a token in a layer")
	f.IntVar(&f.made.Tokens, "tokens", 4000, "synthetic: length")
	f.Float64Var(&f.made.Zipf, "zipf", 0.8, "synthetic: how unevenly experts are used; 0 is evenly")
	f.IntVar(&f.made.Topics, "topics", 8, "synthetic: sets of favourites")
	f.IntVar(&f.made.Drift, "drift", 200, "synthetic: tokens that a topic lasts on average; 0: for ever")
	f.Float64Var(&f.made.Repeat, "repeat", 0.2, "synthetic: chance to choose as the token before")
	f.Float64Var(&f.made.Follow, "follow", 0.2, "synthetic: chance that the layer before decides")
	f.Uint64Var(&f.made.Seed, "seed", 1, "synthetic: seed")
	f.StringVar(&f.out, "o", "", "synthetic: `file` to write the trace to")
	return f
}

// simulate replays a trace over policies and numbers of slots and prints what each would read.
func simulate(args []string) error {
	f := newSimulateFlags()
	f.Parse(args)
	trace, err := f.open()
	if err != nil {
		return err
	}
	slots, err := numbers(f.slots, trace)
	if err != nil {
		return err
	}
	return f.report(os.Stdout, trace, slots)
}

// open reads or makes the trace.
func (f *simulateFlags) open() (*experts.Trace, error) {
	switch {
	case f.synthetic == (f.trace != ""):
		return nil, errors.New("say either -trace FILE or -synthetic")
	case f.synthetic:
		return f.make()
	}
	file, err := os.Open(f.trace)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return experts.ReadTrace(bufio.NewReader(file))
}

func (f *simulateFlags) make() (*experts.Trace, error) {
	if err := f.made.Check(); err != nil {
		return nil, err
	}
	fmt.Printf("synthetic: %v\n", f.made)
	trace := f.made.Trace()
	if f.out == "" {
		return trace, nil
	}
	file, err := os.Create(f.out)
	if err != nil {
		return nil, err
	}
	_, err = trace.WriteTo(file)
	return trace, errors.Join(err, file.Close())
}

// numbers reads the list of numbers of slots.
func numbers(list string, t *experts.Trace) ([]int, error) {
	var slots []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > t.Experts {
			return nil, fmt.Errorf("%q is no number of slots; a layer has %d experts", text, t.Experts)
		}
		slots = append(slots, n)
	}
	return slots, nil
}

func (f *simulateFlags) report(out io.Writer, t *experts.Trace, slots []int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "policy\tslots\thit rate\tfaults a token\tMB a token\tguesses right\t\n")
	for policy := range strings.SplitSeq(f.policies, ",") {
		for _, n := range slots {
			s, err := f.run(t, policy, n)
			if err != nil {
				return err
			}
			guesses := "-"
			if s.Prefetches > 0 {
				guesses = fmt.Sprintf("%.1f %%", 100*s.PrefetchAccuracy())
			}
			fmt.Fprintf(w, "%s\t%d\t%.1f %%\t%.2f\t%.0f\t%s\t\n", policy, n, 100*s.HitRate(),
				float64(s.Misses)/float64(s.Tokens), s.BytesPerToken()/1e6, guesses)
		}
	}
	return w.Flush()
}

func (f *simulateFlags) run(t *experts.Trace, policy string, slots int) (experts.Stats, error) {
	s := experts.Simulation{Shape: experts.EvenSlots(t.Layers, t.Experts, t.Used, slots), Ahead: f.ahead}
	for range t.Layers {
		s.Shape.ExpertBytes = append(s.Shape.ExpertBytes, f.bytes)
	}
	if f.ahead > 0 {
		s.Predictor = experts.NewTransitions(t.Layers, t.Experts)
	}
	var err error
	if policy == "opt" {
		s.Policy = experts.NewOptimal(t)
	} else if s.Policy, err = experts.NewPolicy(policy, t.Layers, t.Experts); err != nil {
		return experts.Stats{}, err
	}
	return s.Run(t)
}
