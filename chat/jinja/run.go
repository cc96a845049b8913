// Package jinja renders chat templates: the Jinja language as Hugging Face sets it up (sandboxed, trim_blocks,
// lstrip_blocks, loop controls, a plain tojson), with Python's values, and with bounds, since templates come from files
// that nobody vouched for. It tells text of the template from text of the user's to the byte.
package jinja

import (
	"fmt"
	"time"
)

const (
	maxSource  = 1 << 20  // bytes of a template; the largest in use has 60 KB
	maxNesting = 200      // statements and brackets within one another
	maxDepth   = 2000     // nested evaluations, some ten for each macro call
	maxSteps   = 4 << 20  // nodes evaluated, with 256 bytes of text handled as one more: about a second
	maxBytes   = 64 << 20 // of text and lists made in all
	maxRange   = 100000   // as the reference sandbox has it
)

// A Template is a parsed template. It is safe for concurrent use.
type Template struct{ body []node }

// An Error is what a template raised while it rendered. Raised tells the template's own raise_exception, whose text is
// Msg, from a fault such as an undefined value.
type Error struct {
	Msg    string
	Raised bool
}

func (e *Error) Error() string { return "jinja: " + e.Msg }

// A LimitError says which bound a template ran into.
type LimitError struct{ Msg string }

func (e *LimitError) Error() string { return "jinja: the template " + e.Msg }

// Parse reads a template. Errors are *SyntaxError or *LimitError.
func Parse(source string) (*Template, error) {
	if len(source) > maxSource {
		return nil, &LimitError{fmt.Sprintf("has %d bytes, more than %d", len(source), maxSource)}
	}
	body, err := parse(source)
	if err != nil {
		return nil, err
	}
	return &Template{body}, nil
}

// Render runs the template over vars, whose lists and dicts it copies before changing any. now is the time strftime_now
// tells. Errors are *Error or *LimitError.
func (t *Template) Render(vars *Dict, now time.Time) (out Text, err error) {
	r := &run{now: now, bytes: maxBytes, steps: maxSteps}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			err = e
		case *LimitError:
			err = e
		default:
			panic(e)
		}
	}()
	r.scope = &scope{vars: map[string]Value{}}
	for i, k := range vars.Keys {
		r.scope.vars[k.(Text).S] = r.clone(vars.Values[i])
	}
	// A long conversation may take more: text is copied some dozen times on its way, and some templates visit its runes.
	size := maxBytes - r.bytes
	r.bytes = maxBytes + 16*size
	r.steps = maxSteps + 16*size
	r.exec(t.body)
	return r.out.text(), nil
}

// A run is one rendering. Faults unwind it by panic with *Error or *LimitError, recovered in Render: every expression can
// fail, and none goes on after.
type run struct {
	now   time.Time
	scope *scope
	out   *builder
	depth int
	steps int // still to be taken
	bytes int // still to be made
}

type scope struct {
	vars   map[string]Value
	parent *scope
}

func (s *scope) get(name string) (Value, bool) {
	for ; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (r *run) failf(format string, a ...any) { panic(&Error{Msg: fmt.Sprintf(format, a...)}) }

// spend counts work, in steps.
func (r *run) spend(n int) {
	if r.steps -= n; r.steps < 0 || n < 0 {
		panic(&LimitError{"takes too many steps"})
	}
}

// grow counts bytes about to be made.
func (r *run) grow(n int) {
	r.spend(n >> 8)
	if r.bytes -= n; r.bytes < 0 {
		panic(&LimitError{"makes too much text"})
	}
}

// deeper counts nested evaluations; the caller defers the result.
func (r *run) deeper() func() {
	r.spend(1)
	if r.depth++; r.depth > maxDepth {
		panic(&LimitError{fmt.Sprintf("nests more than %d evaluations", maxDepth)})
	}
	return r.shallower
}

func (r *run) shallower() { r.depth-- }

// clone copies lists and dicts all the way down, so that a template that appends to a message changes nobody's message.
func (r *run) clone(v Value) Value {
	defer r.deeper()()
	switch v := v.(type) {
	case *List:
		c := &List{Items: make([]Value, len(v.Items)), kind: v.kind}
		for i, x := range v.Items {
			c.Items[i] = r.clone(x)
		}
		return c
	case *Dict:
		c := NewDict()
		for i, k := range v.Keys {
			c.put(r.hash(k), k, r.clone(v.Values[i]))
		}
		return c
	case Text:
		r.bytes -= min(len(v.S), r.bytes)
	}
	return v
}
