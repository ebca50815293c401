package main

import (
	"fmt"
	"strings"
	"unicode"
)

// typeDoc prints the docstring of a named type: where it comes from, and the
// comment that the module has for it.
func (g *generator) typeDoc(name, asn string, doc []string) {
	fmt.Fprintf(&g.out, "// %s is the type %s of %s.\n", name, asn, g.title)
	g.remark(doc)
}

// anonymousDoc prints the docstring of a type that has no name in ASN.1.
func (g *generator) anonymousDoc(p pending) {
	fmt.Fprintf(&g.out, "// %s is the type of %s (%s).\n", p.name, p.of, g.title)
	g.remark(p.typ.doc)
}

func (g *generator) remark(doc []string) {
	lines := prose(doc)
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(&g.out, "//")
	for _, line := range lines {
		fmt.Fprintf(&g.out, "// %s\n", line)
	}
}

// prose cleans a block of comments: no rules, no empty lines at the ends.
func prose(block []string) []string {
	var out []string
	for _, line := range block {
		line = strings.Join(strings.FieldsFunc(line, unicode.IsSpace), " ")
		if isRule(line) {
			return out // what follows belongs to the next section
		}
		if line == "" && len(out) == 0 {
			continue
		}
		out = append(out, line)
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}
