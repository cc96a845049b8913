//go:build unix

package gguf

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What is no regular file is refused without waiting for it or reading it to an end that it does not have.
func TestOpenSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	fifo, loop := filepath.Join(dir, "fifo"), filepath.Join(dir, "loop")
	if err := unix.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, want string }{
		{dir, "gguf: " + dir + " is a directory, not a regular file"},
		{fifo, "gguf: " + fifo + " is a named pipe, not a regular file"},
		{"/dev/zero", "gguf: /dev/zero is a device, not a regular file"},
		{loop, "gguf: stat " + loop + ": too many levels of symbolic links"},
		{filepath.Join(dir, "none"), "gguf: stat " + dir + "/none: no such file or directory"},
	} {
		_, err := cheaply(t, func() (*File, error) { return Open(tt.path) })
		if err == nil || !strings.EqualFold(err.Error(), tt.want) {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
		if _, ok := errors.AsType[*FormatError](err); ok {
			t.Errorf("%s is not a fault of a file's format", tt.path)
		}
	}
}

func TestOpenUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read every file")
	}
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, nil, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}
