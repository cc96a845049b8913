package gguf

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	badTime  = 100 * time.Millisecond
	badBytes = 64 << 20
)

// badFiles are contents that must not load, and what is said about them.
func badFiles() []struct {
	name string
	data []byte
	want string
} {
	good := rows(row("a", []u64{64}, 0, 0))
	header := func(fields ...any) []byte { return append([]byte("GGUF"), encode(fields...)...) }
	nested := bytes.Repeat(encode(u32(TypeArray), u64(1)), 10000)
	return []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, `header at byte 0: the file is empty`},
		{"three bytes", []byte("GGU"), `header at byte 0: not a GGUF file: it starts with "GGU"`},
		{"magic alone", []byte("GGUF"), `header at byte 4: version: 1 × 4 bytes needed, 0 left`},
		{"first 23 bytes", good[:23], `header at byte 16: number of metadata entries: 1 × 8 bytes needed, 7 left`},
		{"GGML", []byte("GGML----------------------------"), `came before GGUF`},
		{"ggjt", []byte("tjgg\x03\x00\x00\x00"), `came before GGUF`},
		{"zip", []byte("PK\x03\x04\x00\x00\x00\x00\x00\x00"), `a zip archive`},
		{"safetensors", append(encode(u64(10)), `{"a":null}`...), `a safetensors file`},
		{"HTML", []byte("\n<!DOCTYPE html><html><title>404</title>"), `an HTML page`},
		{"html without doctype", []byte("<HTML><body>"), `an HTML page`},
		{"git-lfs pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"), "a git-lfs pointer, not the model itself: run `git lfs pull`"},
		{"bzip2", []byte("BZh91AY&SY"), `bzip2 data: decompress it first`},
		{"JSON", []byte(`{"error":"no such file"}`), `JSON text`},
		{"zeros", make([]byte, 64), `not a GGUF file: it starts with "\x00\x00\x00\x00"`},

		{"version 0", header(u32(0), u64(0), u64(0)), `header at byte 4: version 0, only 2 and 3 are known`},
		{"version 1", header(u32(1), u32(0), u32(0)), `version 1, which has not been written since 2023`},
		{"version 4", header(u32(4), u64(0), u64(0)), `version 4, only 2 and 3 are known`},
		{"big-endian version 1", header(u32(1<<24), u64(0), u64(0)), `version 1, which`},
		{"big-endian version, little-endian rest", header(u32(3<<24), u64(1), u64(1)), `header at byte 8: 72057594037927936 tensors`},
		{"2^63 entries", header(u32(3), u64(0), u64(1<<63)), `header at byte 16: 9223372036854775808 metadata entries, at most 65536`},
		{"2^63 tensors", header(u32(3), u64(1<<63), u64(0)), `header at byte 8: 9223372036854775808 tensors, at most 1048576`},
		{"more entries than bytes", header(u32(3), u64(0), u64(65536)), `metadata entries: 65536 × 14 bytes needed, 0 left`},
		{"more tensors than bytes", header(u32(3), u64(1<<20), u64(0)), `tensors: 1048576 × 33 bytes needed, 0 left`},

		{"key of 2^64-1 bytes", meta(u64(1<<64-1), u32(4), u32(1)), `metadata at byte 77: key: 18446744073709551615 × 1 bytes needed, 8 left`},
		{"key of 2^63 bytes", meta(u64(1<<63), u32(4), u32(1)), `key: 9223372036854775808 × 1 bytes needed`},
		{"key past the end", meta(u64(9), u32(4), u32(1)), `key: 9 × 1 bytes needed, 8 left`},
		{"long key", meta(strings.Repeat("k", 1<<16), u32(0), u8(1)), `key of 65536 bytes, at most 65535 are allowed`},
		{"empty key", meta("", u32(4), u32(1)), `metadata at byte 69: empty key`},
		{"key twice", meta("general.architecture", u32(8), "x"), `metadata "general.architecture" at byte 69: the key stands twice`},
		{"key not UTF-8", meta("a\xff", u32(4), u32(1)), `key is not UTF-8`},
		{"key with NUL", meta("a\x00b", u32(4), u32(1)), `key contains a NUL`},
		{"type 13", meta("k", u32(13), u64(0)), `metadata "k" at byte 78: value of unknown type 13`},
		{"type 255", meta("k", u32(255), u64(0)), `value of unknown type 255`},
		{"type 2^32-1", meta("k", u32(1<<32-1), u64(0)), `value of unknown type 4294967295`},
		{"array of type 13", meta("k", u32(9), u32(13), u64(0)), `metadata "k" at byte 82: array of unknown type 13`},
		{"array of 2^60 bytes", meta("k", u32(9), u32(0), u64(1<<60)), `array of u8: 1152921504606846976 × 1 bytes needed, 0 left`},
		{"array whose size overflows", meta("k", u32(9), u32(10), u64(1<<61)), `array of u64: 2305843009213693952 × 8 bytes needed`},
		{"arrays 10000 deep", meta("k", u32(9), nested), `arrays more than 4 deep`},
		{"array of arrays too short", meta("k", u32(9), u32(9), u64(1<<32), u64(0)), `array of arr: 4294967296 × 12 bytes needed, 8 left`},
		{"last string truncated", meta("k", u32(9), u32(8), u64(2), "a", u64(5), []byte("abc")), `metadata "k" at byte 111: string: 5 × 1 bytes needed, 3 left`},
		{"string past the end", meta("k", u32(8), u64(1<<40)), `string: 1099511627776 × 1 bytes needed`},
		{"bool of 2", meta("k", u32(7), u8(2)), `metadata "k" at byte 82: bool of value 2, want 0 or 1`},
		{"bool of 255 in an array", meta("k", u32(9), u32(7), u64(2), u8(1), u8(255)), `bool of value 255`},
		{"value missing", meta("key", u32(4), u8(0)), `metadata "key" at byte 84: values: 1 × 4 bytes needed, 1 left`},

		{"alignment 0", meta("general.alignment", u32(4), u32(0)), `metadata "general.alignment" at byte 98: is 0, want a power of two from 8 to 1048576`},
		{"alignment 1", meta("general.alignment", u32(4), u32(1)), `is 1, want a power of two`},
		{"alignment 3", meta("general.alignment", u32(4), u32(3)), `is 3, want a power of two`},
		{"alignment 24", meta("general.alignment", u32(4), u32(24)), `is 24, want a power of two`},
		{"alignment 2^31", meta("general.alignment", u32(4), u32(1<<31)), `is 2147483648, want a power of two`},
		{"alignment a string", meta("general.alignment", u32(8), "32"), `is str, want u32`},
		{"alignment an i32", meta("general.alignment", u32(5), int32(32)), `is i32, want u32`},

		{"no dimensions", rows(encode("a", u32(0), u32(0), u64(0), u64(0))), `tensors "a" at byte 78: 0 dimensions, want 1 to 4`},
		{"five dimensions", rows(row("a", []u64{1, 1, 1, 1, 1}, 0, 0)), `5 dimensions, want 1 to 4`},
		{"2^32-1 dimensions", rows(encode("a", u32(1<<32-1), u64(1), u32(0), u64(0))), `4294967295 dimensions`},
		{"dimension 0", rows(row("a", []u64{4, 0}, 0, 0)), `tensors "a" at byte 90: dimension 0, want 1 to 2^40`},
		{"dimension 2^42+1", rows(row("a", []u64{1<<42 + 1}, 0, 0)), `dimension 4398046511105, want 1 to 2^40`},
		{"product overflows", rows(row("a", []u64{1 << 17, 1 << 17, 1<<31 - 1}, 0, 0)), `tensors "a" at byte `},
		{"product wraps to little", rows(row("a", []u64{1 << 32, 1 << 32, 4}, 0, 0)), `tensors "a" at byte `},
		{"half a block", rows(row("a", []u64{128, 2}, 12, 0)), `tensors "a" at byte 82: rows of 128 elements, want a multiple of 256 for Q4_K`},
		{"type 4", rows(row("a", []u64{32}, 4, 0)), `tensors "a" at byte 90: type 4 is unknown`},
		{"type 31", rows(row("a", []u64{32}, 31, 0)), `type 31 is unknown`},
		{"tensor type 43", rows(row("a", []u64{32}, 43, 0)), `type 43 is unknown`},
		{"tensor type 256", rows(row("a", []u64{32}, 256, 0)), `type 256 is unknown`},
		{"tensor type 2^32-1", rows(row("a", []u64{32}, 1<<32-1, 0)), `type 4294967295 is unknown`},
		{"offset unaligned", rows(row("a", []u64{4}, 0, 4)), `tensors "a" at byte 94: offset 4, want a multiple of 32`},
		{"offset at the end", rows(row("a", []u64{4}, 0, 256)), `16 bytes at offset 256 end beyond the file: 256 bytes of data from byte 128 on`},
		{"one row too many", rows(row("a", []u64{57}, 0, 32)), `228 bytes at offset 32 end beyond the file`},
		{"offset 2^63", rows(row("a", []u64{4}, 0, 1<<63)), `16 bytes at offset 9223372036854775808 end beyond the file`},
		{"offset that wraps", rows(row("a", []u64{8}, 0, 1<<64-32)), `32 bytes at offset 18446744073709551584 end beyond the file`},
		{"overlap", rows(row("a", []u64{16}, 0, 0), row("b", []u64{16}, 0, 32)), `tensors "b" at byte 127: bytes 192 to 256 overlap tensor "a", which ends at 224`},
		{"name twice", rows(row("a", []u64{8}, 0, 0), row("a", []u64{8}, 0, 32)), `two tensors have this name`},
		{"name of 65 bytes", rows(row(strings.Repeat("n", 65), []u64{8}, 0, 0)), `name of 65 bytes, at most 64 are allowed`},
		{"name of 2^64-1 bytes", rows(encode(u64(1<<64-1), u32(1), u64(1), u32(0), u64(0))), `name: 18446744073709551615 × 1 bytes needed`},
		{"name empty", rows(row("", []u64{8}, 0, 0)), `tensor without a name`},
		{"name with NUL", rows(row("a\x00b", []u64{8}, 0, 0)), `name contains a control character`},
		{"name that climbs", rows(row("../../etc/passwd", []u64{8}, 0, 0)), `name climbs out of a folder`},
		{"name not UTF-8", rows(row("\xff", []u64{8}, 0, 0)), `name is not UTF-8`},
		{"truncated by a byte", good[:len(good)-1], `256 bytes at offset 0 end beyond the file: 255 bytes of data`},
		{"truncated in the padding", rows(row("a", []u64{4}, 0, 0))[:110], `16 bytes at offset 0 end beyond the file: 0 bytes of data`},
		{"larger than the file", rows(row("a", []u64{256}, 0, 0)), `tensors "a" at byte 82: F32 (1, 256) of 256 elements is larger than the file of 384 bytes`},
	}
}

