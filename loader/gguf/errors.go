package gguf

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMissing is wrapped by the error of a Metadata getter whose key the file does not have, so that a caller who knows
// a default can take it. Any other error of a getter is a fault of the file.
var ErrMissing = errors.New("missing")

// A FormatError says what is wrong with a file, and where.
type FormatError struct {
	Path    string // of the file, "" when it was not opened by name
	Section string // "header", "metadata", "tensors", "split"
	Name    string // the metadata key or tensor; "" before it is known
	Offset  int64  // of the field at fault, in bytes from the start of the file; -1 when the fault has no place
	Problem string

	cause error // what Unwrap returns: ErrMissing, or the operating system's error
}

func (e *FormatError) Error() string {
	var b strings.Builder
	b.WriteString("gguf: ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Section)
	if e.Name != "" {
		fmt.Fprintf(&b, " %.64q", e.Name) // a hostile key may be 65535 bytes
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " at byte %d", e.Offset)
	}
	return b.String() + ": " + e.Problem
}

func (e *FormatError) Unwrap() error { return e.cause }

// maxFaults bounds the report on a file in which everything is wrong.
const maxFaults = 8

// faults collects what is wrong with a table, so that one pass reports all of it.
type faults struct {
	errs []error
	more int // beyond maxFaults
}

func (f *faults) add(e *FormatError) {
	if len(f.errs) < maxFaults {
		f.errs = append(f.errs, e)
	} else {
		f.more++
	}
}

// err is nil, the only fault, or all of them, one a line.
func (f *faults) err() error {
	switch {
	case len(f.errs) == 0:
		return nil
	case len(f.errs) == 1:
		return f.errs[0]
	case f.more > 0:
		return errors.Join(append(f.errs, fmt.Errorf("gguf: and %d more", f.more))...)
	}
	return errors.Join(f.errs...)
}
