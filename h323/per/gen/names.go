package main

import "strings"

// goName makes a Go name of an ASN.1 one: the parts between hyphens, each with
// its first letter in upper case.
func goName(asn string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(asn, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// names gives every type and constant of a package a name of its own.
type names map[string]bool

// take returns name, or name with "Type" appended as often as it is taken.
func (n names) take(name string) string {
	for n[name] {
		name += "Type"
	}
	n[name] = true
	return name
}
