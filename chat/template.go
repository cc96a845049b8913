// Package chat turns conversations into prompts by the template a model file carries.
package chat

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/longrun-ai/longrun/chat/jinja"
)

// A Message is one turn of a conversation, in OpenAI's words.
type Message struct {
	Role             string     `json:"role"`
	Content          string     `json:"content"`
	Name             string     `json:"name,omitempty"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []ToolCall `json:"tool_calls,omitempty"`
	ToolCallID       string     `json:"tool_call_id,omitempty"`
}

// A ToolCall is a function that the assistant asks for. Arguments hold a JSON object, which templates see decoded.
type ToolCall struct {
	ID       string `json:"id,omitempty"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// Options are what a template sees beside the messages.
type Options struct {
	AddGenerationPrompt bool           // end with the opening of the assistant's turn
	BOS, EOS            string         // the model's own tokens, as text; "" where it names none
	Tools               any            // anything that encodes to a JSON array; json.RawMessage keeps the client's order of keys
	Now                 time.Time      // what strftime_now tells
	Kwargs              map[string]any // further variables, such as enable_thinking
}

// Error is what a template raised, with its own words in Msg when Raised is set.
type Error = jinja.Error

// LimitError says that a template ran into a bound on its size, depth, steps or output.
type LimitError = jinja.LimitError

// A Template is a parsed chat template. It is safe for concurrent use.
type Template struct{ t *jinja.Template }

// Parse reads the Jinja source of a template.
func Parse(source string) (*Template, error) {
	t, err := jinja.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	return &Template{t}, nil
}

// Render returns the prompt. It is complete: a template writes the BOS itself, so tokenizing must add none.
func (t *Template) Render(messages []Message, opt Options) (string, error) {
	out, err := t.render(messages, opt)
	return out.S, err
}

// A Part is a piece of a prompt. Trusted ones are words of the template and the model's own BOS and EOS; the others came
// with the conversation and must not become control tokens.
type Part struct {
	Text    string
	Trusted bool
}

// Parts returns what Render does, cut where its origin changes. The template engine keeps count of where each byte came
// from, so trimmed, sliced, split and joined content stays what it is; where a filter rewrites a text that holds any
// content, such as upper or tojson, all of its result is content.
func (t *Template) Parts(messages []Message, opt Options) ([]Part, error) {
	out, err := t.render(messages, opt)
	if err != nil {
		return nil, err
	}
	var parts []Part
	at := 0
	for _, u := range out.User {
		if u.Lo > at {
			parts = append(parts, Part{out.S[at:u.Lo], true})
		}
		parts = append(parts, Part{out.S[u.Lo:u.Hi], false})
		at = u.Hi
	}
	if at < len(out.S) {
		parts = append(parts, Part{out.S[at:], true})
	}
	return parts, nil
}

// RenderJSON renders over exactly the given JSON object, whose order of keys and kinds of numbers it keeps.
func (t *Template) RenderJSON(context []byte, now time.Time) (string, error) {
	v, err := jinja.FromJSON(context)
	if err != nil {
		return "", fmt.Errorf("chat: %w", err)
	}
	vars, ok := v.(*jinja.Dict)
	if !ok {
		return "", fmt.Errorf("chat: the context is no JSON object")
	}
	out, err := t.t.Render(vars, now)
	if err != nil {
		return "", fmt.Errorf("chat: %w", err)
	}
	return out.S, nil
}

func (t *Template) render(messages []Message, opt Options) (jinja.Text, error) {
	vars := jinja.NewDict()
	for _, name := range slices.Sorted(maps.Keys(opt.Kwargs)) {
		v, err := value(opt.Kwargs[name])
		if err != nil {
			return jinja.Text{}, fmt.Errorf("chat: the variable %s: %w", name, err)
		}
		vars.Set(name, v)
	}
	if opt.Tools != nil {
		tools, err := value(opt.Tools)
		if err != nil {
			return jinja.Text{}, fmt.Errorf("chat: the tools: %w", err)
		}
		vars.Set("tools", tools)
	}
	list := &jinja.List{}
	for i, m := range messages {
		v, err := message(m)
		if err != nil {
			return jinja.Text{}, fmt.Errorf("chat: message %d: %w", i, err)
		}
		list.Items = append(list.Items, v)
	}
	vars.Set("messages", list)
	vars.Set("add_generation_prompt", opt.AddGenerationPrompt)
	vars.Set("bos_token", jinja.Text{S: opt.BOS})
	vars.Set("eos_token", jinja.Text{S: opt.EOS})
	out, err := t.t.Render(vars, opt.Now)
	if err != nil {
		return jinja.Text{}, fmt.Errorf("chat: %w", err)
	}
	return out, nil
}

// message is what a template sees of m: keys that are absent rather than empty, arguments decoded.
func message(m Message) (jinja.Value, error) {
	v, err := value(m)
	if err != nil {
		return nil, err
	}
	calls, ok := v.(*jinja.Dict).Get("tool_calls")
	if !ok {
		return v, nil
	}
	for i, c := range calls.(*jinja.List).Items {
		f, _ := c.(*jinja.Dict).Get("function")
		arguments, err := jinja.FromJSON([]byte(m.ToolCalls[i].Function.Arguments))
		if _, object := arguments.(*jinja.Dict); err == nil && object {
			f.(*jinja.Dict).Set("arguments", arguments)
		}
	}
	return v, nil
}

// value converts by way of JSON, which fixes the order of keys.
func value(v any) (jinja.Value, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jinja.FromJSON(raw)
}
