package engine

import "strings"

// stopText ends a text before the first of its stops, which may arrive in pieces.
type stopText struct {
	stops []string
	held  string // the end of the text so far, where a stop may have begun
}

// push takes more text and gives what is certain to come before any stop; ended says that one has come.
func (s *stopText) push(text string) (certain string, ended bool) {
	s.held += text
	if at := s.first(); at >= 0 {
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

// flush gives what was held: no more text comes.
func (s *stopText) flush() string {
	held := s.held
	s.held = ""
	return held
}

// first is where the earliest stop begins, or -1.
func (s *stopText) first() int {
	first := -1
	for _, stop := range s.stops {
		if at := strings.Index(s.held, stop); stop != "" && at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// overlap is the length of the longest end of text that is a beginning of stop.
func overlap(text, stop string) int {
	for n := min(len(text), len(stop)-1); n > 0; n-- {
		if strings.HasSuffix(text, stop[:n]) {
			return n
		}
	}
	return 0
}
