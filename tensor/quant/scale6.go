package quant

// Q4_K and Q5_K keep eight 6-bit scales and eight 6-bit minima in 12 bytes. Byte i < 4 holds scale i and byte i+4
// minimum i in bits 0-5. Of those with i >= 4, byte i+4 has bits 0-3, the scale in its lower half; bits 4-5 are the top
// bits of byte i-4 for the scale and of byte i for the minimum.

func scaleMin6(b *[12]byte, i int) (scale, minimum byte) {
	if i < 4 {
		return b[i] & 63, b[i+4] & 63
	}
	return b[i+4]&15 | b[i-4]>>6<<4, b[i+4]>>4 | b[i]>>6<<4
}

func putScaleMin6(b *[12]byte, i int, scale, minimum byte) {
	if i < 4 {
		b[i] |= scale
		b[i+4] |= minimum
		return
	}
	b[i+4] = scale&15 | minimum<<4
	b[i-4] |= scale >> 4 << 6
	b[i] |= minimum >> 4 << 6
}
