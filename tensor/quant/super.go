package quant

// The K formats cut a block of 256 into sub-blocks whose scales are small integers times one half-precision scale.

// fitScales is fitScale for each sub-block of size elements, codes in [-n, n-1]. It stores the common scale d in b and
// returns for each sub-block the integer in [-most, most] to multiply d with, and the scale that gives.
func fitScales(b []byte, x []float32, size int, n, most int32) (ints [16]int32, scales [16]float32) {
	var fit [16]float64
	for i := range len(x) / size {
		fit[i] = fitScale(x[i*size:][:size], n)
	}
	return shareScale(b, fit, most)
}

// shareScale stores the common scale d of fit in b; the rest is what fitScales returns.
func shareScale(b []byte, fit [16]float64, most int32) (ints [16]int32, scales [16]float32) {
	var largest float64
	for _, v := range fit {
		largest = max(largest, v, -v)
	}
	d := putHalf(b, largest/float64(most))
	id := inverse(d)
	for i, v := range fit {
		ints[i] = nearest(float32(float32(v)*id), -most, most)
		scales[i] = d * float32(ints[i])
	}
	return ints, scales
}

// lines are the scales and offsets of a block's sub-blocks: integers for the file, and what they stand for.
type lines struct {
	scales, mins [16]int32
	s, m         [16]float32 // an element is s q - m
}

// fitLines is fitLine for each sub-block of size elements, codes in [0, n]. It stores the common scales as halves, d of
// the scales in b[0:2] and that of the minima in b[2:4]; the integers are at most most.
func fitLines(b []byte, x []float32, size int, n, most int32) (l lines) {
	var s, m [16]float64
	for i := range len(x) / size {
		fit, o := fitLine(x[i*size:][:size], n, true)
		s[i], m[i] = fit, -o
	}
	l.scales, l.s = shareScale(b, s, most)
	for i := range len(x) / size {
		if fit := fitMin(x[i*size:][:size], l.s[i], m[i], n); fit <= 2*m[i] {
			m[i] = fit
		}
	}
	l.mins, l.m = shareScale(b[2:], m, most)
	return l
}

// codes rounds x, sub-blocks of size elements, to codes in [0, n].
func (l *lines) codes(x []float32, size int, n int32) (codes [256]uint8) {
	for i := range len(x) / size {
		id, m := inverse(l.s[i]), l.m[i]
		out := codes[i*size:][:size]
		for j, v := range x[i*size:][:size] {
			out[j] = uint8(nearest(float32((v+m)*id), 0, n))
		}
	}
	return codes
}

// fitMin returns the minimum m >= 0 for which s q - m comes nearest to x with the codes q in [0, n] that old gives: once
// a scale is rounded to what the block can hold, another minimum fits better.
func fitMin(x []float32, s float32, old float64, n int32) (m float64) {
	id, m32 := inverse(s), float32(old)
	var sum float32
	var q int32
	for _, v := range x {
		sum += v
		q += nearest(float32((v+m32)*id), 0, n)
	}
	return max(0, (float64(float64(s)*float64(q))-float64(sum))/float64(len(x)))
}
