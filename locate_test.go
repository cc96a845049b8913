package longrun

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/sample"
	"github.com/longrun-ai/longrun/tensor"
)

// rewrite returns the draft model's file with its metadata changed, and the bytes of its tensors.
func rewrite(t *testing.T, change func(kvs []gguf.KV) []gguf.KV, bytesOf func(x tensor.Tensor) []byte) []byte {
	t.Helper()
	f, err := gguf.Open(draft)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tensors []gguf.TensorSource
	for _, x := range f.Tensors {
		tensors = append(tensors, gguf.TensorSource{Name: x.Name, Type: x.Type, Shape: x.Shape, Data: gguf.Bytes(bytesOf(x))})
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
		file := rewrite(t, tt.change, tensor.Tensor.Bytes)
		_, err := OpenReader(t.Context(), bytes.NewReader(file), int64(len(file)))
		var bad *FormatError
		if !errors.As(err, &bad) || !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), tt.want) || bad.Offset <= 0 || bad.Offset >= int64(len(file)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A file whose scales are no numbers loads. Asked to check it, Open says where; generating from it is an error and not an
// endless row of the first token.
func TestScalesThatAreNoNumbers(t *testing.T) {
	const name = "blk.1.ffn_up.weight"
	file := rewrite(t, func(kvs []gguf.KV) []gguf.KV { return kvs }, func(x tensor.Tensor) []byte {
		b := slices.Clone(x.Bytes())
		if x.Name == name {
			for i := 0; i < len(b); i += 34 { // the scale of each block of Q8_0
				b[i], b[i+1] = 0xff, 0x7f
			}
		}
		return b
	})
	var bad *FormatError
	_, err := OpenReader(t.Context(), bytes.NewReader(file), int64(len(file)), WithTensorCheck())
	if !errors.As(err, &bad) || !errors.Is(err, ErrFile) || bad.Name != name {
		t.Errorf("checked: %v", err)
	}
	m, err := OpenReader(t.Context(), bytes.NewReader(file), int64(len(file)), WithContext(64))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s := openSession(t, m)
	defer s.Close()
	var failed error
	for c, err := range s.Generate(t.Context(), "Hello", m.Defaults()) {
		if failed = err; err == nil {
			t.Errorf("makes %v", c)
		}
	}
	if !errors.Is(failed, sample.ErrNoToken) {
		t.Errorf("generating: %v", failed)
	}
}

func TestVocabularyAlone(t *testing.T) {
	f, err := gguf.Open(draft)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if err := gguf.Write(&b, f.Meta.KVs(), nil, gguf.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = OpenReader(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err == nil || err.Error() != "gguf: tensors: the file holds none: it is a vocabulary, which can tokenize but not generate" || !errors.Is(err, ErrFile) {
		t.Errorf("got %v", err)
	}
}
