package tokenizer

import (
	"errors"
	"fmt"
	"testing"
)

var errMissing = errors.New("missing")

// A dict is the metadata of a file that does not exist.
type dict map[string]any

func (d dict) Has(key string) bool { _, ok := d[key]; return ok }

func value[T any](d dict, key string) (v T, err error) {
	x, ok := d[key]
	if !ok {
		return v, fmt.Errorf("%s: %w", key, errMissing)
	}
	if v, ok = x.(T); !ok {
		return v, fmt.Errorf("%s: %T, want %T", key, x, v)
	}
	return v, nil
}

func (d dict) String(key string) (string, error)    { return value[string](d, key) }
func (d dict) Uint(key string) (uint64, error)      { return value[uint64](d, key) }
func (d dict) Bool(key string) (bool, error)        { return value[bool](d, key) }
func (d dict) Strings(key string) ([]string, error) { return value[[]string](d, key) }
func (d dict) Floats(key string) ([]float64, error) { return value[[]float64](d, key) }
func (d dict) Ints(key string) ([]int64, error)     { return value[[]int64](d, key) }

func spmDict() dict {
	return dict{
		keyModel: "llama", keyTokens: []string{"<unk>", "<s>", "</s>", "▁", "a"},
		keyScores: []float64{0, 0, 0, -1, -2}, keyTypes: []int64{2, 3, 3, 1, 1},
	}
}

func TestFromMetadata(t *testing.T) {
	for _, tt := range []struct {
		name     string
		edit     dict // nil deletes
		bos, eos int32
		adds     bool // BOS
		err      string
	}{
		{"the trainer's layout", nil, 1, 2, true, ""},
		{"named", dict{keyBOS: uint64(2), keyEOS: uint64(1)}, 2, 1, true, ""},
		{"not added", dict{keyAddBOS: false}, 1, 2, false, ""},
		{"another layout", dict{keyTypes: []int64{2, 1, 1, 1, 1}, keyAddBOS: false}, -1, -1, false, ""},
		{"no model", dict{keyModel: nil}, 0, 0, false,
			"tokenizer: tokenizer.ggml.model: missing, without it the file has no tokenizer"},
		{"model of another type", dict{keyModel: 7}, 0, 0, false, "tokenizer: tokenizer.ggml.model: int, want string"},
		{"another model", dict{keyModel: "bert", keyTokens: nil}, 0, 0, false, `tokenizer: tokenizer model "bert" is not supported yet`},
		{"no tokens", dict{keyTokens: nil}, 0, 0, false,
			"tokenizer: tokenizer.ggml.tokens: missing, without it the file has no tokenizer"},
		{"no merges", dict{keyModel: "gpt2"}, 0, 0, false,
			"tokenizer: tokenizer.ggml.merges: missing, without it the file has no tokenizer"},
		{"EOS past the end", dict{keyEOS: uint64(5)}, 0, 0, false, "tokenizer: tokenizer.ggml.eos_token_id: token 5 of a vocabulary of 5"},
		{"EOS past 32 bits", dict{keyEOS: uint64(1) << 32}, 0, 0, false,
			"tokenizer: tokenizer.ggml.eos_token_id: token 4294967296, the largest possible is 2147483647"},
		{"type past 32 bits", dict{keyTypes: []int64{2, 3, 3, 1, 1 << 40}}, 0, 0, false,
			"tokenizer: tokenizer.ggml.token_type[4]: type 1099511627776 is unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := spmDict()
			for k, v := range tt.edit {
				if d[k] = v; v == nil {
					delete(d, k)
				}
			}
			tok, err := FromMetadata(d)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("got  %v\nwant %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tok.BOS() != tt.bos || tok.EOS() != tt.eos || tok.AddsBOS() != tt.adds {
				t.Errorf("BOS %d, EOS %d, added %v; want %d, %d, %v", tok.BOS(), tok.EOS(), tok.AddsBOS(), tt.bos, tt.eos, tt.adds)
			}
		})
	}
}
