package jinja

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const maxJSONDepth = 256

// FromJSON decodes a JSON value: keys keep their order, and integers stay integers. Texts are marked as the user's.
func FromJSON(src []byte) (Value, error) {
	d := json.NewDecoder(strings.NewReader(string(src)))
	d.UseNumber()
	v, err := fromJSON(d, 0)
	if err != nil {
		return nil, fmt.Errorf("jinja: JSON at byte %d: %w", d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("jinja: JSON at byte %d: more than one value", d.InputOffset())
	}
	return v, nil
}

func fromJSON(d *json.Decoder, depth int) (Value, error) {
	if depth > maxJSONDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxJSONDepth)
	}
	t, err := d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			l := &List{Items: []Value{}}
			for d.More() {
				v, err := fromJSON(d, depth+1)
				if err != nil {
					return nil, err
				}
				l.Items = append(l.Items, v)
			}
			_, err = d.Token()
			return l, err
		}
		m := NewDict()
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := fromJSON(d, depth+1)
			if err != nil {
				return nil, err
			}
			key := k.(string)
			m.put("s"+key, FromUser(key), v)
		}
		_, err = d.Token()
		return m, err
	case json.Number:
		if !strings.ContainsAny(string(t), ".eE") {
			if b, ok := new(big.Int).SetString(string(t), 10); ok && len(t) < 400 {
				return bigValue(b), nil
			}
		}
		f, err := t.Float64()
		if err != nil && !math.IsInf(f, 0) {
			return nil, err
		}
		return f, nil
	case string:
		return FromUser(t), nil
	case bool:
		return t, nil
	}
	return nil, nil
}

// A jsonWriter is Python's json.dumps with the separators and indent chosen.
type jsonWriter struct {
	r           *run
	b           strings.Builder
	user        bool
	ascii, sort bool
	indent      string // "" for one line
	item, key   string // separators
}

func (r *run) tojson(v Value, a args) Value {
	w := jsonWriter{r: r, item: ", ", key: ": "}
	if x, ok := a.get(0, "ensure_ascii"); ok {
		w.ascii = truthy(x)
	}
	if x, ok := a.get(1, "indent"); ok && x != nil {
		if n, ok := integerOf(x); ok {
			w.indent = r.repeat(Text{S: " "}, n).(Text).S
		} else {
			w.indent = r.str(x).S
		}
		w.item = ","
		w.indent = "\n" + w.indent
	}
	if x, ok := a.get(2, "separators"); ok && x != nil {
		if sep := r.iterate(x); len(sep) == 2 {
			w.item, w.key = r.str(sep[0]).S, r.str(sep[1]).S
		}
	}
	if x, ok := a.get(3, "sort_keys"); ok {
		w.sort = truthy(x)
	}
	w.value(v, 0)
	if w.user {
		return FromUser(w.b.String())
	}
	return Text{S: w.b.String()}
}

func (w *jsonWriter) put(s string) {
	w.r.grow(len(s))
	w.b.WriteString(s)
}

func (w *jsonWriter) line(depth int) {
	if w.indent != "" {
		w.put("\n")
		for range depth {
			w.put(w.indent[1:])
		}
	}
}

func (w *jsonWriter) value(v Value, depth int) {
	defer w.r.deeper()()
	switch v := v.(type) {
	case nil:
		w.put("null")
	case bool:
		w.put(strconv.FormatBool(v))
	case float64:
		w.put(jsonFloat(v))
	case Text:
		w.text(v)
	case int64, *big.Int:
		w.put(w.r.str(v).S)
	case *List:
		if v.kind != plainList && v.kind != tuple {
			w.r.failf("TypeError: Object of type %s is not JSON serializable", typeName(v))
		}
		if len(v.Items) == 0 {
			w.put("[]")
			return
		}
		w.put("[")
		for i, x := range v.Items {
			if i > 0 {
				w.put(w.item)
			}
			w.line(depth + 1)
			w.value(x, depth+1)
		}
		w.line(depth)
		w.put("]")
	case *Dict:
		if v.namespace {
			w.r.failf("TypeError: Object of type Namespace is not JSON serializable")
		}
		if len(v.Keys) == 0 {
			w.put("{}")
			return
		}
		keys, values := v.Keys, v.Values
		if w.sort {
			keys, values = w.r.sorted(keys, values, false, true)
		}
		w.put("{")
		for i, k := range keys {
			if i > 0 {
				w.put(w.item)
			}
			w.line(depth + 1)
			switch k := k.(type) {
			case Text:
				w.text(k)
			case nil, bool, int64, float64, *big.Int:
				w.put(`"`)
				w.value(k, depth+1)
				w.put(`"`)
			default:
				w.r.failf("TypeError: keys must be str, int, float, bool or None, not %s", typeName(k))
			}
			w.put(w.key)
			w.value(values[i], depth+1)
		}
		w.line(depth)
		w.put("}")
	default:
		w.r.failf("TypeError: Object of type %s is not JSON serializable", typeName(v))
	}
}

func jsonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return floatString(f)
}

func (w *jsonWriter) text(t Text) {
	w.user = w.user || t.User != nil
	var b strings.Builder
	b.WriteByte('"')
	for i, c := range t.S {
		if j := strings.IndexRune("\"\\\n\r\t\b\f", c); j >= 0 {
			b.WriteByte('\\')
			b.WriteByte(`"\nrtbf`[j])
			continue
		}
		switch {
		case c < ' ', w.ascii && c >= 0x7f && c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		case w.ascii && c >= 0x10000:
			hi, lo := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		case c == utf8.RuneError:
			b.WriteString(t.S[i : i+runeLen(t.S[i:])])
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	w.put(b.String())
}
