package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/peterh/liner"
)

// A lineEditor reads lines that a person types; io.EOF is Ctrl-D, liner.ErrPromptAborted is Ctrl-C.
type lineEditor interface {
	Prompt(prompt string) (string, error)
	AppendHistory(line string)
	Close() error
}

// openEditor returns the editor of the terminal, or one that reads plain lines where answers go elsewhere.
func (p *process) openEditor() lineEditor {
	switch {
	case p.edit != nil:
		return p.edit()
	case !p.stdoutTTY: // the terminal's editor would write its prompt there
		return &plainEditor{in: bufio.NewReader(p.stdin), out: p.stderr}
	}
	return openTerminal(p.env)
}

// A terminal is the terminal's line editor, with the history of earlier conversations.
type terminal struct {
	*liner.State
	history string // path of the file; "": none is kept
}

func openTerminal(env func(string) string) *terminal {
	t := &terminal{State: liner.NewLiner()}
	t.SetCtrlCAborts(true)
	t.SetMultiLineMode(true)
	t.SetCompleter(completions)
	dir, err := os.UserCacheDir()
	if err != nil || env("RUN_NOHISTORY") != "" || env("OLLAMA_NOHISTORY") != "" {
		return t
	}
	t.history = filepath.Join(dir, "longrun", "history")
	if f, err := os.Open(t.history); err == nil {
		t.ReadHistory(f) // what of it cannot be read is forgotten
		f.Close()
	}
	return t
}

// Close gives the terminal back and keeps the history, for its owner alone.
func (t *terminal) Close() error {
	err := t.State.Close()
	if t.history == "" {
		return err
	}
	if err := t.save(); err != nil {
		return fmt.Errorf("cannot keep the history: %w", err)
	}
	return err
}

func (t *terminal) save() error {
	if err := os.MkdirAll(filepath.Dir(t.history), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(t.history, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = t.WriteHistory(f)
	return errors.Join(err, f.Close())
}

// A plainEditor reads lines as they are.
type plainEditor struct {
	in  *bufio.Reader
	out io.Writer
}

func (e *plainEditor) Prompt(prompt string) (string, error) {
	fmt.Fprint(e.out, prompt)
	line, err := e.in.ReadString('\n')
	if err == io.EOF && line != "" {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

func (*plainEditor) AppendHistory(string) {}
func (*plainEditor) Close() error         { return nil }
