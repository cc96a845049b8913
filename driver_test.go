package longrun

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The driver in testdata/driver is built and tested as a module of its own, with this one as a dependency.
func TestDriverOutsideTheModule(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module of its own: not in short mode")
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "driver"))); err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	mod := "module example.com/driver\n\ngo 1.26.0\n\nrequire github.com/longrun-ai/longrun v0.0.0\n\nreplace github.com/longrun-ai/longrun => " + root + "\n"
	for name, text := range map[string]string{"go.mod": mod, "go.sum": string(sum)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "-mod=mod", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "DEMO_MODEL="+filepath.Join(root, demo))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
