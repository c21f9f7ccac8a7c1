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
	"github.com/outrider-web/outrider/internal/experts/simulate"
)

// simulateFlags are the flags of pack simulate.
type simulateFlags struct {
	*flag.FlagSet
	trace, out      string
	synthetic       bool
	params          simulate.Synthetic
	slots, policies string
	bytes           int64
	layersAhead     int
}

func newSimulateFlags() *simulateFlags {
	f := &simulateFlags{FlagSet: flag.NewFlagSet("pack simulate", flag.ExitOnError)}
	f.StringVar(&f.trace, "trace", "", "`file` of the trace to replay")
	f.BoolVar(&f.synthetic, "synthetic", false, "generate a trace instead, with the parameters below")
	f.StringVar(&f.slots, "slots", "2,4,8", "slots of each layer to try")
	f.StringVar(&f.policies, "policy", "lru,lfu,stale",
		"policies to try: lru, lfu, lfu:N, stale, and opt, which knows the whole trace")
	f.Int64Var(&f.bytes, "bytes", 45547520,
		"size of an expert in bytes; that of Scout in UD-Q2_K_XL by default, 70778880 in Q4_K")
	f.IntVar(&f.layersAhead, "prefetch", 0,
		"layers ahead to prefetch at each miss, predicted from which expert followed which; 0: none")
	f.IntVar(&f.params.Layers, "layers", 48, "synthetic: layers with experts")
	f.IntVar(&f.params.NumExperts, "experts", 16, "synthetic: experts of a layer")
	f.IntVar(&f.params.NumExpertsUsed, "used", 1, "synthetic: experts that a token uses in a layer")
	f.IntVar(&f.params.Tokens, "tokens", 4000, "synthetic: number of tokens")
	f.Float64Var(&f.params.Zipf, "zipf", 0.8, "synthetic: how unevenly experts are used; 0 is uniform")
	f.IntVar(&f.params.Topics, "topics", 8, "synthetic: number of topics")
	f.IntVar(&f.params.Drift, "drift", 200, "synthetic: mean number of tokens of a topic; 0: it never changes")
	f.Float64Var(&f.params.Repeat, "repeat", 0.2, "synthetic: probability that a layer chooses as for the token before")
	f.Float64Var(&f.params.Follow, "follow", 0.2, "synthetic: probability that the layer before decides")
	f.Uint64Var(&f.params.Seed, "seed", 1, "synthetic: seed")
	f.StringVar(&f.out, "o", "", "synthetic: `file` to write the trace to")
	return f
}

// simulatePolicies replays a trace with several policies and numbers of slots and prints what each would read.
func simulatePolicies(args []string) error {
	f := newSimulateFlags()
	f.Parse(args)
	trace, err := f.open()
	if err != nil {
		return err
	}
	slots, err := slotCounts(f.slots, trace)
	if err != nil {
		return err
	}
	return f.report(os.Stdout, trace, slots)
}

// open reads or generates the trace.
func (f *simulateFlags) open() (*simulate.Trace, error) {
	switch {
	case f.synthetic == (f.trace != ""):
		return nil, errors.New("use either -trace FILE or -synthetic")
	case f.synthetic:
		return f.generate()
	}
	file, err := os.Open(f.trace)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return simulate.ReadTrace(bufio.NewReader(file))
}

// generate generates the trace, and writes it when -o says so.
func (f *simulateFlags) generate() (*simulate.Trace, error) {
	if err := f.params.Check(); err != nil {
		return nil, err
	}
	fmt.Printf("synthetic: %v\n", f.params)
	trace := f.params.Trace()
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

// slotCounts parses a comma-separated list of numbers of slots.
func slotCounts(list string, t *simulate.Trace) ([]int, error) {
	var slots []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > t.NumExperts {
			return nil, fmt.Errorf("%q is not a number of slots; a layer has %d experts", text, t.NumExperts)
		}
		slots = append(slots, n)
	}
	return slots, nil
}

// report prints the table.
func (f *simulateFlags) report(out io.Writer, t *simulate.Trace, slots []int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "policy\tslots\thit rate\tmisses a token\tMB a token\tprefetches used\t\n")
	for policy := range strings.SplitSeq(f.policies, ",") {
		for _, n := range slots {
			s, err := f.run(t, policy, n)
			if err != nil {
				return err
			}
			prefetched := "-"
			if s.Prefetches > 0 {
				prefetched = fmt.Sprintf("%.1f %%", 100*s.PrefetchAccuracy())
			}
			fmt.Fprintf(w, "%s\t%d\t%.1f %%\t%.2f\t%.0f\t%s\t\n", policy, n, 100*s.HitRate(),
				float64(s.Misses)/float64(s.Tokens), s.BytesPerToken()/1e6, prefetched)
		}
	}
	return w.Flush()
}

// run replays the trace once.
func (f *simulateFlags) run(t *simulate.Trace, policy string, slots int) (experts.Stats, error) {
	s := simulate.Simulation{Shape: experts.EvenSlots(t.Layers, t.NumExperts, t.NumExpertsUsed, slots),
		LayersAhead: f.layersAhead}
	for range t.Layers {
		s.Shape.ExpertBytes = append(s.Shape.ExpertBytes, f.bytes)
	}
	if f.layersAhead > 0 {
		s.Predictor = experts.NewTransitions(t.Layers, t.NumExperts)
	}
	var err error
	if policy == "opt" {
		s.Policy = simulate.NewOptimal(t)
	} else if s.Policy, err = experts.NewPolicy(policy, t.Layers, t.NumExperts); err != nil {
		return experts.Stats{}, err
	}
	return s.Run(t)
}
