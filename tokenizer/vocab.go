package tokenizer

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// A Vocab is what a model file says of its tokenizer, and the input of New.
type Vocab struct {
	Model string // "gpt2": byte-level BPE; "llama": SentencePiece BPE
	Pre   string // how gpt2 cuts text into words: "llama-bpe", "qwen2", ...; "" is "default"
	Name  string // of the model: special tokens of some swallow the space beside them

	Tokens []string
	Scores []float32 // llama: higher merges first
	Types  []int32   // 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; nil: all normal
	Merges []string  // gpt2: "left right", first merges first

	BOS, EOS, EOT, EOM, UNK, SEP, PAD int32 // -1: none
	FIMPad, FIMRep, FIMSep            int32 // of fill-in-the-middle prompts; these end a generation; -1: none

	AddBOS, AddEOS *bool // nil: the kind's default
	AddSpacePrefix *bool // nil: the kind's default
}

// A FormatError says what is wrong with a vocabulary.
type FormatError struct {
	Key     string // the metadata key, with the index if it is an array: "tokenizer.ggml.merges[7]"
	Problem string
}

func (e *FormatError) Error() string { return fmt.Sprintf("tokenizer: %s: %s", e.Key, e.Problem) }

// An UnsupportedError names a kind of vocabulary that this package cannot serve.
type UnsupportedError struct {
	What string // "tokenizer model", "pre-tokenizer"
	Name string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("tokenizer: %s %.60q is not supported yet", e.What, e.Name)
}

const (
	keyModel  = "tokenizer.ggml.model"
	keyPre    = "tokenizer.ggml.pre"
	keyTokens = "tokenizer.ggml.tokens"
	keyScores = "tokenizer.ggml.scores"
	keyTypes  = "tokenizer.ggml.token_type"
	keyMerges = "tokenizer.ggml.merges"
	keyBOS    = "tokenizer.ggml.bos_token_id"
	keyEOS    = "tokenizer.ggml.eos_token_id"
	keyEOT    = "tokenizer.ggml.eot_token_id"
	keyEOM    = "tokenizer.ggml.eom_token_id"
	keyUNK    = "tokenizer.ggml.unknown_token_id"
	keySEP    = "tokenizer.ggml.seperator_token_id" // the format spells it so
	keyPAD    = "tokenizer.ggml.padding_token_id"
	keyFIMPad = "tokenizer.ggml.fim_pad_token_id"
	keyFIMRep = "tokenizer.ggml.fim_rep_token_id"
	keyFIMSep = "tokenizer.ggml.fim_sep_token_id"
	keyAddBOS = "tokenizer.ggml.add_bos_token"
	keyAddEOS = "tokenizer.ggml.add_eos_token"
	keyPrefix = "tokenizer.ggml.add_space_prefix"
)

func at(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }

// New checks v and returns its tokenizer. Its errors are *FormatError, the first of each array joined, or *UnsupportedError.
// v's slices are kept and must not change.
func New(v Vocab) (*Tokenizer, error) {
	if v.Model != "gpt2" && v.Model != "llama" {
		return nil, &UnsupportedError{"tokenizer model", v.Model}
	}
	pre, ok := pretokenizerOf(v.Pre)
	if v.Model == "gpt2" && !ok {
		return nil, &UnsupportedError{"pre-tokenizer", v.Pre}
	}
	byText, err := v.index()
	if err := errors.Join(err, v.checkArrays(), v.checkIDs()); err != nil {
		return nil, err
	}

	t := &Tokenizer{
		tokens: v.Tokens, byText: byText, attrs: attrsOf(v.Types, len(v.Tokens)),
		bos: v.BOS, eos: v.EOS, eot: v.EOT, pad: v.PAD, unk: v.UNK,
		addBOS: v.Model == "llama", spacePrefix: v.Model == "llama",
	}
	if v.Model == "gpt2" {
		t.addBOS, t.cleanSpaces = pre.addBOS && v.BOS >= 0, pre.cleanSpaces
	}
	for _, o := range []struct {
		from *bool
		to   *bool
	}{{v.AddBOS, &t.addBOS}, {v.AddEOS, &t.addEOS}, {v.AddSpacePrefix, &t.spacePrefix}} {
		if o.from != nil {
			*o.to = *o.from
		}
	}
	if t.addBOS && t.bos < 0 {
		return nil, &FormatError{keyAddBOS, "true, but " + keyBOS + " names no token"}
	}
	if t.addEOS && t.eos < 0 {
		return nil, &FormatError{keyAddEOS, "true, but " + keyEOS + " names no token"}
	}

	t.findSpecials(v)
	t.split = newSpecials(v, t)
	if v.Model == "llama" {
		t.kind = newSPM(v, t)
	} else if t.kind, err = newBPE(v, t, pre); err != nil {
		return nil, err
	}
	t.nl = t.newline()
	return t, nil
}

// index maps texts to ids and gives empty tokens, which no text can mean, a name of their own.
func (v *Vocab) index() (map[string]int32, error) {
	if len(v.Tokens) == 0 || int64(len(v.Tokens)) > math.MaxInt32 {
		return nil, &FormatError{keyTokens, fmt.Sprintf("%d tokens, from 1 to 2^31-1 are needed", len(v.Tokens))}
	}
	ids := make(map[string]int32, len(v.Tokens))
	for i, s := range v.Tokens {
		if s == "" {
			s = "[EMPTY_" + strconv.Itoa(i) + "]"
		}
		if old, ok := ids[s]; ok {
			return nil, &FormatError{at(keyTokens, i), fmt.Sprintf("%.40q is token %d already", s, old)}
		}
		ids[s] = int32(i)
	}
	return ids, nil
}

func (v *Vocab) checkArrays() error {
	var faults []error
	n := len(v.Tokens)
	if v.Scores != nil && len(v.Scores) < n {
		faults = append(faults, &FormatError{keyScores, fmt.Sprintf("%d scores for %d tokens", len(v.Scores), n)})
	}
	if v.Scores == nil && v.Model == "llama" {
		faults = append(faults, &FormatError{keyScores, "missing, a vocabulary of this kind needs them"})
	}
	for i, s := range v.Scores {
		if s != s {
			faults = append(faults, &FormatError{at(keyScores, i), "not a number"})
			break
		}
	}
	if v.Types != nil && len(v.Types) < n {
		faults = append(faults, &FormatError{keyTypes, fmt.Sprintf("%d types for %d tokens", len(v.Types), n)})
	}
	return errors.Join(faults...)
}

func (v *Vocab) checkIDs() error {
	var faults []error
	for _, s := range []struct {
		key string
		id  int32
	}{
		{keyBOS, v.BOS}, {keyEOS, v.EOS}, {keyEOT, v.EOT}, {keyEOM, v.EOM}, {keyUNK, v.UNK}, {keySEP, v.SEP},
		{keyPAD, v.PAD}, {keyFIMPad, v.FIMPad}, {keyFIMRep, v.FIMRep}, {keyFIMSep, v.FIMSep},
	} {
		if s.id < -1 || int64(s.id) >= int64(len(v.Tokens)) {
			faults = append(faults, &FormatError{s.key, fmt.Sprintf("token %d of a vocabulary of %d", s.id, len(v.Tokens))})
		}
	}
	return errors.Join(faults...)
}
