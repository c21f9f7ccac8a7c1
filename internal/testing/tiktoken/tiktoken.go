// Package tiktoken reads vocabularies in tiktoken's format, in which Meta publishes that of Llama 4.
package tiktoken

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Read reads a vocabulary, one "base64 rank" pair a line in the order of the ranks, and returns the bytes of the
// tokens by rank.
func Read(r io.Reader) ([]string, error) {
	var tokens []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		code, rank, _ := strings.Cut(lines.Text(), " ")
		token, err := base64.StdEncoding.DecodeString(code)
		if err != nil || rank != strconv.Itoa(len(tokens)) {
			return nil, fmt.Errorf("tiktoken: line %d is not the token of rank %d in base64", len(tokens)+1, len(tokens))
		}
		tokens = append(tokens, string(token))
	}
	return tokens, lines.Err()
}
