package tokenizer

import (
	"errors"
	"fmt"
	"math"
)

// Metadata is a model file's keys and values. The getters return an error for a missing key and for another type.
type Metadata interface {
	Has(key string) bool
	String(key string) (string, error)
	Uint(key string) (uint64, error)
	Bool(key string) (bool, error)
	Strings(key string) ([]string, error)
	Floats(key string) ([]float64, error)
	Ints(key string) ([]int64, error)
}

// FromMetadata returns the tokenizer that a model file describes. Its errors are those of New and of the getters.
func FromMetadata(m Metadata) (*Tokenizer, error) {
	v, err := VocabOf(m)
	if err != nil {
		return nil, err
	}
	return New(v)
}

// VocabOf reads what a model file says of its tokenizer. Where a SentencePiece vocabulary does not name them, its first
// tokens are unknown, BOS and EOS, as the trainer lays them out, if the file gives them these types.
func VocabOf(m Metadata) (Vocab, error) {
	r := reader{m: m}
	v := Vocab{
		Model: need(&r, keyModel, m.String),
		Pre:   optional(&r, keyPre, m.String),
		Name:  optional(&r, "general.name", m.String),
	}
	if r.err == nil && v.Model != "gpt2" && v.Model != "llama" {
		return v, &UnsupportedError{"tokenizer model", v.Model} // before its arrays are looked for: they may be of another kind
	}
	v.Tokens = need(&r, keyTokens, m.Strings)
	if v.Model == "gpt2" {
		v.Merges = need(&r, keyMerges, m.Strings)
	}
	for _, s := range optional(&r, keyScores, m.Floats) {
		v.Scores = append(v.Scores, float32(s))
	}
	for i, typ := range optional(&r, keyTypes, m.Ints) {
		if typ < math.MinInt32 || typ > math.MaxInt32 {
			r.fail(&FormatError{at(keyTypes, i), fmt.Sprintf("type %d is unknown", typ)})
		}
		v.Types = append(v.Types, int32(typ))
	}
	v.BOS, v.EOS, v.EOT, v.EOM = r.id(keyBOS), r.id(keyEOS), r.id(keyEOT), r.id(keyEOM)
	v.UNK, v.SEP, v.PAD = r.id(keyUNK), r.id(keySEP), r.id(keyPAD)
	v.FIMPad, v.FIMRep, v.FIMSep = r.id(keyFIMPad), r.id(keyFIMRep), r.id(keyFIMSep)
	v.AddBOS, v.AddEOS, v.AddSpacePrefix = r.flag(keyAddBOS), r.flag(keyAddEOS), r.flag(keyPrefix)
	if v.Model == "llama" {
		for _, d := range []struct {
			key string
			id  *int32
			at  int32
			typ int32
		}{{keyUNK, &v.UNK, 0, typeUnknown}, {keyBOS, &v.BOS, 1, typeControl}, {keyEOS, &v.EOS, 2, typeControl}} {
			if !m.Has(d.key) && int(d.at) < len(v.Types) && v.Types[d.at] == d.typ {
				*d.id = d.at
			}
		}
	}
	return v, r.err
}

// A reader collects the faults of one file's metadata.
type reader struct {
	m   Metadata
	err error
}

func (r *reader) fail(err error) { r.err = errors.Join(r.err, err) }

func need[T any](r *reader, key string, get func(string) (T, error)) T {
	if !r.m.Has(key) {
		r.fail(&FormatError{key, "missing, without it the file has no tokenizer"})
	}
	return optional(r, key, get)
}

func optional[T any](r *reader, key string, get func(string) (T, error)) (v T) {
	if !r.m.Has(key) {
		return v
	}
	v, err := get(key)
	if err != nil {
		r.fail(fmt.Errorf("tokenizer: %w", err))
	}
	return v
}

func (r *reader) id(key string) int32 {
	if !r.m.Has(key) {
		return -1
	}
	id := optional(r, key, r.m.Uint)
	if id == math.MaxUint32 { // -1 as some writers have it: none
		return -1
	}
	if id > math.MaxInt32 {
		r.fail(&FormatError{key, fmt.Sprintf("token %d, the largest possible is %d", id, math.MaxInt32)})
		return -1
	}
	return int32(id)
}

func (r *reader) flag(key string) *bool {
	if !r.m.Has(key) {
		return nil
	}
	b := optional(r, key, r.m.Bool)
	return &b
}
