package model

import (
	"errors"
	"fmt"
)

// A ConfigError is one thing in a checkpoint that does not fit the rest or the architecture.
type ConfigError struct {
	Section string // "metadata" or "tensors"
	Name    string // the metadata key or tensor
	Problem string
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("model: %s %.64q: %s", e.Section, e.Name, e.Problem)
}

func fault(section, name, format string, args ...any) *ConfigError {
	return &ConfigError{section, name, fmt.Sprintf(format, args...)}
}

// maxFaults bounds the report on a file in which everything is wrong, such as one cut off after its first layers.
const maxFaults = 32

// faults collects what is wrong, so that one pass reports all of it.
type faults struct {
	errs []error
	more int // beyond maxFaults
}

func (f *faults) add(err error) {
	if len(f.errs) < maxFaults {
		f.errs = append(f.errs, err)
	} else {
		f.more++
	}
}

// count is the number of faults so far.
func (f *faults) count() int { return len(f.errs) + f.more }

// err is nil, the only fault, or all of them, one a line.
func (f *faults) err() error {
	switch {
	case len(f.errs) == 0:
		return nil
	case len(f.errs) == 1:
		return f.errs[0]
	case f.more > 0:
		return errors.Join(append(f.errs, fmt.Errorf("model: and %d more", f.more))...)
	}
	return errors.Join(f.errs...)
}
