package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// A promptSource says where the text of a prompt comes from.
type promptSource struct {
	texts []string
	file  string
	stdin bool // asked for by name
}

func (g *generateFlags) prompts(pos []string) promptSource {
	s := promptSource{file: g.file}
	for _, text := range append([]string{g.prompt}, pos...) {
		if text == "-" {
			s.stdin = true
		} else if text != "" {
			s.texts = append(s.texts, text)
		}
	}
	if g.file == "-" {
		s.file, s.stdin = "", true
	}
	return s
}

// ask reports whether there is no prompt, but a person to ask.
func (s promptSource) ask(p *process) bool {
	return p.stdinTTY && len(s.texts) == 0 && s.file == "" && !s.stdin
}

// read returns all parts, a line each. What is piped in comes last.
func (s promptSource) read(ctx context.Context, p *process) (string, error) {
	parts := s.texts
	if s.file != "" {
		b, err := os.ReadFile(s.file)
		if err != nil {
			return "", err
		}
		parts = append(parts, strings.TrimSuffix(string(b), "\n")) // as llama.cpp does
	}
	if s.stdin || !p.stdinTTY {
		b, err := io.ReadAll(p.input(ctx))
		if err != nil {
			return "", fmt.Errorf("cannot read stdin: %w", err)
		}
		if text := strings.TrimSuffix(string(b), "\n"); text != "" {
			parts = append(parts, text)
		}
	}
	text := strings.Join(parts, "\n")
	if text == "" {
		return "", fmt.Errorf("the prompt is empty: give one after the model, with -p, -f or on stdin: %w", errUsage)
	}
	return text, nil
}
