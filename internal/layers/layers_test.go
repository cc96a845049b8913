// Package layers keeps imports pointing down: a package imports only those of lower rows.
package layers

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/longrun-ai/longrun"

// rows are the packages, low to high. Those of one row do not see each other.
var rows = [][]string{
	{"tensor", "chat/jinja"},
	{"tensor/quant", "tokenizer", "chat", "sample"},
	{"asm"},
	{"graph", "loader/gguf"},
	{"kvcache"},
	{"backend", "model"},
	{"backend/cpu"},
	{"internal/engine"},
	{""}, // the root: the public API
	{"cmd/run"},
}

// support is what tests and tools are made of. It may use any package; only tests and support may use it, and cmd/run
// those named.
var support = map[string]bool{
	"internal/guard": false, "internal/kit": false, "internal/reference": false, "internal/layers": false,
	"backend/backendtest": false, "model/modeltest": false, "internal/tiny": true,
}

func TestImportsPointDown(t *testing.T) {
	row := map[string]int{}
	for i, names := range rows {
		for _, name := range names {
			row[name] = i
		}
	}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); name == "." {
			name = ""
		}
		if base := d.Name(); name != "" && (strings.HasPrefix(base, ".") || base == "testdata" || base == "peer") {
			return filepath.SkipDir
		}
		pkg, err := build.ImportDir(path, 0)
		if err != nil {
			if _, none := err.(*build.NoGoError); none {
				return nil
			}
			return err
		}
		if _, ok := support[name]; ok {
			return nil
		}
		at, ok := row[name]
		if !ok {
			t.Errorf("package %q stands in no row", name)
		}
		for _, imp := range pkg.Imports {
			if imp != module && !strings.HasPrefix(imp, module+"/") {
				continue
			}
			to := strings.TrimPrefix(strings.TrimPrefix(imp, module), "/")
			if forCommand, ok := support[to]; ok {
				if !forCommand || name != "cmd/run" {
					t.Errorf("%q imports %q, which is for tests", name, to)
				}
			} else if r, ok := row[to]; !ok || r >= at {
				t.Errorf("%q imports %q, which does not stand below it", name, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// purego is the only way to foreign code; few packages may know it.
func TestForeignCodeStaysApart(t *testing.T) {
	for _, names := range rows {
		for _, name := range names {
			pkg, err := build.ImportDir(filepath.Join("..", "..", filepath.FromSlash(name)), 0)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if slices.Contains(pkg.Imports, "C") || slices.ContainsFunc(pkg.Imports, func(s string) bool { return strings.Contains(s, "purego") }) {
				t.Errorf("%q imports foreign code", name)
			}
		}
	}
}
