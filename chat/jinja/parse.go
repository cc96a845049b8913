package jinja

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

type parser struct {
	toks  []token
	pos   int
	depth int
	loops int
}

type syntax struct{ err *SyntaxError }

// parse panics with syntax inside and recovers it here: a parser of a nested grammar reads better without an error in
// every line, and nothing else is recovered.
func parse(src string) (body []node, err error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			s, ok := r.(syntax)
			if !ok {
				panic(r)
			}
			err = s.err
		}
	}()
	p := &parser{toks: toks}
	body = p.block()
	if t := p.peek(); t.kind != eof {
		p.failf("unexpected %q", t.s)
	}
	return body, nil
}

func (p *parser) failf(format string, args ...any) {
	panic(syntax{&SyntaxError{p.peek().line, fmt.Sprintf(format, args...)}})
}

func (p *parser) peek() token { return p.toks[min(p.pos, len(p.toks)-1)] }
func (p *parser) next() token { t := p.peek(); p.pos++; return t }
func (p *parser) is(k kind, s string) bool {
	t := p.peek()
	return t.kind == k && t.s == s
}
func (p *parser) take(k kind, s string) bool {
	if p.is(k, s) {
		p.pos++
		return true
	}
	return false
}
func (p *parser) want(k kind, s string) token {
	t := p.peek()
	if t.kind != k || s != "" && t.s != s {
		p.failf("found %q, want %s", t.s, map[bool]string{true: strconv.Quote(s), false: "a name"}[s != ""])
	}
	p.pos++
	return t
}

// enter counts nesting, which recursion follows; the caller defers the result.
func (p *parser) enter() func() {
	if p.depth++; p.depth > maxNesting {
		p.failf("nested more than %d deep", maxNesting)
	}
	return func() { p.depth-- }
}

// block reads statements up to one that names a word of stop, which is left unread but for "{%".
func (p *parser) block(stop ...string) []node {
	defer p.enter()()
	var body []node
	for {
		t := p.peek()
		switch t.kind {
		case textTok:
			p.pos++
			body = append(body, text{Text{S: t.s}})
		case beginPrint:
			p.pos++
			x := p.tuple(true)
			p.want(end, "}}")
			body = append(body, print{x})
		case beginStmt:
			p.pos++
			word := p.want(name, "").s
			if slices.Contains(stop, word) {
				return append(body, nil)[:len(body)] // the caller looks at the word itself
			}
			if n := p.statement(word); n != nil {
				body = append(body, n...)
			}
		default:
			if len(stop) > 0 {
				p.failf("found %q, want %s", t.s, strings.Join(stop, " or "))
			}
			return body
		}
	}
}

// word is the stop word at which block returned.
func (p *parser) word() string { return p.toks[p.pos-1].s }
func (p *parser) endStmt()     { p.want(end, "%}") }

func (p *parser) until(words ...string) []node {
	p.endStmt()
	return p.block(words...)
}

func (p *parser) statement(word string) []node {
	switch word {
	case "if":
		var n ifs
		for {
			n.tests = append(n.tests, p.tuple(true))
			n.bodies = append(n.bodies, p.until("elif", "else", "endif"))
			if p.word() != "elif" {
				break
			}
		}
		if p.word() == "else" {
			n.bodies = append(n.bodies, p.until("endif"))
		}
		p.endStmt()
		return []node{&n}
	case "for":
		n := loop{target: p.targets()}
		p.want(name, "in")
		n.iter = p.tuple(false)
		if p.take(name, "if") {
			n.cond = p.expression()
		}
		n.recursive = p.take(name, "recursive")
		p.loops++
		n.body = p.until("else", "endfor")
		p.loops--
		if p.word() == "else" {
			n.els = p.until("endfor")
		}
		p.endStmt()
		return []node{&n}
	case "set":
		to := p.targets()
		if p.take(op, "=") {
			n := set{to, p.tuple(true)}
			p.endStmt()
			return []node{&n}
		}
		n := setBlock{target: to[0], filters: p.filters()}
		n.body = p.until("endset")
		p.endStmt()
		return []node{&n}
	case "macro":
		n := macro{name: p.want(name, "").s}
		p.params(&n)
		loops := p.loops
		p.loops = 0
		n.body = p.until("endmacro")
		p.loops = loops
		p.take(name, n.name)
		p.endStmt()
		return []node{&n}
	case "call":
		m := macro{name: "caller"}
		if p.is(op, "(") {
			p.params(&m)
		}
		c, ok := p.expression().(*call)
		if !ok {
			p.failf("a call block wants a call")
		}
		m.body = p.until("endcall")
		p.endStmt()
		return []node{&callBlock{c, &m}}
	case "filter":
		n := filterBlock{filters: []*call{p.filterName()}}
		n.filters = append(n.filters, p.filters()...)
		n.body = p.until("endfilter")
		p.endStmt()
		return []node{&n}
	case "with":
		var n with
		for !p.is(end, "%}") {
			n.names = append(n.names, assign{name: p.want(name, "").s})
			p.want(op, "=")
			n.values = append(n.values, p.expression())
			p.take(op, ",")
		}
		n.body = p.until("endwith")
		p.endStmt()
		return []node{&n}
	case "generation": // marks what the assistant wrote, for training; prints its body
		body := p.until("endgeneration")
		p.endStmt()
		return body
	case "break", "continue":
		if p.loops == 0 {
			p.failf("%s outside of a loop", word)
		}
		p.endStmt()
		return []node{jump(word == "break")}
	}
	p.pos--
	p.failf("no statement is named %q", word)
	return nil
}

