package longrun

import (
	"errors"
	"strings"

	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/model"
	"github.com/longrun-ai/longrun/tokenizer"
)

// locate turns what packages that never see a file found wrong with one into errors that say where in f it stands.
func locate(f *gguf.File, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs := joined.Unwrap()
		located := make([]error, len(errs))
		for i, err := range errs {
			located[i] = locate(f, err)
		}
		return errors.Join(located...)
	}
	if e, ok := errors.AsType[*model.ConfigError](err); ok {
		if e.Section == "metadata" {
			return f.Meta.Errorf(e.Name, "%s", e.Problem)
		}
		return &FormatError{Section: e.Section, Name: e.Name, Offset: offset(f, e.Name), Problem: e.Problem}
	}
	if e, ok := errors.AsType[*tokenizer.FormatError](err); ok {
		key, index, inArray := strings.Cut(e.Key, "[")
		if inArray {
			return f.Meta.Errorf(key, "[%s: %s", index, e.Problem)
		}
		return f.Meta.Errorf(key, "%s", e.Problem)
	}
	return err
}

// offset is where a tensor begins, -1 if the file has none of that name.
func offset(f *gguf.File, name string) int64 {
	if _, ok := f.Tensor(name); !ok {
		return -1
	}
	return f.Offset(name)
}
