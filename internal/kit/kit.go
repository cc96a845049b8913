// Package kit finds the goldens that tests compare with: data made by other runtimes, kept outside the repository,
// with a few small cases of each kind copied to testdata/kit.
package kit

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Dir returns the folder of the whole kit, ../shared/kit beside the repository, or skips the test and says so.
func Dir(t testing.TB) string {
	t.Helper()
	return sibling(t, "kit", "the kit of goldens")
}

// Models returns the folder of the trained models, ../shared/models beside the repository, or skips the test and says so.
func Models(t testing.TB) string {
	t.Helper()
	return sibling(t, "models", "the folder of trained models")
}

// Testdata returns the repository's own testdata folder, which a clone always has.
func Testdata(t testing.TB) string {
	t.Helper()
	return filepath.Join(root(t), "testdata")
}

func sibling(t testing.TB, name, what string) string {
	dir := filepath.Join(root(t), "..", "shared", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not here: %v", what, err)
	}
	return dir
}

func root(t testing.TB) string {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("kit: the binary does not know where its source lies")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
