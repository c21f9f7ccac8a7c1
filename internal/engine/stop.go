package engine

import "strings"

// stopText ends a text before the first of its stop texts, each of which may arrive in pieces.
type stopText struct {
	stops []string
	held  string // the end of the text so far that may be the beginning of a stop text
}

// push adds text. It returns the part of the text that certainly precedes any stop text, and whether a stop text has
// ended the text.
func (s *stopText) push(text string) (certain string, ended bool) {
	s.held += text
	if at := s.index(); at >= 0 {
		certain, s.held = s.held[:at], ""
		return certain, true
	}
	keep := 0
	for _, stop := range s.stops {
		keep = max(keep, overlap(s.held, stop))
	}
	cut := len(s.held) - keep
	certain, s.held = s.held[:cut], s.held[cut:]
	return certain, false
}

// flush returns the text that was held back, when no more text follows.
func (s *stopText) flush() string {
	held := s.held
	s.held = ""
	return held
}

// index returns where the earliest stop text begins, or -1.
func (s *stopText) index() int {
	first := -1
	for _, stop := range s.stops {
		if at := strings.Index(s.held, stop); stop != "" && at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// overlap returns the length of the longest suffix of text that is a proper prefix of stop.
func overlap(text, stop string) int {
	for n := min(len(text), len(stop)-1); n > 0; n-- {
		if strings.HasSuffix(text, stop[:n]) {
			return n
		}
	}
	return 0
}
