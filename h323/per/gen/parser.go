package main

import (
	"fmt"
	"slices"
	"strings"
)

// parser reads tokens by recursive descent. A syntax error is a panic of type
// syntaxError, which parseModule turns into an error.
type parser struct {
	toks []token
	pos  int
}

type syntaxError struct{ error }

// parseModule reads one module.
func parseModule(src string) (m *module, err error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case syntaxError:
			err = e.error
		default:
			panic(e)
		}
	}()
	return p.module(), nil
}

func (p *parser) fail(format string, args ...any) {
	panic(syntaxError{fmt.Errorf("line %d: %s", p.toks[p.pos].line, fmt.Sprintf(format, args...))})
}

func (p *parser) peek() string { return p.toks[p.pos].text }

func (p *parser) next() string {
	t := p.toks[p.pos].text
	if t == eof {
		p.fail("unexpected end")
	}
	p.pos++
	return t
}

func (p *parser) accept(text string) bool {
	if p.peek() != text {
		return false
	}
	p.pos++
	return true
}

func (p *parser) expect(texts ...string) {
	for _, text := range texts {
		if got := p.peek(); got != text {
			p.fail("%q instead of %q", got, text)
		}
		p.pos++
	}
}

// trailing returns the comments after the last token read.
func (p *parser) trailing() []string { return p.toks[p.pos-1].after }

// skipBraces passes over "{ … }" or "( … )" with all that is nested in it.
func (p *parser) skipBraces() {
	depth := 0
	for {
		switch p.next() {
		case "{", "(":
			depth++
		case "}", ")":
			depth--
		}
		if depth == 0 {
			return
		}
	}
}

// module reads the header, the imports and all assignments (X.680 §13).
func (p *parser) module() *module {
	m := &module{name: p.next(), imports: map[string]string{}, byName: map[string]*typeDef{}}
	if p.peek() == "{" {
		p.skipBraces()
	}
	// All encodings here rest on automatic tagging: fields in the order of the text.
	p.expect("DEFINITIONS", "AUTOMATIC", "TAGS", "::=", "BEGIN")
	if p.accept("IMPORTS") {
		p.imports(m)
	}
	for !p.accept("END") {
		if def := p.assignment(); def != nil {
			if m.byName[def.name] != nil {
				p.fail("%s is defined twice", def.name)
			}
			def.module = m
			m.types = append(m.types, def)
			m.byName[def.name] = def
		}
	}
	return m
}

// isRule reports whether a comment is a line drawn.
func isRule(s string) bool { return len(s) > 8 && strings.Trim(s, "=-") == "" }

// imports reads "A, B{} FROM M { oid } C FROM N;" (X.680 §13.1).
func (p *parser) imports(m *module) {
	var symbols []string
	for !p.accept(";") {
		switch t := p.next(); t {
		case ",":
		case "FROM":
			from := p.next()
			if p.peek() == "{" {
				p.skipBraces()
			}
			for _, s := range symbols {
				m.imports[s] = from
			}
			symbols = nil
		default:
			if p.peek() == "{" {
				p.skipBraces()
			}
			symbols = append(symbols, t)
		}
	}
}

// assignment reads a type assignment; it passes over value sets, which bound
// nothing that is encoded here, and returns nil for them.
func (p *parser) assignment() *typeDef {
	def := &typeDef{doc: p.toks[p.pos].above}
	def.name = p.next()
	if !isUpper(def.name) {
		p.fail("%q: only types are assigned", def.name)
	}
	if p.peek() == "{" {
		p.pos++
		for !p.accept("}") {
			if t := p.next(); t != "," {
				def.params = append(def.params, t)
			}
		}
	}
	if p.peek() != "::=" {
		p.typ()
		p.expect("::=")
		p.skipBraces()
		return nil
	}
	p.expect("::=")
	def.typ = p.typ()
	if len(def.typ.doc) > 0 {
		def.doc = append(slices.Clip(def.doc), def.typ.doc...)
	} else if k := def.typ.kind; k != kindSequence && k != kindChoice && k != kindEnumerated {
		def.doc = append(slices.Clip(def.doc), p.trailing()...)
	}
	return def
}

func isUpper(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' }
