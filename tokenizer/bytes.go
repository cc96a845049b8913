package tokenizer

import "unicode/utf8"

// Byte-level vocabularies write each byte as a printable character (Radford et al. 2019, GPT-2): those of Latin-1 that
// print stand for themselves, the other 68 bytes in order are U+0100 to U+0143.
const firstStandIn, standIns = 0x100, 68

func printable(b byte) bool { return b >= '!' && b <= '~' || b >= 0xA1 && b != 0xAD }

// alphabet returns the character of each byte.
func alphabet() (chars [256]rune) {
	next := rune(firstStandIn)
	for b := range chars {
		chars[b] = rune(b)
		if !printable(byte(b)) {
			chars[b] = next
			next++
		}
	}
	return chars
}

// byteAlphabet is the inverse of alphabet: a character's byte, or -1.
func byteAlphabet() (bytes [firstStandIn + standIns]int16) {
	for i := range bytes {
		bytes[i] = -1
	}
	for b, r := range alphabet() {
		bytes[r] = int16(b)
	}
	return bytes
}

// fromAlphabet returns the bytes that a token's text stands for; exact is false if some of its characters stand for none
// and were left as they are.
func fromAlphabet(bytes *[firstStandIn + standIns]int16, s string) (raw []byte, exact bool) {
	raw, exact = make([]byte, 0, len(s)), true
	for i, r := range s {
		if int(r) < len(bytes) && bytes[r] >= 0 {
			raw = append(raw, byte(bytes[r]))
			continue
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		raw, exact = append(raw, s[i:i+n]...), false
	}
	return raw, exact
}