// targets reads what a loop or set assigns to.
func (p *parser) targets() (to []assign) {
	paren := p.take(op, "(")
	for {
		a := assign{name: p.want(name, "").s}
		if p.take(op, ".") {
			a.attr = p.want(name, "").s
		}
		to = append(to, a)
		if !p.take(op, ",") || p.peek().kind != name {
			break
		}
	}
	if paren {
		p.want(op, ")")
	}
	return to
}

func (p *parser) params(m *macro) {
	p.want(op, "(")
	for !p.take(op, ")") {
		m.params = append(m.params, p.want(name, "").s)
		if p.take(op, "=") {
			m.defaults = append(m.defaults, p.expression())
		} else if len(m.defaults) > 0 {
			p.failf("a parameter without a default follows one with")
		}
		if !p.is(op, ")") {
			p.want(op, ",")
		}
	}
}

func (p *parser) filterName() *call {
	c := &call{name: p.want(name, "").s}
	for p.take(op, ".") {
		c.name += "." + p.want(name, "").s
	}
	if p.is(op, "(") {
		p.args(c)
	}
	return c
}

func (p *parser) filters() (f []*call) {
	for p.take(op, "|") {
		f = append(f, p.filterName())
	}
	return f
}

// tuple reads expressions separated by commas: one alone is itself.
func (p *parser) tuple(conditional bool) expr {
	one := p.or
	if conditional {
		one = p.expression
	}
	x := one()
	if !p.is(op, ",") {
		return x
	}
	l := &list{items: []expr{x}, tuple: true}
	for p.take(op, ",") {
		if t := p.peek(); t.kind == end || t.kind == op && (t.s == ")" || t.s == "]" || t.s == "=") {
			break
		}
		l.items = append(l.items, one())
	}
	return l
}

func (p *parser) expression() expr {
	defer p.enter()()
	x := p.or()
	for p.take(name, "if") {
		c := &cond{then: x, test: p.or()}
		if p.take(name, "else") {
			c.els = p.expression()
		}
		x = c
	}
	return x
}

func (p *parser) or() expr {
	x := p.and()
	for p.take(name, "or") {
		x = &binary{"or", x, p.and()}
	}
	return x
}

func (p *parser) and() expr {
	x := p.not()
	for p.take(name, "and") {
		x = &binary{"and", x, p.not()}
	}
	return x
}

func (p *parser) not() expr {
	if p.take(name, "not") {
		defer p.enter()()
		return &unary{"not", p.not()}
	}
	return p.comparison()
}

func (p *parser) comparison() expr {
	x := p.sum()
	c := &compare{x: x}
	for {
		t, o := p.peek(), ""
		switch {
		case t.kind == op && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, t.s), t.kind == name && t.s == "in":
			o = t.s
			p.pos++
		case t.kind == name && t.s == "not" && p.toks[min(p.pos+1, len(p.toks)-1)].s == "in":
			o = "not in"
			p.pos += 2
		}
		if o == "" {
			break
		}
		c.ops, c.ys = append(c.ops, o), append(c.ys, p.sum())
	}
	if len(c.ops) == 0 {
		return x
	}
	return c
}

func (p *parser) operators(next func() expr, ops ...string) expr {
	x := next()
	for p.peek().kind == op && slices.Contains(ops, p.peek().s) {
		o := p.next().s
		x = &binary{o, x, next()}
	}
	return x
}

func (p *parser) sum() expr     { return p.operators(p.concat, "+", "-") }
func (p *parser) product() expr { return p.operators(p.power, "*", "/", "//", "%") }
func (p *parser) power() expr {
	return p.operators(func() expr { return p.unary(true) }, "**")
}

func (p *parser) concat() expr {
	x := p.product()
	if !p.is(op, "~") {
		return x
	}
	c := &concat{[]expr{x}}
	for p.take(op, "~") {
		c.parts = append(c.parts, p.product())
	}
	return c
}

