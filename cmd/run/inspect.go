package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/longrun-ai/longrun/loader/gguf"
	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// inspect shows a file's metadata and tensors, or writes one tensor's values.
func inspect(_ context.Context, p *process, args []string) error {
	fs := newFlags("inspect")
	asJSON := fs.Bool("json", false, "print JSON, arrays whole")
	name := fs.String("tensor", "", "decode the tensor of this `name` to float32 instead")
	var out string
	both(fs.StringVar, &out, "", "`file` for the tensor's values: little-endian, row-major", "o", "output")
	pos, done, err := parse(p, fs, "run inspect MODEL [--json] [--tensor NAME -o FILE]", args, 1, 1)
	if done || err != nil {
		return err
	}
	f, err := openFile(pos[0])
	if err != nil {
		return err
	}
	defer f.Close()
	switch {
	case *name != "":
		return inspectTensor(p, f, *name, out)
	case *asJSON:
		return inspectJSON(p.stdout, f)
	}
	return inspectText(p.stdout, f)
}

// inspectTensor decodes one tensor to a file.
func inspectTensor(p *process, f *gguf.File, name, out string) error {
	if out == "" {
		return fmt.Errorf("--tensor needs -o FILE: %w", errUsage)
	}
	t, ok := f.Tensor(name)
	if !ok {
		return fmt.Errorf("the file has no tensor %q: %w", name, errUsage)
	}
	if _, ok := quant.Of(t.Type); !ok {
		return modelError{fmt.Errorf("tensor %q is of type %s, which cannot be decoded yet", name, t.Type)}
	}
	err := writeFile(out, func(w io.Writer) error {
		row, raw := make([]float32, t.Shape.Cols()), t.Bytes()
		for range t.Shape.Rows() {
			if err := quant.Decode(t.Type, row, raw[:t.RowBytes()]); err != nil {
				return err
			}
			if err := writeFloats(w, row); err != nil {
				return err
			}
			raw = raw[t.RowBytes():]
		}
		return nil
	})
	if err != nil {
		return err
	}
	return printJSON(p.stdout, struct {
		Rows int `json:"rows"`
		Cols int `json:"cols"`
	}{t.Shape.Rows(), t.Shape.Cols()})
}

// inspectJSON prints {"metadata":{...},"tensors":[...]}.
func inspectJSON(w io.Writer, f *gguf.File) error {
	b := bufio.NewWriter(w)
	b.WriteString(`{"metadata":{`)
	for i, key := range f.Meta.Keys() {
		if i > 0 {
			b.WriteByte(',')
		}
		v, _ := f.Meta.Value(key)
		text, err := json.Marshal(exact(v.Any()))
		if err != nil {
			return fmt.Errorf("metadata %q: %w", key, err)
		}
		fmt.Fprintf(b, "\n%s:%s", quote(key), text)
	}
	b.WriteString("},\n\"tensors\":[")
	for i, t := range f.Tensors {
		if i > 0 {
			b.WriteByte(',')
		}
		text, err := json.Marshal(struct {
			Name   string `json:"name"`
			Type   string `json:"type"`
			Shape  []int  `json:"shape"`
			Offset int64  `json:"offset"`
			Bytes  int64  `json:"bytes"`
		}{t.Name, t.Type.String(), ggufShape(f, t), f.Offset(t.Name), t.Size()})
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n%s", text)
	}
	b.WriteString("]}\n")
	return b.Flush()
}

// exact turns what JSON's numbers cannot hold into strings: integers beyond 2^53 and floats that are not finite.
func exact(v any) any {
	switch v := v.(type) {
	case uint64:
		if v > 1<<53 {
			return fmt.Sprint(v)
		}
	case int64:
		if v > 1<<53 || v < -1<<53 {
			return fmt.Sprint(v)
		}
	case float32:
		return exact(float64(v)) // all its digits, whether it is read as a float32 or a float64
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN"
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
	case []uint8: // which JSON would write as base64
		return each(v)
	case []uint64:
		return each(v)
	case []int64:
		return each(v)
	case []float32:
		return each(v)
	case []float64:
		return each(v)
	case []any:
		return each(v)
	}
	return v
}

func each[T any](v []T) []any {
	out := make([]any, len(v))
	for i, x := range v {
		out[i] = exact(x)
	}
	return out
}

// inspectText prints a page for people: long arrays and texts are shortened.
func inspectText(w io.Writer, f *gguf.File) error {
	b := bufio.NewWriter(w)
	for _, key := range f.Meta.Keys() {
		v, _ := f.Meta.Value(key)
		fmt.Fprintf(b, "%-48s %s\n", key, shorten(v.Any()))
	}
	fmt.Fprintln(b)
	counts := map[tensor.DType]int{}
	var elems int64
	for _, t := range f.Tensors {
		fmt.Fprintf(b, "%-48s %-8s %s\n", t.Name, t.Type, t.Shape)
		counts[t.Type]++
		elems += int64(t.Shape.Elems())
	}
	fmt.Fprintf(b, "\n%d tensors, %.1f M parameters, %.1f MiB", len(f.Tensors), float64(elems)/1e6, float64(f.Size())/(1<<20))
	for t := range tensor.DType(tensor.NumDTypes) {
		if counts[t] > 0 {
			fmt.Fprintf(b, ", %d %s", counts[t], t)
		}
	}
	fmt.Fprintln(b)
	return b.Flush()
}

func shorten(v any) string {
	const most = 60
	if f, ok := v.(float32); ok {
		return fmt.Sprint(f)
	}
	text, err := json.Marshal(exact(v))
	if err != nil {
		return err.Error()
	}
	s := string(text)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// ggufShape is the shape as the file has it, fastest dimension first.
func ggufShape(f *gguf.File, t tensor.Tensor) []int {
	var dims []int
	for i := len(t.Shape) - 1; i >= len(t.Shape)-f.Dims(t.Name); i-- {
		dims = append(dims, t.Shape[i])
	}
	return dims
}

func openFile(path string) (*gguf.File, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, modelError{err}
	}
	return f, nil
}
