package graph

// NormAttr is RMSNorm's. Width is how many consecutive columns are normalised together, 0 for the whole row: with the
// size of a head, each head by itself.
type NormAttr struct {
	Eps   float32
	Width int
}

// RoPEAttr says how RoPE turns pairs of each head's first Dims elements. Pair i of a token at position p turns by
//
//	p * f(i),  f(i) = Base^(-2i/Dims) / factor[i]
//
// with the optional factors being RoPE's second input, changed by the scalings below.
type RoPEAttr struct {
	HeadDim int
	Dims    int  // elements turned, even; the rest of the head stays
	Halves  bool // pairs (i, i+Dims/2), as in GPT-NeoX; else (2i, 2i+1)
	Base    float32
	Scale   float32 // multiplies every angle: 1/s for linear scaling by s; 1 for none
	YaRN    YaRN
}

// YaRN is Peng et al. 2023, section 3.2 to 3.4: the zero value is off. Pairs that turn more than BetaFast times within
// Context positions keep their angle, those that turn less than BetaSlow times get RoPEAttr.Scale, those between a mix
// of both in proportion Ext; cosines and sines are multiplied by Magnitude.
type YaRN struct {
	Ext, Magnitude     float32
	BetaFast, BetaSlow float32
	Context            int
}

// Mask says which rows of its own sequence a token sees.
type Mask uint8

const (
	Causal Mask = iota // itself and all before
	Window             // itself and the AttendAttr.Window-1 before
)

func (m Mask) String() string { return [...]string{"Causal", "Window"}[m] }

// AttendAttr is Attend's. Layer names the cache's layer, with KVHeads heads of HeadDim elements.
type AttendAttr struct {
	Layer, KVHeads, HeadDim int
	Mask                    Mask
	Window                  int     // rows seen when Mask is Window
	Scale                   float32 // of q kᵀ, usually 1/sqrt(HeadDim)
	SoftCap                 float32 // c: scores s become c tanh(s/c); 0 for none
}

// ExpertsAttr is Experts'.
type ExpertsAttr struct {
	Used      int     // experts a token, the ones with the largest gates
	Normalise bool    // gates of the used ones are divided by their sum
	Scale     float32 // multiplies the gates after that
	Act       Activation
}

// An Activation is a function of one number.
type Activation uint8

const (
	SiLU Activation = iota // z / (1 + exp(-z))
)

func (a Activation) String() string { return [...]string{"SiLU"}[a] }