// Each as a file that is mapped and as one that is read.
func TestBadFiles(t *testing.T) {
	for _, tt := range badFiles() {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.gguf")
			if err := os.WriteFile(path, tt.data, 0o666); err != nil {
				t.Fatal(err)
			}
			refuses(t, path, "gguf: "+path+": ", tt.want, func() (*File, error) { return Open(path) })
			refuses(t, "", "gguf: ", tt.want, func() (*File, error) {
				return OpenReader(bytes.NewReader(tt.data), int64(len(tt.data)))
			})
		})
	}
}

// refuses fails the test unless open ends soon and cheaply in a *FormatError of that path, start and part.
func refuses(t *testing.T, path, start, part string, open func() (*File, error)) {
	t.Helper()
	f, err := cheaply(t, open)
	if err == nil {
		f.Close()
		t.Fatal("opened")
	}
	bad, ok := errors.AsType[*FormatError](err)
	if !ok {
		t.Fatalf("%T, not a FormatError: %v", err, err)
	}
	if bad.Path != path || bad.Offset < -1 || bad.Section == "" {
		t.Errorf("path %q, offset %d, section %q", bad.Path, bad.Offset, bad.Section)
	}
	if got := err.Error(); !strings.HasPrefix(got, start) || !strings.Contains(got, part) {
		t.Errorf("got  %s\nwant %s...%s", got, start, part)
	}
}

