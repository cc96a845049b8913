package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/longrun-ai/longrun"
)

// A modelError lies with the model file, like longrun.ErrFile.
type modelError struct{ err error }

func (e modelError) Error() string        { return e.err.Error() }
func (e modelError) Unwrap() error        { return e.err }
func (e modelError) Is(target error) bool { return target == longrun.ErrFile }

// writeFile writes a file whole or not at all: it fills a temporary one beside it and renames that. What is there and is
// no regular file, such as /dev/null, is written to instead.
func writeFile(path string, fill func(w io.Writer) error) (err error) {
	temporary := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	special := false
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		temporary, special = path, true
	}
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o666)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close() // after a failure the file goes, whatever Close says
			if !special {
				os.Remove(temporary)
			}
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if special {
		return nil
	}
	return os.Rename(temporary, path)
}

// writeFloats writes v as float32, little-endian.
func writeFloats(w io.Writer, v []float32) error {
	b := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(x))
	}
	_, err := w.Write(b)
	return err
}

// printJSON prints v on one line, < and > as they are.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// quote is s as JSON.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return b
}
