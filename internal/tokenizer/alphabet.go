package tokenizer

import "unicode/utf8"

// GGUF keeps tokens as text, though a token may be any bytes. GPT-2's way round that gives each of the 256 bytes a
// printable rune: bytes that are printable in Latin-1 are their own rune, and the other 68, in order, are U+0100 on.
var runeOfByte, byteOfRune = alphabet()

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

// appendBytes appends the bytes that a token written in the alphabet stands for. A token with a rune outside the
// alphabet was never written in it and stands for itself.
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

// printable writes bytes in the alphabet.
func printable(bytes string) string {
	runes := make([]rune, len(bytes))
	for i := range len(bytes) {
		runes[i] = runeOfByte[bytes[i]]
	}
	return string(runes)
}
