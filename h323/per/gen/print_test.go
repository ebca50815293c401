package main

import (
	"strings"
	"testing"
)

// printModule generates the types of one module that imports nothing.
func printModule(t *testing.T, body string) (string, error) {
	t.Helper()
	m, err := parseModule("M DEFINITIONS AUTOMATIC TAGS ::= BEGIN\n" + body + "\nEND")
	if err != nil {
		return "", err
	}
	s := &scope{modules: map[string]*module{"M": m}}
	g := &generator{
		scope: s, pkg: "p", pkgOf: map[string]string{"M": "p"}, goNames: map[*typeDef]string{},
		taken: names{}, instances: map[string]bool{},
	}
	for _, def := range m.types {
		g.goNames[def] = g.taken.take(goName(def.name))
	}
	out, err := g.file(source{module: "M", title: "M", short: "M"}, m.types)
	return string(out), err
}

// squeeze makes text comparable whatever gofmt aligns.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestMapping(t *testing.T) {
	for name, test := range map[string]struct{ asn, want string }{
		"mandatory, optional, addition": {
			`S ::= SEQUENCE { a BOOLEAN, b-c INTEGER (0..255) OPTIONAL, ..., d NULL, e OCTET STRING OPTIONAL }`,
			"type S struct { per.Extra `per:\"sequence,ext\"` A bool BC *int `per:\"opt;range=0..255\"` D *per.Null `per:\"add\"` E []byte `per:\"add\"` }",
		},
		"choice": {
			`C ::= CHOICE { n NULL, o OBJECT IDENTIFIER, l SEQUENCE OF BOOLEAN }`,
			"type C struct { _ struct{} `per:\"choice\"` N *per.Null O *per.OID L []bool }",
		},
		"empty and extensible": {
			`S ::= SEQUENCE { ... }`,
			"type S struct { per.Extra `per:\"sequence,ext\"` }",
		},
		"integers": {
			`S ::= SEQUENCE { a INTEGER, b INTEGER (1..4294967295), c INTEGER (1..MAX), d INTEGER (-1..2147483647), e INTEGER (0..3,...), f INTEGER (5) }`,
			"A int64 B int64 `per:\"range=1..4294967295\"` C int64 `per:\"range=1..\"` D int `per:\"range=-1..2147483647\"` E int64 `per:\"range=0..3,...\"` F int `per:\"range=5\"`",
		},
		"strings": {
			`S ::= SEQUENCE { a IA5String (SIZE (1..128)) (FROM ("0-#")), b BMPString(SIZE (16)), c GeneralString, d NumericString(SIZE(1..16)), e IA5String (SIZE (1) ^ FROM ("!")) }`,
			"A string `per:\"size=1..128;from=0-#\"` B string `per:\"bmp;size=16\"` C string `per:\"general\"` D string `per:\"numeric;size=1..16\"` E string `per:\"size=1;from=!\"`",
		},
		"constraints of elements": {
			`S ::= SEQUENCE { a SET SIZE (1..4,...) OF SEQUENCE OF INTEGER (0..9), b SEQUENCE OF T } T ::= BMPString (SIZE (1..8))`,
			"A [][]int `per:\"size=1..4,...;of.of.range=0..9\"` B []T `per:\"of.bmp;of.size=1..8\"`",
		},
		"constraint stands at each use, the outer one first": {
			`S ::= SEQUENCE { a T (SIZE (3..16)) OPTIONAL, b U } T ::= IA5String (FROM ("01")) U ::= T (SIZE (2))`,
			"A *T `per:\"opt;size=3..16;from=01\"` B U `per:\"size=2;from=01\"`",
		},
		"nested types": {
			`S-X ::= SEQUENCE { goal CHOICE { a NULL, ... }, l SEQUENCE OF SEQUENCE { q NULL } }`,
			"Goal SXGoal L []SXL } // SXGoal is the type of goal in S-X (M). type SXGoal struct { per.Extra `per:\"choice,ext\"` A *per.Null } // SXL is the type of l in S-X (M). type SXL struct { _ struct{} `per:\"sequence\"` Q per.Null }",
		},
		"a clash of names": {
			`S ::= SEQUENCE { goal CHOICE { a NULL } } SGoal ::= BOOLEAN`,
			"Goal SGoalType",
		},
		"parameters that are used": {
			`S ::= SEQUENCE { a SIGNED { T } } T ::= BOOLEAN SIGNED { X } ::= SEQUENCE { x X, y OCTET STRING } ( CONSTRAINED BY { -- signed -- } )`,
			"A SIGNEDT } // SIGNEDT is the type SIGNED{T} of M. type SIGNEDT struct { _ struct{} `per:\"sequence\"` X T Y []byte }",
		},
		"parameters that are not used": {
			`S ::= SEQUENCE { a HASHED { T -- any -- } } T ::= BOOLEAN HASHED { X } ::= SEQUENCE { y BIT STRING }`,
			"A HASHED }",
		},
		"open types": {
			`S ::= SEQUENCE { a T, b TYPE-IDENTIFIER.&Type (R) OPTIONAL } T ::= TYPE-IDENTIFIER.&Type (R) R ::= BOOLEAN`,
			"// A is an encoded R. A T // B is an encoded R. B per.Open `per:\"opt\"` }",
		},
		"inner subtyping encodes nothing": {
			`T ::= S (WITH COMPONENTS {..., a PRESENT -- set }{ -- }) S ::= SEQUENCE { a NULL OPTIONAL }`,
			"type T = S",
		},
		"enumerations count from 0": {
			`E ::= ENUMERATED { b (7), a (2), ..., c (9) }`,
			"EA E = 0 // Its number in ASN.1 is 7. EB E = 1 // Its number in ASN.1 is 9. EC E = 2 )",
		},
		"comments": {
			"-- what S is\nS ::= SEQUENCE {\n a NULL, -- of a\n -- more of a\n b NULL -- of b\n}",
			"// S is the type S of M. // // what S is type S struct { _ struct{} `per:\"sequence\"` // of a // more of a A per.Null // of b B per.Null }",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := printModule(t, test.asn)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(squeeze(got), test.want) {
				t.Errorf("no %s in\n%s", test.want, got)
			}
		})
	}
}

