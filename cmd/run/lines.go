package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxLine is the longest line read from stdin, in bytes.
const maxLine = 256 << 20

// eachLine calls answer for every line of r that is not empty and prints what it returns, one JSON object a line. A line
// that cannot be answered gets {"error":...}; only trouble with r and w ends the loop.
func eachLine(r io.Reader, w io.Writer, answer func(line []byte) (any, error)) error {
	in := bufio.NewReaderSize(r, 64<<10)
	out := bufio.NewWriter(w)
	for {
		line, err := readLine(in)
		if err != nil && err != io.EOF {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			v, failed := answer(line)
			if failed != nil {
				v = struct {
					Error string `json:"error"`
				}{sentence(failed)}
			}
			if err := printJSON(out, v); err != nil {
				return err
			}
		}
		if in.Buffered() == 0 || err == io.EOF { // whoever sends a line at a time gets each answer at once
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("a line on stdin is longer than %d MiB", maxLine>>20)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// putText puts a text into a JSON object: under its name where it is UTF-8, else as hex bytes under name_hex.
func putText(object map[string]any, name, text string) {
	if utf8.ValidString(text) {
		object[name] = text
		return
	}
	object[name+"_hex"] = hex.EncodeToString([]byte(text))
}
