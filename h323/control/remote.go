package control

import (
	"slices"

	"github.com/partyline/partyline/h323/h245"
)

// What is kept of a peer's sets. A set has up to 256 entries and descriptors; peers
// that send ever new numbers start over.
const (
	maxEntries      = 512
	maxAlternatives = 1024
	maxOthers       = 32
)

// remote is what the peer's capability sets said. A set adds to those before: it
// replaces entries and descriptors of the same number and removes those that it names
// without contents (H.245 §7.2.1).
type remote struct {
	known       bool // a set with capabilities came
	empty       bool // the last one had none
	table       map[int]*entry
	order       []*entry // the table, as it came
	descriptors map[int][]int
	chosen      []int // numbers of descriptors, ascending: preferred first
	kept        int   // alternatives in descriptors

	// What follows from them, made anew by each set: sets are few, questions many.
	sounds []entry
	says   Capabilities
}

// entry is one capability, as far as it matters here.
type entry struct {
	format      Format
	symmetric   bool // receiveAndTransmit
	events      uint8
	input       InputForms
	video, data bool
	encrypted   int // the entry that this one says can be encrypted
	name        string
}

// merge takes a set. One without a table and descriptors is empty (H.323 §8.4.6); all
// that was known goes with it.
func (r *remote) merge(t *h245.TerminalCapabilitySet) {
	r.empty = len(t.CapabilityTable) == 0 && len(t.CapabilityDescriptors) == 0
	if r.empty || r.table == nil || len(r.table)+len(t.CapabilityTable) > maxEntries {
		*r = remote{known: r.known, empty: r.empty, table: map[int]*entry{}, descriptors: map[int][]int{}}
	}
	for i := range t.CapabilityTable {
		r.put(&t.CapabilityTable[i])
	}
	for i := range t.CapabilityDescriptors {
		r.describe(&t.CapabilityDescriptors[i])
	}
	r.known = r.known || !r.empty
	r.sounds = r.hears()
	r.says = r.sum()
}

func (r *remote) put(e *h245.CapabilityTableEntry) {
	n := e.CapabilityTableEntryNumber
	old := r.table[n]
	switch {
	case e.Capability == nil && old != nil:
		delete(r.table, n)
		r.order = slices.DeleteFunc(r.order, func(o *entry) bool { return o == old })
	case e.Capability != nil && old != nil:
		*old = entryOf(e.Capability)
	case e.Capability != nil:
		now := entryOf(e.Capability)
		r.table[n] = &now
		r.order = append(r.order, &now)
	}
}

// describe keeps the alternatives of a descriptor in one list: of sound we need one at
// a time, so what goes together with what does not matter.
func (r *remote) describe(d *h245.CapabilityDescriptor) {
	n := d.CapabilityDescriptorNumber
	r.kept -= len(r.descriptors[n])
	delete(r.descriptors, n)
	r.chosen = slices.DeleteFunc(r.chosen, func(o int) bool { return o == n })
	var list []int
	for _, set := range d.SimultaneousCapabilities {
		if r.kept+len(list)+len(set) > maxAlternatives {
			break
		}
		list = append(list, set...)
	}
	if len(list) == 0 {
		return
	}
	r.kept += len(list)
	r.descriptors[n] = list
	r.chosen = append(r.chosen, n)
	slices.Sort(r.chosen)
}

// hears are the entries with sound that the peer receives and we know, one a format, in
// the order of its descriptors; if none of these has any, of its table.
func (r *remote) hears() (list []entry) {
	for _, d := range r.chosen {
		for _, n := range r.descriptors[d] {
			list = r.hear(list, r.table[n])
		}
	}
	if len(list) > 0 {
		return list
	}
	for _, e := range r.order {
		list = r.hear(list, e)
	}
	return list
}

// hear adds an entry if it is sound in a format that the list has not. What the peer takes
// encrypted only stands for what it encrypts.
func (r *remote) hear(list []entry, e *entry) []entry {
	if e != nil && e.encrypted != 0 {
		e = r.table[e.encrypted]
	}
	if e == nil || e.format.Codec == NoCodec {
		return list
	}
	for i := range list {
		if list[i].format.Codec == e.format.Codec {
			return list
		}
	}
	return append(list, *e)
}

// sum is what others may know of r.
func (r *remote) sum() Capabilities {
	c := Capabilities{Empty: r.empty}
	for _, e := range r.sounds {
		c.Audio = append(c.Audio, e.format)
		if e.symmetric {
			c.Symmetric = append(c.Symmetric, e.format.Codec)
		}
	}
	for _, e := range r.order {
		if c.EventPayloadType == 0 {
			c.EventPayloadType = e.events
		}
		c.Input |= e.input
		c.Video = c.Video || e.video
		c.Data = c.Data || e.data
		if e.name != "" && len(c.Others) < maxOthers && !slices.Contains(c.Others, e.name) {
			c.Others = append(c.Others, e.name)
		}
	}
	return c
}
