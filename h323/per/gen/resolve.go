package main

import "fmt"

// scope is all modules together.
type scope struct {
	modules map[string]*module
}

// lookup finds the definition that name means inside m.
func (s *scope) lookup(m *module, name string) (*typeDef, error) {
	if def := m.byName[name]; def != nil {
		return def, nil
	}
	from, ok := m.imports[name]
	if !ok {
		return nil, fmt.Errorf("%s: %s is neither defined nor imported", m.name, name)
	}
	if to, ok := renamed[from]; ok {
		from = to
	}
	if to, ok := moved[from+"."+name]; ok {
		from = to
	}
	other := s.modules[from]
	if other == nil {
		return nil, fmt.Errorf("%s: %s comes from the unknown module %s", m.name, name, from)
	}
	if def := other.byName[name]; def != nil {
		return def, nil
	}
	return nil, fmt.Errorf("%s: %s has no %s", m.name, from, name)
}

// constraints returns t with the constraints of all definitions that it refers
// to: an outer constraint goes before an inner one of the same sort. The result
// is never a reference, except to a structured type.
func (s *scope) constraints(m *module, t *asnType) (*module, *asnType, error) {
	if t.kind != kindRef {
		return m, t, nil
	}
	def, err := s.lookup(m, t.name)
	if err != nil {
		return nil, nil, err
	}
	if len(def.params) > 0 || isStruct(def.typ) {
		return m, t, nil
	}
	in, inner, err := s.constraints(def.module, def.typ)
	if err != nil {
		return nil, nil, err
	}
	flat := *inner
	if t.size != nil {
		flat.size = t.size
	}
	if t.rng != nil {
		flat.rng = t.rng
	}
	if t.from != "" {
		flat.from = t.from
	}
	return in, &flat, nil
}

// isStruct reports whether t becomes a type of its own in Go.
func isStruct(t *asnType) bool {
	return t.kind == kindSequence || t.kind == kindChoice || t.kind == kindEnumerated
}

// uses reports whether t mentions the formal parameter name.
func uses(t *asnType, name string) bool {
	if t == nil {
		return false
	}
	if t.kind == kindRef && t.name == name {
		return true
	}
	for _, f := range t.fields {
		if uses(f.typ, name) {
			return true
		}
	}
	for _, a := range t.args {
		if uses(a, name) {
			return true
		}
	}
	return uses(t.elem, name)
}

// substitute copies t with its formal parameters replaced.
func substitute(t *asnType, actual map[string]*asnType) *asnType {
	if t == nil {
		return nil
	}
	if t.kind == kindRef {
		if a := actual[t.name]; a != nil {
			return a
		}
	}
	c := *t
	c.elem = substitute(t.elem, actual)
	c.args, c.fields = nil, nil
	for _, a := range t.args {
		c.args = append(c.args, substitute(a, actual))
	}
	for _, f := range t.fields {
		g := *f
		g.typ = substitute(f.typ, actual)
		c.fields = append(c.fields, &g)
	}
	return &c
}
