package backendtest

import (
	"math"

	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
)

func (n *naive) attend(out, q, k, v values, a graph.AttendAttr, f *backend.Frame, seqs []int) {
	for i, run := range f.Runs {
		key := cacheKey{seqs[i], a.Layer}
		for r := run.Lo; r < run.Hi; r++ {
			var row cached
			row.k, row.ke = stored(k, r, func(x float64) float64 { return cacheError(n.kt, x) })
			row.v, row.ve = stored(v, r, func(x float64) float64 { return cacheError(n.vt, x) })
			n.cache[key] = append(n.cache[key][:f.Pos[r]], row)
		}
		group := q.cols / (a.KVHeads * a.HeadDim)
		for r := run.Lo; r < run.Hi; r++ {
			last := int(f.Pos[r])
			first := 0
			if a.Mask == graph.Window {
				first = max(0, last-a.Window+1)
			}
			for h := range q.cols / a.HeadDim {
				at := r*q.cols + h*a.HeadDim
				head(out.v[at:][:a.HeadDim], out.e[at:][:a.HeadDim], q.v[at:], q.e[at:], n.cache[key][first:last+1], h/group*a.HeadDim, a)
			}
		}
	}
}

func stored(x values, r int, round func(float64) float64) (v, e []float64) {
	xv, xe := x.row(r)
	for i := range xv {
		v = append(v, xv[i])
		e = append(e, xe[i]+round(math.Abs(xv[i])+xe[i]))
	}
	return v, e
}

// head attends one query head to rows, whose elements for it start at from. If every score is off by at most d, each
// weight is off by a factor of at most exp(2d): the result's error is what that makes of the weighted magnitudes.
func head(out, oe, q, qe []float64, rows []cached, from int, a graph.AttendAttr) {
	scores := make([]float64, len(rows))
	top, low, d := math.Inf(-1), math.Inf(1), 0.0
	for j, row := range rows {
		var s, err, size float64
		for i := range a.HeadDim {
			k, ke := row.k[from+i], row.ke[from+i]
			s += q[i] * k
			err += math.Abs(k)*qe[i] + math.Abs(q[i])*ke + qe[i]*ke
			size += (math.Abs(q[i]) + qe[i]) * (math.Abs(k) + ke)
		}
		scale := math.Abs(float64(a.Scale))
		s *= float64(a.Scale)
		err = scale * (err + float64(a.HeadDim+slack)*u*size)
		if c := float64(a.SoftCap); c != 0 {
			s = c * math.Tanh(s/c)
			err += c * expError // tanh is made of exponentials
		}
		scores[j] = s
		top, low, d = math.Max(top, s), math.Min(low, s), math.Max(d, err)
	}
	d += u*(top-low) + expError
	total := 0.0
	for _, s := range scores {
		total += math.Exp(s - top)
	}
	for i := range out {
		var sum, size, err float64
		for j, row := range rows {
			p := math.Exp(scores[j]-top) / total
			sum += p * row.v[from+i]
			size += p * math.Abs(row.v[from+i])
			err += p * row.ve[from+i]
		}
		out[i] = sum
		oe[i] = err*math.Exp(2*d) + size*(math.Expm1(2*d)+float64(2*len(rows)+slack)*u)
	}
}
