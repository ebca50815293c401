package faults

import (
	"bytes"
	"math/rand/v2"
	"strings"
)

// Mutator makes bad messages of good ones. Its random numbers are its own: the same
// seed gives the same messages.
type Mutator struct{ dice *rand.Rand }

// NewMutator seeds one.
func NewMutator(seed uint64) *Mutator { return &Mutator{rand.New(rand.NewPCG(seed, 0xbad))} }

// IntN is a number below n.
func (m *Mutator) IntN(n int) int { return m.dice.IntN(n) }

// Text changes a message of lines in one to four places.
func (m *Mutator) Text(text string) []byte {
	b := []byte(text)
	for range 1 + m.dice.IntN(4) {
		if m.dice.IntN(3) == 0 {
			b = m.line(b)
		} else {
			b = m.octets(b)
		}
	}
	return b
}

// Octets changes a message of octets in one to four places.
func (m *Mutator) Octets(b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + m.dice.IntN(4) {
		b = m.octets(b)
	}
	return b
}

// absurd are numbers and marks where none, or others, belong.
var absurd = []string{
	"0", "-1", "65536", "4294967296", "99999999999999999999", "\r\n", "\n", ";", ",", ":", "<", ">", "\"", "=", "\x00", " ",
	"@", "%", "%00", "[", "]", "\r\n\r\n", "\xff\xfe", "\u202e", "sip:", "tel:", "/../",
}

// octets changes one place: bits, octets, runs that come twice or go, an end too soon,
// what does not belong.
func (m *Mutator) octets(b []byte) []byte {
	if len(b) < 4 {
		return append(b, "\r\n\r\n"...)
	}
	i := m.dice.IntN(len(b))
	j := min(len(b), i+1+m.dice.IntN(40))
	switch m.dice.IntN(7) {
	case 0:
		b[i] ^= 1 << m.dice.IntN(8)
	case 1:
		b[i] = byte(m.dice.Uint32())
	case 2:
		b = append(b[:j:j], b[i:]...)
	case 3:
		b = append(b[:i:i], b[j:]...)
	case 4:
		b = b[:max(i, 1)]
	case 5:
		b = append(b[:i:i], append([]byte(absurd[m.dice.IntN(len(absurd))]), b[i:]...)...)
	case 6:
		b = append(b[:i:i], append(bytes.Repeat([]byte{"A%:\x00"[m.dice.IntN(4)]}, 1+m.dice.IntN(3000)), b[i:]...)...)
	}
	return b
}

// line changes a line as a whole: gone, twice, elsewhere, without its value, or with an
// absurd one.
func (m *Mutator) line(b []byte) []byte {
	lines := strings.SplitAfter(string(b), "\r\n")
	if len(lines) < 3 {
		return b
	}
	i, k := m.dice.IntN(len(lines)), m.dice.IntN(len(lines))
	name, _, _ := strings.Cut(lines[i], ":")
	switch m.dice.IntN(5) {
	case 0:
		lines[i] = ""
	case 1:
		lines[i] += lines[i]
	case 2:
		lines[i], lines[k] = lines[k], lines[i]
	case 3:
		lines[i] = name + ":\r\n"
	case 4:
		lines[i] = name + ": " + absurd[m.dice.IntN(len(absurd))] + "\r\n"
	}
	return []byte(strings.Join(lines, ""))
}
