package tokenizer

import "unicode/utf8"

// A GGUF file stores tokens as text, though a token can be any bytes. Like GPT-2's vocabulary it writes each byte as
// a printable rune: a byte that is printable in Latin-1 as itself, the other 68 bytes, in order, as the runes from
// U+0100 on.
var runeOfByte, byteOfRune = alphabet()

// alphabet returns the rune of each byte, and the byte of each of those runes.
func alphabet() (runes [256]rune, bytes map[rune]byte) {
	bytes = make(map[rune]byte, 256)
	hidden := rune(0x100)
	for b := range runes {
		r := rune(b)
		if !(0x21 <= r && r <= 0x7E || 0xA1 <= r && r <= 0xAC || 0xAE <= r) {
			r = hidden
			hidden++
		}
		runes[b] = r
		bytes[r] = byte(b)
	}
	return runes, bytes
}

// appendBytes appends the bytes of a token that is written in the alphabet. A token with a rune outside the alphabet is
// not written in it; its own bytes are appended.
func appendBytes(dst []byte, token string) []byte {
	start := len(dst)
	for i := 0; i < len(token); {
		if c := token[i]; 0x21 <= c && c <= 0x7E {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(token[i:])
		b, ok := byteOfRune[r]
		if !ok {
			return append(dst[:start], token...)
		}
		dst = append(dst, b)
		i += n
	}
	return dst
}

// printable returns bytes written in the alphabet.
func printable(bytes string) string {
	runes := make([]rune, len(bytes))
	for i := range len(bytes) {
		runes[i] = runeOfByte[bytes[i]]
	}
	return string(runes)
}