// cheaply calls open and fails the test if that takes long or allocates much. A busy machine gets three tries at the
// time.
func cheaply(t *testing.T, open func() (*File, error)) (*File, error) {
	t.Helper()
	var before, after runtime.MemStats
	for try := 1; ; try++ {
		runtime.ReadMemStats(&before)
		start := time.Now()
		f, err := open()
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > badBytes {
			t.Errorf("allocated %d bytes, want at most %d", n, badBytes)
		}
		if took <= badTime || try == 3 {
			if took > badTime {
				t.Errorf("took %v, want at most %v", took, badTime)
			}
			return f, err
		}
		if err == nil {
			f.Close()
		}
	}
}

// A reader that promises more than it has is found out before memory of that size is taken.
func TestReaderShorterThanItsSize(t *testing.T) {
	for _, data := range [][]byte{
		image{entries: [][]byte{arch, encode("k", u32(9), u32(0), u64(1<<26), u64(0))}}.bytes(),
		rows(row("a", []u64{1 << 28}, 0, 0)), // 1 GiB
	} {
		_, err := cheaply(t, func() (*File, error) { return OpenReader(bytes.NewReader(data), 1<<41) })
		if err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
			t.Errorf("got %v, want an unexpected EOF", err)
		}
	}
	if _, err := OpenReader(bytes.NewReader(nil), -1); err == nil {
		t.Error("a negative size was accepted")
	}
}

