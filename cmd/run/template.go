package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/longrun-ai/longrun/chat"
)

// renderTemplate renders a chat template, a model's or a file's, with contexts from stdin.
func renderTemplate(ctx context.Context, p *process, args []string) error {
	fs := newFlags("template")
	jsonl := fs.Bool("jsonl", false, `read {"context":{...},"now":"2025-01-02T03:04:05"} lines from stdin, print {"text":S} or {"error":S}`)
	file := fs.String("template-file", "", "`file` with the template, instead of a model's")
	pos, done, err := parse(p, fs, "run template MODEL|--template-file F [--jsonl]", args, 0, 1)
	if done || err != nil {
		return err
	}
	if (len(pos) == 1) == (*file != "") {
		return fmt.Errorf("name either a model or a --template-file: %w", errUsage)
	}
	source, err := templateSource(pos, *file)
	if err != nil {
		return err
	}
	if !*jsonl {
		_, err := fmt.Fprint(p.stdout, source)
		return err
	}
	t, err := chat.Parse(source)
	return eachLine(p.input(ctx), p.stdout, func(line []byte) (any, error) {
		if err != nil {
			return nil, err // every line is answered, with the template's fault
		}
		return renderLine(t, line)
	})
}

func renderLine(t *chat.Template, line []byte) (any, error) {
	var in struct {
		Context json.RawMessage `json:"context"`
		Now     string          `json:"now"`
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, err
	}
	now := time.Now()
	if in.Now != "" {
		var err error
		if now, err = time.Parse("2006-01-02T15:04:05", in.Now); err != nil {
			return nil, fmt.Errorf("now: %w", err)
		}
	}
	if in.Context == nil {
		in.Context = json.RawMessage("{}")
	}
	text, err := t.RenderJSON(in.Context, now)
	if err != nil {
		return nil, err
	}
	return struct {
		Text string `json:"text"`
	}{text}, nil
}

func templateSource(pos []string, file string) (string, error) {
	if file != "" {
		b, err := os.ReadFile(file)
		return string(b), err
	}
	f, err := openFile(pos[0])
	if err != nil {
		return "", err
	}
	defer f.Close()
	if !f.Meta.Has("tokenizer.chat_template") {
		return "", modelError{fmt.Errorf("%s brings no chat template", pos[0])}
	}
	source, err := f.Meta.String("tokenizer.chat_template")
	if err != nil {
		return "", modelError{err}
	}
	return source, nil
}
