package jinja

import (
	"math/big"
	"strings"
)

// test answers "v is name(args)".
func (r *run) test(name string, v Value, a args) bool {
	arg := func() Value {
		if len(a.pos) == 0 {
			r.failf("TypeError: the test '%s' wants an argument", name)
		}
		return a.pos[0]
	}
	_, undefined := v.(*Undefined)
	t, isText := v.(Text)
	l, isList := v.(*List)
	d, isDict := v.(*Dict)
	switch name {
	case "defined":
		return !undefined
	case "undefined":
		return undefined
	case "none":
		return v == nil
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "true":
		return v == true
	case "false":
		return v == false
	case "integer":
		switch v.(type) {
		case int64, *big.Int:
			return true
		}
		return false
	case "float":
		_, ok := v.(float64)
		return ok
	case "number":
		_, ok := num(v)
		return ok
	case "string":
		return isText
	case "mapping":
		return isDict && !d.namespace
	case "iterable":
		return isText || isList || isDict && !d.namespace || undefined
	case "sequence":
		return isText || isList && l.kind != generator && l.kind != view || isDict && !d.namespace || undefined
	case "callable":
		_, ok := v.(*Func)
		return ok || undefined
	case "odd", "even", "divisibleby":
		by := Value(int64(2))
		if name == "divisibleby" {
			by = arg()
		}
		m := r.binary("%", v, by)
		f, _ := num(m)
		return (f == 0) != (name == "odd")
	case "lower":
		s := r.str(v).S
		return s == strings.ToLower(s) && s != strings.ToUpper(s)
	case "upper":
		s := r.str(v).S
		return s == strings.ToUpper(s) && s != strings.ToLower(s)
	case "eq", "equalto", "==":
		return r.equal(v, arg())
	case "ne", "!=":
		return !r.equal(v, arg())
	case "lt", "lessthan", "<":
		return r.order(v, arg()) < 0
	case "le", "<=":
		return r.order(v, arg()) <= 0
	case "gt", "greaterthan", ">":
		return r.order(v, arg()) > 0
	case "ge", ">=":
		return r.order(v, arg()) >= 0
	case "in":
		return r.in(v, arg())
	case "sameas":
		return typeName(v) == typeName(arg()) && r.equal(v, arg())
	case "escaped":
		return false
	case "test":
		return isText && isTest(t.S)
	case "filter":
		return isText && isFilter(t.S)
	}
	r.failf("TemplateRuntimeError: No test named '%s' found.", name)
	return false
}

func isTest(name string) bool {
	return strings.Contains(" defined undefined none boolean true false integer float number string mapping iterable sequence"+
		" callable odd even divisibleby lower upper eq equalto == ne != lt lessthan < le <= gt greaterthan > ge >= in sameas"+
		" escaped test filter ", " "+name+" ")
}
