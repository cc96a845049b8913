package asm

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each macro of neon_arm64.h is the instruction its comment names, for registers and lanes that use all bits: another
// assembler makes the same word of it.
func TestEncodings(t *testing.T) {
	macros, err := os.ReadFile("neon_arm64.h")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	var want []uint32
	var names []string
	line := regexp.MustCompile(`(?m)^#define (\w+)\([mind,]+\) +WORD \$\((.*)\) +// (.*)$`)
	for _, operands := range []map[string]string{{"m": "2", "n": "1", "d": "0", "i": "3"}, {"m": "31", "n": "10", "d": "21", "i": "2"}, {"m": "21", "n": "31", "d": "10", "i": "1"}} {
		for _, m := range line.FindAllStringSubmatch(string(macros), -1) {
			name, word, text := m[1], m[2], m[3]
			for k, v := range operands {
				word = regexp.MustCompile(`\(`+k+`\)`).ReplaceAllString(word, v)
				text = regexp.MustCompile(`\b([vs])`+k+`\b`).ReplaceAllString(text, "${1}"+v)
			}
			text = strings.ReplaceAll(text, "[i]", "["+operands["i"]+"]")
			value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, word)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			bits, exact := constant.Uint64Val(value.Value)
			if !exact || bits > 1<<32-1 {
				t.Fatalf("%s: %s is no instruction word", name, value.Value)
			}
			fmt.Fprintln(&source, text)
			want, names = append(want, uint32(bits)), append(names, text)
		}
	}
	if n := bytes.Count(macros, []byte("WORD")); n*3 != len(want) {
		t.Errorf("%d of %d macros understood", len(want)/3, n)
	}
	got := assemble(t, source.String())
	if len(got) != len(want) {
		t.Fatalf("%d instructions, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("%s is %#08x, the macro says %#08x", names[i], got[i], w)
		}
	}
}

// assemble returns the instruction words of the source, or skips the test where there is no assembler to ask.
func assemble(t *testing.T, source string) []uint32 {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.s"), filepath.Join(dir, "out.o")
	if err := os.WriteFile(in, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	var cmd *exec.Cmd
	if as, err := exec.LookPath("aarch64-linux-gnu-as"); err == nil {
		cmd = exec.Command(as, "-march=armv8.2-a+dotprod", in, "-o", out)
	} else if clang, err := exec.LookPath("clang"); err == nil {
		cmd = exec.Command(clang, "--target=aarch64-linux-gnu", "-march=armv8.2-a+dotprod", "-c", in, "-o", out)
	} else {
		t.Skip("neither aarch64-linux-gnu-as (binutils-aarch64-linux-gnu) nor clang is installed")
	}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd.Path, err, text)
	}
	object, err := elf.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	code, err := object.Section(".text").Data()
	if err != nil {
		t.Fatal(err)
	}
	words := make([]uint32, len(code)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(code[4*i:])
	}
	return words
}
