package gguf

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// sniff says what a file is that does not start as a GGUF file does, from its first bytes and its size, and what to do
// about it.
func sniff(head []byte, size int64) string {
	for _, known := range []struct{ magic, what string }{
		{"GGML", "a file of the GGML format that came before GGUF: convert the model again"},
		{"lmgg", "a file of the GGML format that came before GGUF: convert the model again"},
		{"fmgg", "a file of the GGMF format that came before GGUF: convert the model again"},
		{"tjgg", "a file of the GGJT format that came before GGUF: convert the model again"},
		{"algg", "a GGLA adapter, a format that came before GGUF: convert it again"},
		{"PK\x03\x04", "a zip archive, perhaps a PyTorch checkpoint: convert the model to GGUF"},
		{"\x80\x02", "a Python pickle, perhaps a PyTorch checkpoint: convert the model to GGUF"},
		{"version https://git-lfs", "a git-lfs pointer, not the model itself: run `git lfs pull`"},
		{"\x1f\x8b", "gzip data: decompress it first"},
		{"BZh", "bzip2 data: decompress it first"},
		{"\xfd7zXZ", "xz data: decompress it first"},
		{"\x28\xb5\x2f\xfd", "Zstandard data: decompress it first"},
		{"7z\xbc\xaf", "a 7z archive: extract the model first"},
		{"\x89HDF", "an HDF5 file: convert the model to GGUF"},
		{"\x7fELF", "a program, not a model"},
	} {
		if bytes.HasPrefix(head, []byte(known.magic)) {
			return known.what
		}
	}
	if len(head) > 8 && head[8] == '{' {
		if n := binary.LittleEndian.Uint64(head); n >= 2 && size >= 8 && n <= uint64(size-8) {
			return "a safetensors file: convert the model to GGUF"
		}
	}
	text := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))))
	for _, known := range []struct{ start, what string }{
		{"<!doctype html", "an HTML page, perhaps an error page saved by a download: download the model again"},
		{"<html", "an HTML page, perhaps an error page saved by a download: download the model again"},
		{"<?xml", "an XML document, perhaps an error saved by a download: download the model again"},
		{"{", "JSON text, not a model"},
	} {
		if bytes.HasPrefix(text, []byte(known.start)) {
			return known.what
		}
	}
	return fmt.Sprintf("not a GGUF file: it starts with %q", head[:min(len(head), 4)])
}
