package jinja

// Statements.
type (
	node  interface{}
	text  struct{ s Text }
	print struct{ x expr }
	ifs   struct {
		tests  []expr // one per body; a further body is the else
		bodies [][]node
	}
	loop struct {
		target     []assign
		iter, cond expr
		body, els  []node
		recursive  bool
	}
	set struct {
		target []assign
		value  expr
	}
	setBlock struct {
		target  assign
		filters []*call
		body    []node
	}
	macro struct {
		name     string
		params   []string
		defaults []expr // of the last params
		body     []node
	}
	callBlock struct {
		call *call
		m    *macro
	}
	filterBlock struct {
		filters []*call
		body    []node
	}
	with struct {
		names  []assign
		values []expr
		body   []node
	}
	jump bool // true: break
)

// An assign is a place to store: a name, or an attribute of a namespace.
type assign struct{ name, attr string }

// Expressions.
type (
	expr  interface{}
	lit   struct{ v Value }
	ident struct{ name string }
	attr  struct {
		x    expr
		name string
	}
	index struct{ x, key expr }
	slice struct{ x, lo, hi, step expr }
	list  struct {
		items []expr
		tuple bool
	}
	dict  struct{ keys, values []expr }
	unary struct {
		op string
		x  expr
	}
	binary struct {
		op   string
		x, y expr
	}
	concat  struct{ parts []expr }
	compare struct {
		x   expr
		ops []string
		ys  []expr
	}
	cond struct{ test, then, els expr } // els nil: undefined
	// A call of a function (fn), or of a filter or test by name upon x.
	call struct {
		fn, x       expr
		name        string
		args        []expr
		kwNames     []string
		kwValues    []expr
		star, star2 expr
	}
	filter call
	test   struct {
		call
		negated bool
	}
)