func (p *parser) unary(filtered bool) expr {
	defer p.enter()()
	var x expr
	if t := p.peek(); t.kind == op && (t.s == "-" || t.s == "+") {
		p.pos++
		x = &unary{t.s, p.unary(false)}
	} else {
		x = p.primary()
	}
	x = p.postfix(x)
	if filtered {
		x = p.filterExpr(x)
	}
	return x
}

func (p *parser) primary() expr {
	t := p.next()
	switch t.kind {
	case name:
		switch t.s {
		case "true", "True":
			return &lit{true}
		case "false", "False":
			return &lit{false}
		case "none", "None":
			return &lit{nil}
		}
		return &ident{t.s}
	case str:
		s := t.s
		for p.peek().kind == str {
			s += p.next().s
		}
		return &lit{Text{S: s}}
	case integer:
		b, ok := new(big.Int).SetString(t.s, 0)
		if !ok {
			b, ok = new(big.Int).SetString(t.s, 10)
		}
		if !ok {
			p.failf("%q is no number", t.s)
		}
		return &lit{bigValue(b)}
	case float:
		f, err := strconv.ParseFloat(t.s, 64)
		if err != nil {
			p.failf("%q is no number", t.s)
		}
		return &lit{f}
	case op:
		switch t.s {
		case "(":
			if p.take(op, ")") {
				return &list{tuple: true}
			}
			x := p.tuple(true)
			p.want(op, ")")
			return x
		case "[":
			l := &list{}
			for !p.take(op, "]") {
				l.items = append(l.items, p.expression())
				if !p.is(op, "]") {
					p.want(op, ",")
				}
			}
			return l
		case "{":
			d := &dict{}
			for !p.take(op, "}") {
				d.keys = append(d.keys, p.expression())
				p.want(op, ":")
				d.values = append(d.values, p.expression())
				if !p.is(op, "}") {
					p.want(op, ",")
				}
			}
			return d
		}
	}
	p.pos--
	p.failf("unexpected %q", t.s)
	return nil
}

func (p *parser) postfix(x expr) expr {
	for {
		switch {
		case p.take(op, "."):
			if t := p.next(); t.kind == integer {
				n, _ := strconv.ParseInt(t.s, 10, 64)
				x = &index{x, &lit{n}}
			} else if t.kind == name {
				x = &attr{x, t.s}
			} else {
				p.failf("found %q after a dot", t.s)
			}
		case p.take(op, "["):
			x = p.subscript(x)
		case p.is(op, "("):
			c := &call{fn: x}
			p.args(c)
			x = c
		default:
			return x
		}
	}
}

func (p *parser) subscript(x expr) expr {
	var at [3]expr
	n := 0
	for !p.is(op, "]") {
		if p.take(op, ":") {
			if n++; n > 2 {
				p.failf("a slice has three parts")
			}
			continue
		}
		at[n] = p.tuple(true)
		if !p.is(op, ":") && !p.is(op, "]") {
			p.want(op, "]")
		}
	}
	p.want(op, "]")
	if n == 0 {
		if at[0] == nil {
			p.failf("an empty subscript")
		}
		return &index{x, at[0]}
	}
	return &slice{x, at[0], at[1], at[2]}
}

func (p *parser) args(c *call) {
	p.want(op, "(")
	for !p.take(op, ")") {
		switch {
		case p.take(op, "*"):
			c.star = p.expression()
		case p.take(op, "**"):
			c.star2 = p.expression()
		case p.peek().kind == name && p.toks[p.pos+1].kind == op && p.toks[p.pos+1].s == "=":
			c.kwNames = append(c.kwNames, p.next().s)
			p.pos++
			c.kwValues = append(c.kwValues, p.expression())
		default:
			c.args = append(c.args, p.expression())
		}
		if !p.is(op, ")") {
			p.want(op, ",")
		}
	}
}

func (p *parser) filterExpr(x expr) expr {
	for {
		switch {
		case p.take(op, "|"):
			c := p.filterName()
			c.x = x
			x = (*filter)(c)
		case p.take(name, "is"):
			t := &test{negated: p.take(name, "not")}
			t.call = *p.testName()
			t.x = x
			x = t
		case p.is(op, "("):
			c := &call{fn: x}
			p.args(c)
			x = c
		default:
			return x
		}
	}
}

func (p *parser) testName() *call {
	c := &call{name: p.want(name, "").s}
	if p.is(op, "(") {
		p.args(c)
		return c
	}
	t := p.peek()
	operator := t.kind == name && slices.Contains([]string{"else", "or", "and", "if", "in", "is", "not", "recursive"}, t.s)
	if t.kind == str || t.kind == integer || t.kind == float || t.kind == name && !operator || t.kind == op && (t.s == "[" || t.s == "{") {
		c.args = []expr{p.postfix(p.primary())}
	}
	return c
}