// TestRefused: what the generator doesn't understand stops it; nothing is guessed.
func TestRefused(t *testing.T) {
	for asn, want := range map[string]string{
		`S ::= SEQUENCE { a BOOLEAN DEFAULT TRUE }`:   "DEFAULT",
		`S ::= SEQUENCE { a [1] NULL }`:               `"[" is not a type`,
		`S ::= SEQUENCE { ..., [[ a NULL ]] }`:        "groups of additions",
		`S ::= SEQUENCE { ..., a NULL, ..., b NULL }`: "second extension marker",
		`S ::= SEQUENCE { a Missing }`:                "neither defined nor imported",
		`S ::= SEQUENCE { a NULL`:                     "",
		`S ::= SEQUENCE { a REAL }`:                   "neither defined nor imported",
		`S ::= INTEGER (a..b)`:                        "not a number",
		`S ::= NULL S ::= NULL`:                       "defined twice",
		`S ::= IA5String (FROM ("0".."9"))`:           "",
		`v INTEGER ::= 1`:                             "only types",
		"S ::= SEQUENCE { a SIGNED { A, B } } A ::= NULL B ::= NULL SIGNED { X } ::= SEQUENCE { x X }": "parameters",
	} {
		_, err := printModule(t, asn)
		if err == nil {
			t.Errorf("%s is taken", asn)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", asn, err, want)
		}
	}
}

func TestLexer(t *testing.T) {
	if _, err := lex("A ::= \xb5"); err == nil {
		t.Error("a character outside ASN.1 is taken")
	}
	toks, err := lex("A-b::=1..2 -- one -- c\n----- rule\n\"a--b\" -5...")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tok := range toks {
		got = append(got, tok.text)
	}
	if s := strings.Join(got, " "); s != `A-b ::= 1 .. 2 c "a--b" -5 ... ` {
		t.Errorf("got %s", s)
	}
}
