// Package gguf reads and writes model files in the GGUF format (ggml docs/gguf.md): versions 2 and 3 in both byte
// orders, whole or split into several files.
//
// No input makes it panic, hang, or allocate more than a few times its own size: every number of a file is judged
// against the file's length before it is used, so that those who compute with the tensors need not ask again. What
// depends on the architecture is judged by package model.
package gguf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"

	"github.com/longrun-ai/longrun/tensor"
)

// A File is an open model: its metadata and its tensors, in the order of the file.
//
// Opened by name its tensors lie in a read-only mapping of the file, which the system loads as it is touched: writing to
// their Bytes faults, and so does any use after Close. A file that is shortened while it is mapped also faults (SIGBUS
// on unix), which ends the program unless debug.SetPanicOnFault is on: replace model files by renaming, never in place.
// The tensors of a big-endian file are little-endian copies.
type File struct {
	Meta    Metadata        // of a split file: of its first shard
	Tensors []tensor.Tensor // of all shards

	// Warnings says what is unusual in the file but harms nothing, one line each.
	Warnings []string

	index   map[string]int // into Tensors
	offsets []int64        // of each tensor, in bytes from the start of its file
	dims    []int          // of each tensor: how many dimensions the file gives it
	size    int64

	mu    sync.Mutex
	unmap []func() error // what Close has yet to do
}

// Open opens a model file, or the model that the named file is a shard of.
//
// What is wrong with the file's contents is a *FormatError that names the path, or several joined. That there is no such
// file, or no regular one, or none that may be read, is the operating system's error with the path.
func Open(path string) (*File, error) {
	f := &File{}
	h, err := f.openShard(path)
	if err == nil {
		err = f.openOthers(path, h)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// OpenReader reads a model of size bytes into memory; r is not used after it returns. A shard of a split file is
// refused, since r cannot lead to the others.
func OpenReader(r io.ReaderAt, size int64) (*File, error) {
	if size < 0 {
		return nil, fmt.Errorf("gguf: size %d, want at least 0", size)
	}
	f := &File{}
	c := &cursor{src: r, size: size}
	h, err := parse(c)
	if err != nil {
		return nil, err
	}
	s, err := splitOf(h.meta)
	if err != nil {
		return nil, err
	}
	if s.count > 1 {
		return nil, h.meta.Errorf(keySplitCount, "shard %d of a model in %d files: open it by its path", s.no+1, s.count)
	}
	if err := f.load(c, h); err != nil {
		return nil, err
	}
	return f, nil
}

// openShard adds the tensors of one file, and sets Meta if it is the first.
func (f *File) openShard(path string) (*header, error) {
	// Asked before opening, which waits for a writer where path is a FIFO.
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("gguf: %s is %s, not a regular file", path, kindOf(st.Mode()))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	defer file.Close()
	if st, err = file.Stat(); err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}

	c := &cursor{path: path, src: file, size: st.Size()}
	if canMap && c.size > 0 {
		if c.size > math.MaxInt {
			return nil, fmt.Errorf("gguf: %s: %d bytes are more than this machine can address", path, c.size)
		}
		data, unmap, err := mapFile(file, int(c.size))
		if err != nil {
			return nil, fmt.Errorf("gguf: %s: %w", path, err)
		}
		f.unmap = append(f.unmap, unmap)
		c.src, c.data = nil, data
	}
	h, err := parse(c)
	if err != nil {
		return nil, err
	}
	return h, f.load(c, h)
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// Tensor returns the tensor of that name and whether there is one.
func (f *File) Tensor(name string) (tensor.Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return tensor.Tensor{}, false
	}
	return f.Tensors[i], true
}

// Offset is where a tensor's data begins, in bytes from the start of the file it lies in; -1 if there is no such tensor.
func (f *File) Offset(name string) int64 {
	if i, ok := f.index[name]; ok {
		return f.offsets[i]
	}
	return -1
}

// Dims is how many dimensions the file gives a tensor, 1 to 4: those of its Shape that it names, the last ones. It is 0 if
// there is no such tensor.
func (f *File) Dims(name string) int {
	if i, ok := f.index[name]; ok {
		return f.dims[i]
	}
	return 0
}

// Size is the number of bytes of the file, or of all shards.
func (f *File) Size() int64 { return f.size }

// Close ends the mapping. No tensor may be used afterwards. A second Close does nothing.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, unmap := range f.unmap {
		errs = append(errs, unmap())
	}
	f.unmap = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("gguf: %w", err)
	}
	return nil
}