// All rows of a bad table are reported, up to a bound.
func TestAllFaults(t *testing.T) {
	var table [][]byte
	for i := range 20 {
		table = append(table, row(string(rune('a'+i)), []u64{32}, 4, 0))
	}
	data := rows(table...)
	_, err := OpenReader(bytes.NewReader(data), int64(len(data)))
	if err == nil || strings.Count(err.Error(), "type 4 is unknown") != maxFaults || !strings.HasSuffix(err.Error(), "and 12 more") {
		t.Errorf("got %v", err)
	}
}

// In a large file there is room for whatever a header claims, so claims alone must not cost memory.
func TestBadCountsInLargeFiles(t *testing.T) {
	for _, tt := range []struct {
		name string
		head []byte
		want string
	}{
		{"tensors", append([]byte("GGUF"), encode(u32(3), u64(1<<20), u64(0))...), `tensor without a name`},
		{"entries", append([]byte("GGUF"), encode(u32(3), u64(0), u64(1<<16))...), `empty key`},
		{"strings", meta("k", u32(9), u32(8), u64(1<<26+1)), `array of 67108865 str, at most 67108864 are allowed`},
		{"arrays", meta("k", u32(9), u32(9), u64(1<<16+1)), `array of 65537 arr, at most 65536 are allowed`},
		{"string", meta("k", u32(8), u64(64<<20+1)), `string of 67108865 bytes, at most 67108864 are allowed`},
		{"metadata", meta("k", u32(9), u32(0), u64(1<<30)), `metadata of more than 1073741824 bytes`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.gguf")
			if err := os.WriteFile(path, tt.head, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, 3<<29); err != nil { // 1.5 GiB, of which the disk holds a page
				t.Fatal(err)
			}
			refuses(t, path, "gguf: "+path+": ", tt.want, func() (*File, error) { return Open(path) })
		})
	}
}
