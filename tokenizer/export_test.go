package tokenizer

// WithPre returns t with another pre-tokenizer, much faster than New can.
func (t *Tokenizer) WithPre(name string) (*Tokenizer, error) {
	b := *t.kind.(*bpe)
	pre, ok := pretokenizerOf(name)
	if !ok {
		return nil, &UnsupportedError{"pre-tokenizer", name}
	}
	b.pre, b.byBytes = pre, nil
	if pre.wholeWords {
		b.byBytes = b.wholeWords(t)
	}
	other := *t
	other.kind = &b
	return &other, nil
}
