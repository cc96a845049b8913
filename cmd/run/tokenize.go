package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/longrun-ai/longrun/tokenizer"
)

// tokenize turns text into tokens and back.
func tokenize(ctx context.Context, p *process, args []string) error {
	fs := newFlags("tokenize")
	jsonl := fs.Bool("jsonl", false, `read {"text":S,"add_special":B,"parse_special":B} lines from stdin, print {"ids":[...],"detok":S,"pieces":S}`)
	noBOS := fs.Bool("no-bos", false, "leave out the special tokens that a prompt begins and ends with")
	noParse := fs.Bool("no-parse-special", false, "text that looks like a control token stays text")
	idsOnly := fs.Bool("ids", false, "print the ids alone, as a list that --tokens takes")
	pos, done, err := parse(p, fs, "run tokenize MODEL [TEXT] [--jsonl]", args, 1, 2)
	if done || err != nil {
		return err
	}
	tok, err := openTokenizer(pos[0])
	if err != nil {
		return err
	}
	if *jsonl {
		return eachLine(p.input(ctx), p.stdout, func(line []byte) (any, error) { return tokenizeLine(tok, line) })
	}
	var text string
	if len(pos) == 2 {
		text = pos[1]
	} else {
		all, err := io.ReadAll(p.input(ctx))
		if err != nil {
			return err
		}
		text = string(all)
	}
	ids := tok.Encode(text, !*noBOS, !*noParse)
	if *idsOnly {
		_, err := fmt.Fprintln(p.stdout, strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]"))
		return err
	}
	for _, id := range ids {
		if _, err := fmt.Fprintf(p.stdout, "%6d %q\n", id, tok.Piece(id, true)); err != nil {
			return err
		}
	}
	return nil
}

// tokenizeLine answers one line of --jsonl.
func tokenizeLine(tok *tokenizer.Tokenizer, line []byte) (any, error) {
	var in struct {
		Text         *string `json:"text"`
		TextHex      *string `json:"text_hex"`
		AddSpecial   bool    `json:"add_special"`
		ParseSpecial bool    `json:"parse_special"`
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, err
	}
	var text string
	switch {
	case in.Text != nil:
		text = *in.Text
	case in.TextHex != nil:
		b, err := hex.DecodeString(*in.TextHex)
		if err != nil {
			return nil, fmt.Errorf("text_hex: %w", err)
		}
		text = string(b)
	default:
		return nil, errors.New("the line has neither text nor text_hex")
	}
	ids := tok.Encode(text, in.AddSpecial, in.ParseSpecial)
	var pieces strings.Builder
	stream := tok.NewStream(true)
	for _, id := range ids {
		pieces.WriteString(stream.Push(id))
	}
	pieces.WriteString(stream.Flush())
	if ids == nil {
		ids = []int32{} // [] rather than null
	}
	out := map[string]any{"ids": ids}
	putText(out, "detok", tok.Decode(ids, true))
	putText(out, "pieces", pieces.String())
	return out, nil
}

func openTokenizer(path string) (*tokenizer.Tokenizer, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tok, err := tokenizer.FromMetadata(f.Meta)
	if err != nil {
		return nil, modelError{err}
	}
	return tok, nil
}
