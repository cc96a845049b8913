// Package kvcache keeps the keys and values of sequences in pages.
//
// A page holds PageRows rows of every KV head of every layer. Where they lie is arithmetic: sequences own page tables
// only, the rows are in buffers of the layers' devices.
package kvcache

import (
	"errors"
	"fmt"
	"sync"

	"github.com/longrun-ai/longrun/tensor"
)

// PageRows is the number of positions in a page.
const PageRows = 64

// ErrFull is what Reserve wraps when no page is left.
var ErrFull = errors.New("the KV cache is full")

// A Layer is the shape of one layer's rows: Heads KV heads, each with a key and a value of HeadDim elements.
type Layer struct{ Heads, HeadDim int }

// A Cache is the memory of all sequences of one model. It is safe for concurrent use.
type Cache struct {
	layers []layerPages
	pages  int

	mu   sync.Mutex
	free []int32
}

type layerPages struct {
	Layer
	k, v rows
}

// rows is one side of a layer: pages of heads of PageRows rows.
type rows struct {
	typ    tensor.DType
	stride int // bytes from row to row
	buf    tensor.Buffer
}

// Bytes returns how much memory pages pages take.
func Bytes(layers []Layer, k, v tensor.DType, pages int) int64 {
	var n int64
	for _, l := range layers {
		n += int64(pages) * int64(l.Heads) * PageRows * int64(k.RowBytes(l.HeadDim)+v.RowBytes(l.HeadDim))
	}
	return n
}

// Pages returns how many pages hold n rows.
func Pages(n int) int { return (n + PageRows - 1) / PageRows }

// New makes a cache of pages pages whose keys have type k and values type v, F32 or F16. alloc(l, n) gives n zeroed
// bytes on the device of layer l.
func New(layers []Layer, k, v tensor.DType, pages int, alloc func(layer int, n int64) (tensor.Buffer, error)) (*Cache, error) {
	for _, t := range []tensor.DType{k, v} {
		if t != tensor.F32 && t != tensor.F16 {
			return nil, fmt.Errorf("kvcache: rows of %s are not supported, use f32 or f16", t)
		}
	}
	c := &Cache{pages: pages, free: make([]int32, pages)}
	for i := range c.free {
		c.free[i] = int32(pages - 1 - i) // the first page is handed out first
	}
	for i, l := range layers {
		lp := layerPages{Layer: l, k: rows{typ: k, stride: k.RowBytes(l.HeadDim)}, v: rows{typ: v, stride: v.RowBytes(l.HeadDim)}}
		for _, r := range []*rows{&lp.k, &lp.v} {
			var err error
			if r.buf, err = alloc(i, int64(pages)*int64(l.Heads)*PageRows*int64(r.stride)); err != nil {
				return nil, fmt.Errorf("kvcache: layer %d: %w", i, err)
			}
		}
		c.layers = append(c.layers, lp)
	}
	return c, nil
}

// A Block is one KV head's part of a page: PageRows keys and as many values, from row to row Stride bytes apart.
type Block struct {
	K, V             []byte
	KStride, VStride int
}

// Types returns the types of keys and values.
func (c *Cache) Types(layer int) (k, v tensor.DType) {
	return c.layers[layer].k.typ, c.layers[layer].v.typ
}

// Block returns head's part of a page of layer. The buffers must be addressable by the host.
func (c *Cache) Block(layer int, page int32, head int) Block {
	l := &c.layers[layer]
	at := int64(page)*int64(l.Heads) + int64(head)
	return Block{l.k.block(at), l.v.block(at), l.k.stride, l.v.stride}
}

func (r *rows) block(i int64) []byte {
	n := int64(PageRows * r.stride)
	return r.buf.Bytes()[i*n:][:n:n]
}

// Free returns the number of pages that no sequence holds.
func (c *Cache) Free() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.free)
}
