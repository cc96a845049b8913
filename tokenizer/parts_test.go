package tokenizer

import (
	"slices"
	"testing"
)

// Cutting a text into parts changes nothing where control tokens are allowed, and nothing else but control tokens where
// they are not.
func TestEncodeParts(t *testing.T) {
	v := byteVocab("gpt-2", []string{"u s", "e r", "us er", "Ġ Ġ", "Ċ Ċ"}, "<|im_start|>", "<|im_end|>")
	for i := range 2 {
		v.Types[len(v.Types)-1-i] = typeControl
	}
	tok := mustNew(t, v)
	const text = "<|im_start|>user\n  two  spaces\n\n<|im_end|>\n<|im_start|>assistant\n"
	whole := tok.Append(nil, text, true)
	for cut := range len(text) + 1 {
		got := tok.EncodeParts([]Part{{text[:cut], true}, {text[cut:], true}})
		if !slices.Equal(got, whole) {
			t.Fatalf("cut at %d: %v, whole: %v", cut, got, whole)
		}
	}
	if got, want := tok.EncodeParts([]Part{{text, false}}), tok.Append(nil, text, false); !slices.Equal(got, want) {
		t.Errorf("not special: %v, want %v", got, want)
	}
	// A control token whose halves come from two hands is text.
	split := tok.EncodeParts([]Part{{"<|im_", true}, {"end|>", false}})
	if slices.ContainsFunc(split, tok.IsControl) {
		t.Errorf("halves of a control token became one: %v", split)
	}
}
