package model

import (
	"math"

	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/kvcache"
)

// What a file may claim, far above any published model, so that products of two fit an int of 32 bits.
const (
	maxLayers  = 4096
	maxDim     = 1 << 20
	maxHeads   = 1 << 14
	maxHeadDim = 1 << 12
	maxVocab   = 1 << 26
	maxExperts = 1 << 12
	maxContext = math.MaxInt32
)

// hyper holds the hyper-parameters that decoders have in common.
type hyper struct {
	Config
	heads, kvHeads, hidden []int // a layer
	experts, used          int   // experts of a feed-forward block and how many a token takes; 0 for a plain block
	window                 int   // positions a token sees, itself included; 0 for all
	eps                    float32
	rope                   graph.RoPEAttr
}

// readHyper reads what all decoders have and checks that it goes together, w included.
func readHyper(r *reader, w Weights, o Options) hyper {
	h := hyper{Config: Config{
		Arch:    r.arch,
		Layers:  r.int("block_count", 1, maxLayers),
		Dim:     r.int("embedding_length", 1, maxDim),
		Trained: r.int("context_length", 1, maxContext),
	}}
	h.Context = h.Trained
	if o.Context > 0 {
		h.Context = o.Context
	}
	if name, err := r.meta.String("general.name"); err == nil {
		h.Name = name
	}
	h.eps = float32(r.positive("attention.layer_norm_rms_epsilon", 0))
	if !r.has("attention.layer_norm_rms_epsilon") {
		r.fault("attention.layer_norm_rms_epsilon", "missing, want a positive finite number")
	}
	h.readHeads(r)
	h.hidden = r.perLayer("feed_forward_length", h.Layers, 1, maxDim)
	if h.experts = r.intOr("expert_count", 0, 0, maxExperts); h.experts > 0 {
		h.used = r.int("expert_used_count", 1, h.experts)
	}
	h.rope = readRoPE(r, h.HeadDim, h.Trained)
	h.readVocab(r, w)

	h.Cache = make([]kvcache.Layer, h.Layers)
	for i := range h.Cache {
		h.Cache[i] = kvcache.Layer{Heads: h.kvHeads[i], HeadDim: h.HeadDim}
	}
	h.Heads, h.KVHeads = h.heads[0], h.kvHeads[0]
	return h
}

// readHeads reads the numbers and the size of heads. Keys and values have one size, which is dim / heads unless given.
// HeadDim stays 0 after a fault on which it would depend.
func (h *hyper) readHeads(r *reader) {
	before := r.count()
	h.heads = r.perLayer("attention.head_count", h.Layers, 1, maxHeads)
	h.kvHeads = h.heads
	if r.has("attention.head_count_kv") {
		h.kvHeads = r.perLayer("attention.head_count_kv", h.Layers, 1, maxHeads)
	}
	if r.count() != before {
		return
	}
	for i, n := range h.kvHeads {
		if n > h.heads[i] || h.heads[i]%n != 0 {
			r.fault("attention.head_count_kv", "is %d, want a divisor of %d, the number of heads", n, h.heads[i])
			break
		}
	}
	if !r.has("attention.key_length") {
		if h.Dim%h.heads[0] != 0 {
			r.fault("embedding_length", "is %d, want a multiple of %d, the number of heads", h.Dim, h.heads[0])
			return
		}
		if h.HeadDim = h.Dim / h.heads[0]; h.HeadDim > maxHeadDim {
			r.fault("embedding_length", "gives heads of %d elements, want 1 to %d", h.HeadDim, maxHeadDim)
		}
	} else {
		h.HeadDim = r.int("attention.key_length", 1, maxHeadDim)
	}
	if v := r.intOr("attention.value_length", h.HeadDim, 1, maxHeadDim); v != h.HeadDim {
		r.fault("attention.value_length", "is %d, want %d, the length of keys", v, h.HeadDim)
	}
}

// readVocab takes the size of the vocabulary from the list of tokens, or, in a file without a tokenizer, from the
// embedding. All that speaks of tokens must agree with it.
func (h *hyper) readVocab(r *reader, w Weights) {
	const tokens = "tokenizer.ggml.tokens"
	embedding := w["token_embd.weight"].Shape
	rows := embedding.Rows()
	if !r.meta.Has(tokens) {
		h.Vocab = r.intOr("vocab_size", max(1, min(rows, maxVocab)), 1, maxVocab)
		return
	}
	list, err := r.meta.Strings(tokens)
	if err != nil {
		r.add(err)
		return
	}
	h.Vocab = len(list)
	if h.Vocab < 1 || h.Vocab > maxVocab {
		r.add(fault("metadata", tokens, "has %d elements, want 1 to %d", h.Vocab, maxVocab))
		return
	}
	if rows != 0 && rows != h.Vocab {
		r.add(fault("metadata", tokens, "has %d elements, want %d as the embedding has rows", h.Vocab, rows))
	}
	if n := r.intOr("vocab_size", h.Vocab, 1, maxVocab); n != h.Vocab {
		r.fault("vocab_size", "is %d, want %d, the number of tokens", n, h.Vocab)
	}
	at := make(map[string]int, len(list))
	for i, text := range list {
		if first, twice := at[text]; twice {
			r.add(fault("metadata", tokens, "element %d is %.64q, as element %d is", i, text, first))
			break
		}
		at[text] = i
	}
	length := func(key string, n int, err error) {
		if err != nil {
			r.add(err)
		} else if n != h.Vocab {
			r.add(fault("metadata", key, "has %d elements, want %d, the number of tokens", n, h.Vocab))
		}
	}
	if key := "tokenizer.ggml.scores"; r.meta.Has(key) {
		s, err := r.meta.Floats(key)
		length(key, len(s), err)
	}
	if key := "tokenizer.ggml.token_type"; r.meta.Has(key) {
		s, err := r.meta.Ints(key)
		length(key, len(s), err)
	}
	for _, role := range []string{"bos", "eos", "eot", "eom", "unknown", "seperator", "separator", "padding", "cls", "mask",
		"prefix", "suffix", "middle", "fim_pre", "fim_suf", "fim_mid", "fim_pad", "fim_rep", "fim_sep"} { // as files spell them
		key := "tokenizer.ggml." + role + "_token_id"
		if !r.meta.Has(key) {
			continue
		}
		id, err := r.meta.Uint(key)
		if err != nil {
			r.add(err)
		} else if id >= uint64(h.Vocab) && id != math.MaxUint32 { // all ones: none
			r.add(fault("metadata", key, "is %d, want a token below %d", id, h.Vocab))
		}
	}
}
