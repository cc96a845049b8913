package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/longrun-ai/longrun/internal/kit"
)

// TestMain lets the test binary be the program, for the tests that need a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("LONGRUN_TEST_AS_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

// A tmux is a real terminal.
type tmux struct {
	t      *testing.T
	socket string
}

// openTmux starts a shell in a terminal of its own, 100 columns wide, in which run is the program.
func openTmux(t *testing.T, home string) tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skipf("tmux is missing: %v", err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := tmux{t, filepath.Join(t.TempDir(), "s")}
	shell := "env LONGRUN_TEST_AS_PROGRAM=1 XDG_CACHE_HOME=" + home + " HOME=" + home + " PS1='$ ' run=" + program + " sh"
	x.call("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "50", shell)
	t.Cleanup(func() { x.call("kill-server") })
	x.see("$ ")
	return x
}

func (x tmux) call(args ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// press sends keys by tmux's names.
func (x tmux) press(keys ...string) { x.t.Helper(); x.call(append([]string{"send-keys"}, keys...)...) }

// enter types a line.
func (x tmux) enter(line string) {
	x.t.Helper()
	x.call("send-keys", "-l", line)
	x.press("Enter")
}

// see waits until the screen ends with text.
func (x tmux) see(text string) {
	x.t.Helper()
	var screen string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		screen = strings.TrimRight(x.call("capture-pane", "-p"), "\n")
		if strings.HasSuffix(screen, strings.TrimRight(text, " ")) {
			return
		}
	}
	x.t.Fatalf("%q is not at the end of the screen:\n%s", text, screen)
}

// A conversation as a person has it.
func TestTerminal(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", home)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	x := openTmux(t, home)
	model := filepath.Join(kit.Testdata(t), "models", "tiny-longctx-30m-q4_k_m.gguf")
	x.enter("$run " + model + " --temp 0; echo code $?")
	x.see("tiny-longctx-30m (30M parameters, 131072 tokens of context)\n/help lists commands, Ctrl-D leaves.\n> ")
	x.enter("Hello")
	x.see("> Hello\n" + hello + "\n> ")
	x.call("send-keys", "-l", "/he")
	x.press("Tab", "Enter")
	x.see("\"\"\" begins and ends a text of several lines. Ctrl-C stops an answer.\n> ")
	x.press("Up", "Up", "Enter") // the history
	x.see("> Hello\n" + hello + "\n> ")
	x.press("C-c")
	x.see("> ^C\n(Ctrl-C again or Ctrl-D leaves)\n> ")
	x.press("C-d")
	x.see("code 0\n$ ")

	// Ctrl-C during an answer, and twice at the prompt.
	x.enter("$run " + model + " --temp 0 --ignore-eos; echo code $?")
	x.see("Ctrl-D leaves.\n> ")
	x.enter("Who are you?")
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(x.call("capture-pane", "-p"), "I am a tiny test model"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no answer")
		}
	}
	x.press("C-c")
	x.see("\n(interrupted)\n> ")
	x.press("C-c")
	x.see("code 130\n$ ")

	history := filepath.Join(cache, "longrun", "history")
	st, err := os.Stat(history)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", st, err)
	}
	if data, err := os.ReadFile(history); err != nil || string(data) != "Hello\n/help\nHello\nWho are you?\n" {
		t.Errorf("history %q, %v", data, err)
	}

	x.enter("RUN_NOHISTORY=1 $run " + model + "; echo code $?")
	x.see("Ctrl-D leaves.\n> ")
	x.enter("/bye")
	x.see("> /bye\ncode 0\n$ ")
	if data, err := os.ReadFile(history); err != nil || strings.Contains(string(data), "/bye") {
		t.Errorf("history %q, %v", data, err)
	}
}
