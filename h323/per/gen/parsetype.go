package main

import (
	"slices"
	"strconv"
)

// plain are the types of one word or two that have no inner structure.
var plain = map[string]kind{
	"BOOLEAN": kindBoolean, "NULL": kindNull,
	"IA5String": kindString, "NumericString": kindString, "PrintableString": kindString,
	"VisibleString": kindString, "BMPString": kindString, "GeneralString": kindString,
}

// typ reads a type with its constraints.
func (p *parser) typ() *asnType {
	t := &asnType{line: p.toks[p.pos].line}
	switch word := p.next(); word {
	case "SEQUENCE", "SET":
		p.sequence(t)
	case "CHOICE":
		t.kind = kindChoice
		p.components(t)
	case "ENUMERATED":
		t.kind = kindEnumerated
		p.enumeration(t)
	case "INTEGER":
		t.kind = kindInteger
		if p.peek() == "{" { // names of values
			p.skipBraces()
		}
	case "OBJECT":
		t.kind = kindOID
		p.expect("IDENTIFIER")
	case "OCTET":
		t.kind = kindOctetString
		p.expect("STRING")
	case "BIT":
		t.kind = kindBitString
		p.expect("STRING")
		if p.peek() == "{" { // names of bits
			p.skipBraces()
		}
	case "TYPE-IDENTIFIER":
		t.kind = kindOpen
		p.expect(".", "&", "Type")
		if p.accept("(") {
			t.elem = p.typ()
			p.expect(")")
		}
	default:
		p.reference(t, word)
	}
	for p.peek() == "(" {
		p.constraint(t)
	}
	return t
}

func (p *parser) reference(t *asnType, word string) {
	t.name = word
	if k, ok := plain[word]; ok {
		t.kind = k
		return
	}
	if !isUpper(word) {
		p.fail("%q is not a type", word)
	}
	t.kind = kindRef
	if p.accept("{") {
		for !p.accept("}") {
			t.args = append(t.args, p.typ())
			p.accept(",")
		}
	}
}

// sequence reads what follows SEQUENCE or SET. With automatic tags, which run
// in the order of the text, both have the same encoding (X.691 §21).
func (p *parser) sequence(t *asnType) {
	if p.peek() == "{" {
		t.kind = kindSequence
		p.components(t)
		return
	}
	t.kind = kindSequenceOf
	if p.peek() == "SIZE" {
		p.pos++
		t.size = p.interval()
	} else if p.peek() == "(" {
		p.constraint(t)
	}
	p.expect("OF")
	t.elem = p.typ()
}

// components reads "{ a A, b B OPTIONAL, ..., c C }".
func (p *parser) components(t *asnType) {
	t.doc = p.trailing()
	p.expect("{")
	t.doc = append(slices.Clip(t.doc), p.trailing()...)
	for !p.accept("}") {
		if p.accept("...") {
			if t.ext {
				p.fail("a second extension marker")
			}
			t.ext = true
			p.accept(",")
			continue
		}
		if p.peek() == "[[" {
			p.fail("groups of additions are not in the modules of H.323 and not generated")
		}
		f := &field{name: p.next(), addition: t.ext}
		f.typ = p.typ()
		inner := p.trailing()
		if p.peek() == "DEFAULT" {
			p.fail("DEFAULT is not in the modules of H.323 and not generated")
		}
		if p.accept("OPTIONAL") {
			f.optional = true
			inner = p.trailing()
		}
		f.doc = inner
		if p.accept(",") {
			f.doc = append(slices.Clip(inner), p.trailing()...)
		} else if p.peek() != "}" {
			p.fail("%q after %s", p.peek(), f.name)
		}
		t.fields = append(t.fields, f)
	}
}

// enumeration reads "{ a (0), b (1), ... }".
func (p *parser) enumeration(t *asnType) {
	p.expect("{")
	for !p.accept("}") {
		if p.accept("...") {
			t.ext = true
			p.accept(",")
			continue
		}
		v := enumValue{name: p.next(), number: len(t.values), addition: t.ext}
		if p.accept("(") {
			v.number = int(p.number())
			p.expect(")")
		}
		v.doc = p.trailing()
		if p.accept(",") {
			v.doc = append(slices.Clip(v.doc), p.trailing()...)
		}
		t.values = append(t.values, v)
	}
}

// constraint reads "( … )" and keeps what PER sees: SIZE, FROM and value ranges.
func (p *parser) constraint(t *asnType) {
	open := p.pos
	p.expect("(")
	switch p.peek() {
	case "WITH", "CONSTRAINED":
		p.pos = open
		p.skipBraces()
		return
	}
	for {
		switch p.peek() {
		case "SIZE":
			p.pos++
			t.size = p.interval()
		case "FROM":
			p.pos++
			p.expect("(")
			quoted := p.next()
			if len(quoted) < 2 || quoted[0] != '"' {
				p.fail("a permitted alphabet is a string, not %s", quoted)
			}
			t.from = quoted[1 : len(quoted)-1]
			p.expect(")")
		default:
			t.rng = p.bounds()
		}
		if !p.accept("^") {
			break
		}
	}
	p.expect(")")
}

// interval reads "(lo..hi)".
func (p *parser) interval() *interval {
	p.expect("(")
	iv := p.bounds()
	p.expect(")")
	return iv
}

// bounds reads "lo..hi", "lo..hi,..." or one value.
func (p *parser) bounds() *interval {
	iv := &interval{lo: p.number()}
	iv.hi = iv.lo
	if p.accept("..") {
		iv.hi = p.number()
	}
	if p.accept(",") {
		p.expect("...")
		iv.ext = true
	}
	return iv
}

func (p *parser) number() int64 {
	switch word := p.next(); word {
	case "MIN":
		return noMin
	case "MAX":
		return noMax
	default:
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			p.pos--
			p.fail("%q is not a number", word)
		}
		return n
	}
}
