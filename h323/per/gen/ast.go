package main

import "math"

// module is one ASN.1 module as it is written.
type module struct {
	name    string
	imports map[string]string // symbol -> name of the module it comes from
	types   []*typeDef
	byName  map[string]*typeDef
}

// typeDef is a type assignment.
type typeDef struct {
	module *module
	name   string
	params []string // formal parameters of a parameterised type
	typ    *asnType
	doc    []string
}

// kind says which ASN.1 type an asnType is.
type kind int

const (
	kindRef kind = iota
	kindSequence
	kindChoice
	kindSequenceOf
	kindEnumerated
	kindInteger
	kindBoolean
	kindNull
	kindOID
	kindOctetString
	kindBitString
	kindString // a character string; asnType.name says which
	kindOpen   // an open type; asnType.elem is the type it holds, nil when another field tells
)

// asnType is a type as it is written, with its PER-visible constraints.
type asnType struct {
	kind   kind
	name   string     // of a reference or a character string type
	args   []*asnType // of a reference to a parameterised type
	elem   *asnType   // of SEQUENCE OF, SET OF and open types
	fields []*field   // of SEQUENCE, SET and CHOICE
	values []enumValue
	ext    bool // has an extension marker
	size   *interval
	rng    *interval
	from   string // permitted alphabet
	doc    []string
	line   int
}

// field is a component of a SEQUENCE or an alternative of a CHOICE.
type field struct {
	name     string
	typ      *asnType
	optional bool
	addition bool // after the extension marker
	doc      []string
}

// enumValue is one item of an ENUMERATED type.
type enumValue struct {
	name     string
	number   int
	addition bool
	doc      []string
}

// interval is a constraint on a value or a size.
type interval struct {
	lo, hi int64 // noMin and noMax are MIN and MAX
	ext    bool
}

const (
	noMin = math.MinInt64
	noMax = math.MaxInt64
)
