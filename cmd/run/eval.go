package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/longrun-ai/longrun"
	"github.com/longrun-ai/longrun/sample"
)

// eval is what other programs call to compare a file with another runtime.
func eval(ctx context.Context, p *process, args []string) error {
	const usage = "run eval logits MODEL ..., run eval sample --jsonl"
	if len(args) == 0 {
		return fmt.Errorf("usage: %s: %w", usage, errUsage)
	}
	switch args[0] {
	case "logits":
		return evalLogits(ctx, p, args[1:])
	case "sample":
		return evalSample(ctx, p, args[1:])
	case "-h", "--help", "-help":
		_, err := fmt.Fprintln(p.stdout, "usage: "+usage)
		return err
	}
	return fmt.Errorf("there is no eval %q, usage: %s: %w", args[0], usage, errUsage)
}

// evalSample applies samplers to logits.
func evalSample(ctx context.Context, p *process, args []string) error {
	fs := newFlags("eval sample")
	jsonl := fs.Bool("jsonl", false, `read {"sampler":...,"logits":[...]} lines from stdin, print {"ids":[...],"probs":[...]}`)
	if _, done, err := parse(p, fs, "run eval sample --jsonl", args, 0, 0); done || err != nil {
		return err
	}
	if !*jsonl {
		return fmt.Errorf("eval sample reads lines of JSON, give --jsonl: %w", errUsage)
	}
	return eachLine(p.input(ctx), p.stdout, func(line []byte) (any, error) {
		answer, err := sample.EvalJSON(line)
		return json.RawMessage(answer), err
	})
}

// evalLogits feeds exactly the tokens given and writes a row of logits for each.
func evalLogits(ctx context.Context, p *process, args []string) error {
	fs := newFlags("eval logits")
	var m modelFlags
	m.register(fs)
	tokens := fs.String("tokens", "", "token ids, a `list` 1,2,3 or @file")
	chunk := fs.Int("chunk", 0, "`tokens` fed at a time; 0: all")
	out, greedyOut := "", fs.String("greedy-out", "", "`file` for the logits after each greedy token")
	both(fs.StringVar, &out, "", "`file` for the logits: float32, little-endian, a row for each token", "o", "output")
	greedy := fs.Int("greedy", 0, "`number` of tokens decoded greedily after the list")
	pos, done, err := parse(p, fs, "run eval logits MODEL --tokens LIST -o FILE [--greedy N --greedy-out FILE]", args, 1, 1)
	if done || err != nil {
		return err
	}
	switch {
	case out == "":
		return fmt.Errorf("eval logits needs -o FILE: %w", errUsage)
	case *greedy < 0 || *chunk < 0 || *greedy > math.MaxInt32:
		return fmt.Errorf("--greedy and --chunk count from 0 to %d: %w", math.MaxInt32, errUsage)
	}
	ids, err := tokenList("--tokens", *tokens)
	if err != nil {
		return err
	}
	opts, err := m.options(p)
	if err != nil {
		return err
	}
	if m.context == 0 {
		opts = append(opts, longrun.WithContext(len(ids)+*greedy))
	}
	model, err := longrun.Open(ctx, pos[0], opts...)
	if err != nil {
		return err
	}
	defer model.Close()
	s, err := model.NewSession()
	if err != nil {
		return err
	}
	defer s.Close()

	info := model.Info()
	var row []float32
	if *chunk == 0 { // what a step takes, or less where its logits would take much memory
		*chunk = max(1, min(512, maxLogits/(4*info.Vocab)))
	}
	err = writeFile(out, func(w io.Writer) error {
		for rest := ids; len(rest) > 0; {
			n := min(*chunk, len(rest))
			row = slices.Grow(row[:0], n*info.Vocab)[:n*info.Vocab]
			if err := s.Feed(ctx, rest[:n], row); err != nil {
				return err
			}
			if err := writeFloats(w, row); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
	if err != nil {
		return err
	}
	last := row[len(row)-info.Vocab:]
	made := []int32{}
	step := func(w io.Writer) error {
		for range *greedy {
			best, err := argmax(last)
			if err != nil {
				return err
			}
			made = append(made, best)
			if err := s.Feed(ctx, []int32{best}, last); err != nil {
				return err
			}
			if err := writeFloats(w, last); err != nil {
				return err
			}
		}
		return nil
	}
	if *greedyOut != "" {
		err = writeFile(*greedyOut, step)
	} else {
		err = step(io.Discard)
	}
	if err != nil {
		return err
	}
	return printJSON(p.stdout, struct {
		Rows   int     `json:"rows"`
		Cols   int     `json:"cols"`
		Greedy []int32 `json:"greedy"`
		Device string  `json:"device"`
		Tier   string  `json:"tier"`
		Attn   string  `json:"attn"`
	}{len(ids), info.Vocab, made, info.Device, info.Tier, m.attn})
}

// maxLogits is how many bytes of logits are made at a time unless --chunk says otherwise.
const maxLogits = 64 << 20

// argmax is the first of the largest. Numbers that are none do not count; there must be others.
func argmax(v []float32) (int32, error) {
	best, top := -1, float32(math.Inf(-1))
	for i, x := range v {
		if x > top {
			best, top = i, x
		}
	}
	if best < 0 {
		return 0, errors.New("no token has a finite logit: the weights may be damaged, try --check-tensors")
	}
	return int32(best), nil
}

// tokenList reads ids between commas or white space, from s or from the file that follows @.
func tokenList(flag, s string) ([]int32, error) {
	if name, ok := strings.CutPrefix(s, "@"); ok {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s = string(b)
	}
	var ids []int32
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", \t\r\n[]", r) }) {
		id, err := strconv.ParseInt(f, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not a token id: %w", f, errUsage)
		}
		ids = append(ids, int32(id))
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s names no token: %w", flag, errUsage)
	}
	return ids, nil
}
