package jinja

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestHostileTemplates expects an error, in well under the time a user would notice, from templates that loop, grow or
// nest without end.
func TestHostileTemplates(t *testing.T) {
	for _, source := range []string{
		`{% for i in range(10**9) %}{% endfor %}`,
		`{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}`,
		`{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}`,
		`{% macro m(x) %}{% call(y) m(x) %}{{ y }}{% endcall %}{% endmacro %}{{ m(1) }}`,
		`{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}`,
		`{{ 'x' * 10**12 }}`,
		`{{ [1] * 10**12 }}`,
		`{{ 10 ** 99999999 }}`,
		`{{ '%1000000000d' % 1 }}{{ 'x'.ljust(10**10) }}`,
		`{% set ns = namespace(s='xx') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}`,
		`{% set ns = namespace(a=[]) %}{% for i in range(99) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}`,
		`{% set ns = namespace(a=[]) %}{% for i in range(99) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a | tojson }}`,
		`{% set a = [] %}{% set _ = a.append(a) %}{{ a }}`,
		`{% set a = [] %}{% set _ = a.append(a) %}{{ a == [a] }}`,
		`{% set s = 'ab' * 10**6 %}{% for i in range(99999) %}{% if 'ba' * 99 in s %}{% endif %}{{ s.find('c') }}{% endfor %}`,
		`{{ '' | indent(10**10) }}`,
		strings.Repeat("(", 1<<19),
		`{{ ` + strings.Repeat("[", 1<<19),
		`{{ ` + strings.Repeat("-", 1<<19) + `1 }}`,
		`{{ ` + strings.Repeat("not ", 1<<17) + `1 }}`,
		`{{ 1` + strings.Repeat("+1", 1<<18) + ` }}`,
		strings.Repeat("{% if 1 %}", 1<<16),
		strings.Repeat("x", 1<<20+1),
	} {
		start := time.Now()
		out, err := render(source, []byte(`{}`))
		show := source[:min(80, len(source))]
		if strings.HasPrefix(source, "((") {
			if err != nil {
				t.Errorf("text of brackets: %v", err)
			}
			continue
		}
		var limit *LimitError
		var syntax *SyntaxError
		if !errors.As(err, &limit) && !errors.As(err, &syntax) {
			t.Errorf("%s: %d bytes, error %v, want a limit", show, len(out), err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: took %v", show, d)
		}
	}
}

func TestAttributesOfPythonAreUndefined(t *testing.T) {
	for source, want := range map[string]string{
		`{{ x.__class__ }}|{{ x.__class__ is defined }}`: "|False",
		`{{ x.__class__.__mro__ }}`:                      "jinja: UndefinedError: access to attribute '__class__' of 'str' object is unsafe.",
		`{{ y }}`:                                        "",
		`{{ y.z }}`:                                      "jinja: UndefinedError: 'y' is undefined",
		`{{ x.z }}`:                                      "",
		`{{ x | nofilter }}`:                             "jinja: TemplateRuntimeError: No filter named 'nofilter' found.",
		`{{ 1 + 'a' }}`:                                  "jinja: TypeError: unsupported operand type(s) for +: 'int' and 'str'",
		`{% if %}`:                                       `jinja: line 1: unexpected "%}"`,
		"\n{% for %}":                                    `jinja: line 2: found "%}", want a name`,
	} {
		got, err := render(source, []byte(`{"x":"s"}`))
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

func TestRenderLeavesItsInputAlone(t *testing.T) {
	v, err := FromJSON([]byte(`{"m":[{"a":[1]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	x, err := Parse(`{% set _ = m[0].a.append(2) %}{% set _ = m[0].update(b=3) %}{% set _ = m.append(4) %}{{ m }}`)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		out, err := x.Render(v.(*Dict), time.Time{})
		if want := "[{'a': [1, 2], 'b': 3}, 4]"; err != nil || out.S != want {
			t.Errorf("%q, %v, want %q", out.S, err, want)
		}
	}
}

func FuzzJinja(f *testing.F) {
	for _, s := range []string{
		`{% for m in messages %}{{ '<|' + m.role + '|>' + m['content'] | trim }}{% if not loop.last %}, {% endif %}{% endfor %}`,
		`{%- set ns = namespace(a=1) -%}{% set ns.a = ns.a // 0.5 %}{{ ns.a ** -2 % 3 }}`,
		`{% macro f(a, b=2, *c) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, *[2, 3], x=4) }}`,
		`{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list | tojson(indent=2) }}`,
		`{{ '%-5.2f|%(a)s' % {'a': 1} }}{{ '{0:>5}{x!r}'.format(1, x='y') }}{{ 'a b'.rsplit(none, 1)[::-1] }}`,
		`{% raw %}{{ x }}{% endraw %}{# c #}{% call(x) m() %}{% endcall %}{% filter upper %}a{% endfilter %}`,
		`{{ messages|groupby('role')|batch(2, 0)|list|slice(3)|list }}{{ 'x'|center(9)|truncate(3, true, '') }}`,
	} {
		f.Add(s)
	}
	context, err := FromJSON([]byte(`{"messages":[{"role":"user","content":"a <|b|> ü"},{"role":"x","content":null}],"n":1.5}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, source string) {
		x, err := Parse(source)
		if err != nil {
			return
		}
		out, err := x.Render(context.(*Dict), goldenNow)
		if err != nil {
			return
		}
		at := 0
		for _, u := range out.User {
			if u.Lo < at || u.Hi <= u.Lo || u.Hi > len(out.S) {
				t.Fatalf("marks %v of a text of %d bytes", out.User, len(out.S))
			}
			at = u.Hi
		}
	})
}
