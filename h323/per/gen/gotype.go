package main

import (
	"fmt"
	"strings"
)

// goType is how a field's type stands in Go.
type goType struct {
	expr  string   // the type
	slice bool     // nil says absent, so it needs no pointer
	tag   []string // constraints and string kinds
	holds string   // of an open type: the type it holds
}

// stringKinds are the tag words of the character string types; IA5String has
// none.
var stringKinds = map[string]string{
	"IA5String": "", "NumericString": "numeric", "PrintableString": "printable",
	"VisibleString": "visible", "BMPString": "bmp", "GeneralString": "general",
}

// typeOf says how t, used in module m, stands in Go. An anonymous structure is
// queued to be printed under the name anon; of says where it stands.
func (g *generator) typeOf(m *module, t *asnType, anon, of string) (goType, error) {
	if t.kind == kindRef {
		return g.refType(m, t)
	}
	switch t.kind {
	case kindSequence, kindChoice, kindEnumerated:
		name := g.taken.take(anon)
		g.queue = append(g.queue, pending{module: m, name: name, typ: t, of: of})
		return goType{expr: name}, nil
	case kindSequenceOf:
		elem, err := g.typeOf(m, t.elem, anon, of)
		if err != nil {
			return goType{}, err
		}
		return goType{expr: "[]" + elem.expr, slice: true, tag: g.tagOf(m, t), holds: elem.holds}, nil
	case kindOpen:
		return goType{expr: g.per("Open"), slice: true, holds: held(t)}, nil
	}
	expr, slice := g.plainType(t)
	return goType{expr: expr, slice: slice, tag: g.tagOf(m, t)}, nil
}

// held names the type that an open type holds; "" when another field tells.
func held(t *asnType) string {
	if t.elem == nil {
		return ""
	}
	return t.elem.name
}

// plainType is the Go type of one without structure.
func (g *generator) plainType(t *asnType) (expr string, slice bool) {
	switch t.kind {
	case kindInteger:
		if r := t.rng; r != nil && r.lo >= -1<<31 && r.hi < 1<<31 && !r.ext {
			return "int", false
		}
		return "int64", false
	case kindBoolean:
		return "bool", false
	case kindNull:
		return g.per("Null"), false
	case kindOID:
		return g.per("OID"), false
	case kindOctetString:
		return "[]byte", true
	case kindBitString:
		return g.per("BitString"), false
	case kindString:
		return "string", false
	}
	panic("not a plain type")
}

// refType is the Go type of a reference, with the constraints of what it means.
func (g *generator) refType(m *module, t *asnType) (goType, error) {
	def, err := g.scope.lookup(m, t.name)
	if err != nil {
		return goType{}, err
	}
	if len(def.params) > 0 {
		expr, err := g.instance(m, def, t)
		return goType{expr: expr}, err
	}
	expr := g.qualified(def.module, g.goNames[def])
	if isStruct(def.typ) {
		return goType{expr: expr}, nil
	}
	in, flat, err := g.scope.constraints(m, t)
	if err != nil {
		return goType{}, err
	}
	out := goType{expr: expr, tag: g.tagOf(in, flat)}
	switch flat.kind {
	case kindSequenceOf, kindOctetString:
		out.slice = true
	case kindOpen:
		out.slice, out.holds = true, held(flat)
	}
	return out, nil
}

// instance is the Go type of a parameterised type with its actual parameters
// (X.683). One whose body doesn't mention them is the same type for all.
func (g *generator) instance(m *module, def *typeDef, t *asnType) (string, error) {
	if len(t.args) != len(def.params) {
		return "", fmt.Errorf("%s: %s has %d parameters", m.name, t.name, len(def.params))
	}
	if !dependsOnParams(def) {
		return g.qualified(def.module, g.goNames[def]), nil
	}
	name, actual := goName(def.name), map[string]*asnType{}
	for i, p := range def.params {
		name += goName(t.args[i].name)
		actual[p] = t.args[i]
	}
	if !g.instances[name] {
		g.instances[name] = true
		g.queue = append(g.queue, pending{
			module: m, name: g.taken.take(name), typ: substitute(def.typ, actual),
			asn: fmt.Sprintf("%s{%s}", def.name, argNames(t.args)), doc: def.doc,
			// The body is written in def's module and the parameter in ours.
			body: def.module,
		})
	}
	return name, nil
}

func dependsOnParams(def *typeDef) bool {
	for _, p := range def.params {
		if uses(def.typ, p) {
			return true
		}
	}
	return false
}

func argNames(args []*asnType) string {
	var s []string
	for _, a := range args {
		s = append(s, a.name)
	}
	return strings.Join(s, ", ")
}

// tagOf prints the constraints of t and, prefixed, those of its elements.
func (g *generator) tagOf(m *module, t *asnType) []string {
	var tag []string
	if t.kind == kindString && stringKinds[t.name] != "" {
		tag = append(tag, stringKinds[t.name])
	}
	if t.size != nil {
		tag = append(tag, "size="+t.size.String())
	}
	if t.rng != nil {
		tag = append(tag, "range="+t.rng.String())
	}
	if t.from != "" {
		tag = append(tag, "from="+t.from)
	}
	if t.kind == kindSequenceOf {
		in, elem, err := g.scope.constraints(m, t.elem)
		if err == nil && elem.kind != kindRef && !isStruct(elem) {
			for _, part := range g.tagOf(in, elem) {
				tag = append(tag, "of."+part)
			}
		}
	}
	return tag
}

// String writes an interval as the tags have it.
func (iv *interval) String() string {
	s := ""
	if iv.lo != noMin {
		s = fmt.Sprint(iv.lo)
	}
	if iv.hi != iv.lo {
		s += ".."
		if iv.hi != noMax {
			s += fmt.Sprint(iv.hi)
		}
	}
	if iv.ext {
		s += ",..."
	}
	return s
}

// per names a type of the runtime and notes its import.
func (g *generator) per(name string) string {
	g.imported["per"] = true
	return "per." + name
}

// qualified names a type of the package that m goes to.
func (g *generator) qualified(m *module, name string) string {
	pkg := g.pkgOf[m.name]
	if pkg == g.pkg {
		return name
	}
	g.imported[pkg] = true
	return pkg + "." + name
}
