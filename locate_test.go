package longrun

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/loader/gguf"
)

// rewrite returns the draft model's file with its metadata changed.
func rewrite(t *testing.T, change func(kvs []gguf.KV) []gguf.KV) []byte {
	t.Helper()
	f, err := gguf.Open(draft)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tensors []gguf.TensorSource
	for _, x := range f.Tensors {
		tensors = append(tensors, gguf.TensorSource{Name: x.Name, Type: x.Type, Shape: x.Shape, Data: gguf.Bytes(x.Bytes())})
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, change(f.Meta.KVs()), tensors, gguf.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What does not fit in a well-formed file is told like what is malformed: which key or tensor, and where.
func TestFaultsSayWhere(t *testing.T) {
	set := func(key string, value any) func(kvs []gguf.KV) []gguf.KV {
		return func(kvs []gguf.KV) []gguf.KV {
			i := slices.IndexFunc(kvs, func(kv gguf.KV) bool { return kv.Key == key })
			kvs[i].Value = value
			return kvs
		}
	}
	for _, tt := range []struct {
		name   string
		change func(kvs []gguf.KV) []gguf.KV
		want   string // the key or tensor
	}{
		{"architecture", set("general.architecture", "nobody"), "general.architecture"},
		{"no heads", set("llama.attention.head_count", uint32(0)), "llama.attention.head_count"},
		{"merge of unknown tokens", set("tokenizer.ggml.merges", []string{"zzzzq qqqqz"}), "tokenizer.ggml.merges"},
		{"another width", set("llama.feed_forward_length", uint32(96)), "blk.0.ffn_gate.weight"},
	} {
		file := rewrite(t, tt.change)
		_, err := OpenReader(t.Context(), bytes.NewReader(file), int64(len(file)))
		var bad *FormatError
		if !errors.As(err, &bad) || !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), tt.want) || bad.Offset <= 0 || bad.Offset >= int64(len(file)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
