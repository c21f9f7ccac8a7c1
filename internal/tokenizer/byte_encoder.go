package tokenizer

// byteEncoder is byte-level BPE: text is split into pieces, and the bytes of each piece are merged.
type byteEncoder struct {
	split       splitter
	bytes       [256]int32 // the token of each single byte, or noToken
	ranks       ranker
	tokens      *index
	wholePieces bool // a piece that is a token is encoded as that token, without merging
}

// newByteEncoder returns the encoder of a vocabulary with tokens of text. Errors: BadModel for a list of merges that
// contradicts the vocabulary.
func newByteEncoder(v Vocab, tokens *index) (*byteEncoder, error) {
	e := &byteEncoder{split: splitters[v.Pre], tokens: tokens, wholePieces: v.Pre == "llama-bpe"}
	for b := range e.bytes {
		e.bytes[b] = noToken
		if id, ok := tokens.find(string([]byte{byte(b)})); ok {
			e.bytes[b] = id
		}
	}
	if v.Pre == "llama4" {
		// Merging its own bytes makes every token (docs/spec/llama4.md §5.1), so whole pieces need no merging.
		e.ranks, e.wholePieces = tokenRanks{tokens}, true
		return e, nil
	}
	merges, err := newMergeRanks(v.Merges, tokens)
	e.ranks = merges
	return e, err
}

func (e *byteEncoder) encode(text string) (ids []int32) {
	m := merger{ranks: e.ranks}
	for len(text) > 0 {
		piece := text[:e.split(text)]
		text = text[len(piece):]
		if id, ok := e.wholePiece(piece); ok {
			ids = append(ids, id)
		} else {
			ids = e.appendMerged(ids, &m, piece)
		}
	}
	return ids
}

// wholePiece returns the token that a piece is encoded as without merging, if the model allows that.
func (e *byteEncoder) wholePiece(piece string) (int32, bool) {
	if !e.wholePieces {
		return 0, false
	}
	return e.tokens.find(piece)
}

// appendMerged appends the tokens to which the bytes of a piece are merged. A byte without a token is left out, as in
// the reference tokenizers.
func (e *byteEncoder) appendMerged(ids []int32, m *merger, piece string) []int32 {
	m.begin(piece)
	for i := range len(piece) {
		if token := e.bytes[piece[i]]; token != noToken {
			m.add(token, i)
		}
	}
	m.merge()
	for token := range m.all {
		ids = append(ids, token)
	}
	return ids
}
