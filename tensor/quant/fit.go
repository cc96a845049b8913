package quant

import "math"

// The scales of a block are chosen for the least squared error: a few candidates round the block to codes, the codes give
// the scale (and offset) by linear regression, and the best pair is kept. The first candidate reaches every element,
// so the squared error is never more than that of plain rounding. Products are rounded explicitly, so that every machine
// makes the same file.

// tiny is a magnitude below which a block is zero: less than half of the least scale, 2^-24, however codes multiply it.
const tiny = 0x1p-40

// absMax returns the largest magnitude.
func absMax(x []float32) float64 {
	var m float32
	for _, v := range x {
		m = max(m, math.Float32frombits(math.Float32bits(v)&0x7fffffff))
	}
	return float64(m)
}

// extreme returns the element of the largest magnitude.
func extreme(x []float32) float64 {
	var m, mag float32
	for _, v := range x {
		if a := math.Float32frombits(math.Float32bits(v) & 0x7fffffff); a > mag {
			m, mag = v, a
		}
	}
	return float64(m)
}

// fitScale returns d for which d q comes nearest to x with codes q in [-n, n-1]. |d| <= 1.5 absMax(x)/(n-1): a code
// differs from the value it stands for by at most half of itself.
func fitScale(x []float32, n int32) (d float64) {
	m := extreme(x)
	if math.Abs(m) < tiny {
		return 0
	}
	var best float64
	// The extreme becomes code -(n-1), then -n, where one of equal size and opposite sign is cut off by one code; then
	// it is cut off itself, in favour of the many smaller ones.
	for _, p := range [...]float64{-1, -0.5, 0, 0.5} {
		id := float32(-(float64(n) + p) / m)
		var xq float32
		var qq int32
		for _, v := range x {
			q := nearest(float32(v*id), -n, n-1)
			xq += float32(v * float32(q))
			qq += q * q
		}
		if gain := float64(xq) * float64(xq) / float64(qq); gain > best { // by which the squared error falls from that of zeros
			best, d = gain, float64(xq)/float64(qq)
		}
	}
	return d
}

// fitLine returns s >= 0 and o for which s q + o comes nearest to x with codes q in [0, n]. If below, o is not positive.
// Neither is larger than twice what reaches all of x: s <= 2 (max-min)/n, |o| <= 2 absMax(x).
func fitLine(x []float32, n int32, below bool) (s, o float64) {
	lo32, hi32 := x[0], x[0]
	var sum float32
	for _, v := range x {
		if v < lo32 {
			lo32 = v
		}
		if v > hi32 {
			hi32 = v
		}
		sum += v
	}
	lo, hi := float64(lo32), float64(hi32)
	if below {
		lo, hi = min(lo, 0), max(hi, 0)
	}
	span, least := hi-lo, math.Inf(1)
	if span < tiny {
		return 0, lo
	}
	lo32 = float32(lo)
	largest := max(-lo, hi)
	for _, p := range [...]float64{0, -0.75, -0.4, 0.4, 0.75} {
		step := span / (float64(n) + p)
		id := float32(1 / step)
		var xq float32
		var iq, iqq int32
		for _, v := range x {
			q := nearest(float32((v-lo32)*id), 0, n)
			xq += float32(v * float32(q))
			iq += q
			iqq += q * q
		}
		c := moments{float64(len(x)), float64(sum), float64(iq), float64(iqq), float64(xq)}
		s1, o1 := c.regress()
		if below && o1 > 0 {
			s1, o1 = c.xq/c.qq, 0
		}
		if !(s1 > 0 && s1 <= 2*span/float64(n) && math.Abs(o1) <= 2*largest) { // also where all codes are the same
			s1, o1 = step, lo
		}
		if e := c.error(s1, o1); e < least {
			least, s, o = e, s1, o1
		}
	}
	return s, o
}

// moments are the sums over elements x and their codes q that decide a line.
type moments struct{ n, x, q, qq, xq float64 }

// regress returns the line s q + o with the least squared distance to x.
func (c moments) regress() (s, o float64) {
	s = (float64(c.n*c.xq) - float64(c.x*c.q)) / (float64(c.n*c.qq) - float64(c.q*c.q))
	return s, (c.x - float64(s*c.q)) / c.n
}

// error is the squared distance of the line to x, less the sum of x².
func (c moments) error(s, o float64) float64 {
	return float64(s*(float64(s*c.qq)+float64(2*o*c.q)-2*c.xq)) + float64(o*(float64(o*c.n)-2*c.x))
}

// fitHalf stores a scale as a half in b and codes for x in [-n, n-1], raised by n.
func fitHalf(b []byte, codes []uint8, x []float32, n int32) {
	id := inverse(putNearestHalf(b, fitScale(x, n)))
	for j, v := range x {
		codes[j] = uint8(nearest(float32(v*id), -n, n-1) + n)
	}
}

// fitHalfMin stores a scale and an offset as halves in b and codes for x in [0, n].
func fitHalfMin(b []byte, codes []uint8, x []float32, n int32) {
	s, o := fitLine(x, n, false)
	id, m := inverse(putNearestHalf(b, s)), putNearestHalf(b[2:], o)
	for j, v := range x {
		codes[j] = uint8(nearest(float32((v-m)*id), 0, n))
	}
}
