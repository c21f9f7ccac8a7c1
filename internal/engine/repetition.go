package engine

const (
	maxPeriod   = 160 // tokens of the longest passage whose repetition is recognised
	minRepeated = 240 // tokens that must be repeats; a person may ask for a text that repeats for less
	minRepeats  = 4   // times that a passage must have followed itself
)

// repetition finds out whether a text has begun to repeat the same passage without end, as greedy answers of small
// models do.
type repetition struct {
	tokens []int32
	runs   [maxPeriod + 1]int // [period]: how many of the last tokens equal the one a period before them
}

// add adds a token and reports whether the text now repeats itself.
func (r *repetition) add(token int32) (repeats bool) {
	for period := 1; period <= min(maxPeriod, len(r.tokens)); period++ {
		if r.tokens[len(r.tokens)-period] != token {
			r.runs[period] = 0
			continue
		}
		r.runs[period]++
		repeats = repeats || r.runs[period] >= max(minRepeated, minRepeats*period)
	}
	r.tokens = append(r.tokens, token)
	return repeats
}
