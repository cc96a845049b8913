package tokenizer

import "unicode/utf8"

// A Stream turns tokens into text as they come, whole characters at a time.
type Stream struct {
	t       *Tokenizer
	special bool
	held    []byte // the beginning of a character
}

// NewStream returns a stream that shows the texts of control tokens if special is set.
func (t *Tokenizer) NewStream(special bool) *Stream { return &Stream{t: t, special: special} }

// Push returns the text that id completes. Bytes that can no longer become a character are returned as they are.
func (s *Stream) Push(id int32) string {
	s.held = append(s.held, s.t.Piece(id, s.special)...)
	n := 0
	for n < len(s.held) && utf8.FullRune(s.held[n:]) {
		_, size := utf8.DecodeRune(s.held[n:])
		n += size
	}
	text := string(s.held[:n])
	s.held = append(s.held[:0], s.held[n:]...)
	return text
}

// Flush returns the bytes still held, the beginning of a character that did not come, and empties the stream.
func (s *Stream) Flush() string {
	text := string(s.held)
	s.held = s.held[:0]
	return text
}
