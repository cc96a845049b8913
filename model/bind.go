package model

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/longrun-ai/longrun/tensor"
	"github.com/longrun-ai/longrun/tensor/quant"
)

// Dims are the names that shapes are written in. A name that is not in Fixed has one value a layer.
type Dims struct {
	Fixed  map[string]int
	Layers map[string][]int
}

func (d Dims) get(name string, layer int) int {
	if n, ok := d.Fixed[name]; ok {
		return n
	}
	if list, ok := d.Layers[name]; ok && layer >= 0 {
		return list[layer]
	}
	panic(fmt.Sprintf("model: a shape names %q, which is no dimension", name))
}

// Bind fills the layers of the struct dst points to. A field tagged `gguf:"attn_q" shape:"q,dim"` gets the tensor
// attn_q.weight, whose shape must be (q, dim); a slice tagged `gguf:"blk"` holds structs whose tensors are named
// blk.0.attn_q.weight and so on.
//
// A tensor with a dimension of 0 does not exist in this checkpoint. One whose field is tagged `optional:"true"` may be
// missing, a Linear's bias exists only if tagged `bias:"optional"` or `bias:"required"`. Matrices may have any type that
// can be decoded, vectors are F32. The error lists every tensor that is missing, of the wrong shape or type, or that no
// field wants: a weight left out would go unnoticed otherwise.
func Bind(dst any, d Dims, w Weights) error {
	b := binder{dims: d, weights: w, bound: map[string]bool{}}
	b.fields(reflect.ValueOf(dst).Elem(), "", -1)
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if !b.bound[name] {
			b.fault(name, "this architecture has no such tensor")
		}
	}
	return b.err()
}

type binder struct {
	dims    Dims
	weights Weights
	bound   map[string]bool
	faults
}

func (b *binder) fields(v reflect.Value, prefix string, layer int) {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		name, ok := tag.Lookup("gguf")
		if !ok {
			continue
		}
		name = prefix + name
		field := v.Field(i)
		if field.Kind() == reflect.Slice {
			for j := range field.Len() {
				b.fields(field.Index(j), fmt.Sprintf("%s.%d.", name, j), j)
			}
			continue
		}
		shape := b.shape(tag.Get("shape"), layer)
		optional := tag.Get("optional") == "true"
		switch l := field.Addr().Interface().(type) {
		case *Embedding:
			b.tensor(&l.Weight, name+".weight", shape, optional)
		case *RMSNorm:
			b.tensor(&l.Weight, name+".weight", shape, optional)
		case *Factors:
			b.tensor(&l.Weight, name+".weight", shape, optional)
		case *Stack:
			b.tensor(&l.Weight, name+".weight", shape, optional)
		case *Linear:
			b.tensor(&l.Weight, name+".weight", shape, optional)
			if bias := tag.Get("bias"); bias != "" && !slices.Contains(shape[:], 0) {
				b.tensor(&l.Bias, name+".bias", tensor.Dims(shape.Rows()), bias == "optional")
			}
		default:
			panic(fmt.Sprintf("model: field %s is no layer", v.Type().Field(i).Name))
		}
	}
}

// fault reports what is wrong with a tensor.
func (b *binder) fault(name, format string, args ...any) {
	if len(b.errs) == maxFaults {
		b.more++ // no text is made that nobody reads: a file may claim thousands of layers
		return
	}
	b.add(fault("tensors", name, format, args...))
}

func (b *binder) shape(names string, layer int) tensor.Shape {
	var dims []int
	for name := range strings.SplitSeq(names, ",") {
		dims = append(dims, b.dims.get(name, layer))
	}
	return tensor.Dims(dims...)
}

func (b *binder) tensor(dst *tensor.Tensor, name string, want tensor.Shape, optional bool) {
	if slices.Contains(want[:], 0) {
		return
	}
	t, ok := b.weights[name]
	if !ok {
		if !optional {
			b.fault(name, "missing, want %s", want)
		}
		return
	}
	b.bound[name] = true
	if t.Shape != want {
		b.fault(name, "is %s, want %s", t.Shape, want)
		return
	}
	if want.Rows() == 1 && t.Type != tensor.F32 {
		b.fault(name, "is of type %s, want F32", t.Type)
		return
	}
	if _, ok := quant.Of(t.Type); !ok {
		b.fault(name, "is of type %s, which is not supported", t.Type)
		return
	}
	t.Name = name
	*dst = t
}
