package trace

import (
	"bytes"
	"cmp"
	"container/list"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// largest is how much of a message is kept, in octets.
	largest = 8 << 10
	// longestID is how much of a Call-ID counts: strangers choose them.
	longestID = 256
	// window is how many messages back a retransmission is looked for.
	window = 16
	// overhead is what a message costs besides its data, in octets.
	overhead = 320
)

// Unreadable is the Call-ID of what came without one.
const Unreadable = "unreadable"

// ErrUnknown says that nothing is kept of a call.
var ErrUnknown = errors.New("no such call is remembered")

// Limits bound a Book's memory.
type Limits struct {
	// Calls is how many are kept of those that were answered, and as many of those
	// that were tried in vain. 0: none, and the Book costs nothing.
	Calls int
	// Messages is how many are kept of a call: its first and its last ones.
	Messages int
	// Bytes is how many octets all of it may take; 0: 32 MiB.
	Bytes int
	// Failures is how many of those are kept; 0: 300.
	Failures int
}

// Book keeps the last calls. Any goroutine may use it.
type Book struct {
	off atomic.Bool // nothing but failures is kept

	mu       sync.Mutex // guards what follows
	limits   Limits
	byCall   map[string]*entry
	byLeg    map[string]*entry
	lists    [classes]list.List // of *entry, the oldest first
	bytes    int
	failures []Failure // the oldest first
}

// class is how much a call is worth keeping.
type class uint8

const (
	aside   class = iota // no call: registrations, pings, what is unreadable
	tried                // a call, not answered yet or at all
	ended                // answered, and over
	live                 // answered
	classes              // how many there are
)

// entry is what is kept of a call.
type entry struct {
	call     Call
	group    *group
	class    class
	at       *list.Element
	messages []message
	skipped  int // in the middle of messages, at gap
	bytes    int
}

// group are the legs of a conversation.
type group struct {
	id      string // the Call-ID of the first
	members []*entry
}

// message is a packet, which came more than once if it was retransmitted.
type message struct {
	Packet
	again int
	last  time.Time
}

// NewBook makes an empty book.
func NewBook(l Limits) *Book {
	b := &Book{byCall: map[string]*entry{}, byLeg: map[string]*entry{}}
	b.Limit(l)
	return b
}

// Limit changes the bounds; what is beyond them is forgotten.
func (b *Book) Limit(l Limits) {
	l.Messages = max(l.Messages, 4)
	l.Bytes = cmp.Or(l.Bytes, 32<<20)
	l.Failures = cmp.Or(l.Failures, 300)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = l
	b.off.Store(l.Calls <= 0)
	b.trim(nil)
	if n := len(b.failures) - l.Failures; n > 0 {
		b.failures = slices.Delete(b.failures, 0, n)
	}
}

// Add keeps a packet. It is a Tap.
func (b *Book) Add(p Packet) {
	if b.off.Load() {
		return
	}
	if len(p.Data) > largest {
		p.Data = bytes.Clone(p.Data[:largest])
	}
	p.CallID = shortened(p.CallID)
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.of(&p)
	if e.call.Began.IsZero() {
		e.call.Began = p.At
	}
	before := e.bytes
	e.add(p, b.limits.Messages)
	b.bytes += e.bytes - before
	b.trim(e)
}

// of finds the call that a packet belongs to, or opens one.
func (b *Book) of(p *Packet) *entry {
	e := b.byCall[p.CallID]
	if e == nil && p.LegID != "" {
		e = b.byLeg[p.LegID]
	}
	if e == nil {
		e = b.open(cmp.Or(p.CallID, p.LegID, Unreadable), classOf(p), p.At)
		e.call.Protocol = family(p.Protocol)
	}
	b.name(e, p.LegID)
	return e
}

// name notes what we call a call.
func (b *Book) name(e *entry, leg string) {
	if leg == "" || e.call.LegID == leg {
		return
	}
	if e.call.LegID == "" {
		e.call.LegID = leg
	}
	if b.byLeg[leg] == nil {
		b.byLeg[leg] = e
	}
}

// open makes an entry.
func (b *Book) open(callID string, c class, at time.Time) *entry {
	e := &entry{call: Call{CallID: callID, Began: at}}
	e.group = &group{id: callID, members: []*entry{e}}
	b.byCall[callID] = e
	b.place(e, c)
	return e
}

// classOf judges a call by its first packet.
func classOf(p *Packet) class {
	switch {
	case p.Protocol == Log, p.Summary == "INVITE", p.Summary == "Setup", p.Summary == "ARQ":
		return tried
	}
	return aside
}

// family is what a protocol belongs to, in the words of legs.
func family(protocol string) string {
	switch protocol {
	case H225, H245, RAS:
		return "h323"
	case SIP:
		return protocol
	}
	return ""
}

// add keeps a packet among a call's, unless it is one of the last ones again. What
// is too much is left out in the middle: how a call began and how it ended counts.
func (e *entry) add(p Packet, most int) {
	if e.call.Protocol == "" {
		e.call.Protocol = family(p.Protocol)
	}
	if p.Protocol != Log {
		for i := len(e.messages) - 1; i >= max(0, len(e.messages)-window); i-- {
			if m := &e.messages[i]; m.Out == p.Out && m.Protocol == p.Protocol && len(p.Data) > 0 && bytes.Equal(m.Data, p.Data) {
				m.again++
				m.last = p.At
				return
			}
		}
	}
	if len(e.messages) >= most {
		gap := e.gap(most)
		e.bytes -= e.messages[gap].size()
		e.messages = slices.Delete(e.messages, gap, gap+1)
		e.skipped++
	}
	m := message{Packet: p}
	e.messages = append(e.messages, m)
	e.bytes += m.size()
}

// gap is the place of the messages that are left out.
func (e *entry) gap(most int) int { return min(most, len(e.messages)) / 2 }

func (m *message) size() int { return overhead + len(m.Data) + len(m.Summary) + len(m.Detail) }

// place puts an entry into a class, as its newest.
func (b *Book) place(e *entry, c class) {
	if e.at != nil {
		b.lists[e.class].Remove(e.at)
	}
	e.class = c
	e.at = b.lists[c].PushBack(e)
	b.trim(e)
}

// trim forgets what is beyond the limits, but not keep.
func (b *Book) trim(keep *entry) {
	calls := b.limits.Calls
	others := 0
	if calls > 0 {
		others = max(20, calls/5)
	}
	for b.lists[aside].Len() > others && b.dropOldest(keep, aside) {
	}
	for b.lists[tried].Len() > calls && b.dropOldest(keep, tried) {
	}
	for b.lists[ended].Len()+b.lists[live].Len() > calls && b.dropOldest(keep, ended, live) {
	}
	for b.bytes > b.limits.Bytes && b.dropOldest(keep, aside, tried, ended, live) {
	}
}

// dropOldest forgets the oldest call of the first of these classes that has any.
func (b *Book) dropOldest(keep *entry, among ...class) bool {
	for _, c := range among {
		for at := b.lists[c].Front(); at != nil; at = at.Next() {
			if e := at.Value.(*entry); e != keep {
				b.drop(e)
				return true
			}
		}
	}
	return false
}

func (b *Book) drop(e *entry) {
	b.lists[e.class].Remove(e.at)
	b.bytes -= e.bytes
	delete(b.byCall, e.call.CallID)
	for _, leg := range append([]string{e.call.LegID}, e.call.OtherLegs...) {
		if b.byLeg[leg] == e {
			delete(b.byLeg, leg)
		}
	}
	e.group.members = slices.DeleteFunc(e.group.members, func(m *entry) bool { return m == e })
}

// Begin tells of a leg: who it is, and that it was answered.
func (b *Book) Begin(c Call) {
	if b.off.Load() {
		return
	}
	c.CallID = shortened(cmp.Or(c.CallID, c.LegID))
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.byCall[c.CallID]
	if e == nil {
		e = b.open(c.CallID, live, c.Began)
	}
	began := e.call.Began
	if began.IsZero() || !c.Began.IsZero() && c.Began.Before(began) {
		began = c.Began
	}
	if old := e.call.LegID; old != "" && old != c.LegID && !slices.Contains(e.call.OtherLegs, old) {
		c.OtherLegs = append(e.call.OtherLegs, old)
	}
	e.call = c
	e.call.Began = began
	b.byLeg[c.LegID] = e
	b.place(e, live)
}

// Describe notes what is known of a call that was not answered.
func (b *Book) Describe(c Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := cmp.Or(b.byCall[shortened(c.CallID)], b.byLeg[c.LegID])
	if e == nil {
		return
	}
	b.name(e, c.LegID)
	old := &e.call
	for _, f := range []struct{ to, from *string }{
		{&old.Direction, &c.Direction},
		{&old.Trunk, &c.Trunk},
		{&old.Caller, &c.Caller},
		{&old.Called, &c.Called},
		{&old.Peer, &c.Peer},
		{&old.Product, &c.Product},
	} {
		*f.to = cmp.Or(*f.to, *f.from)
	}
}

// Room notes which room a leg is in.
func (b *Book) Room(leg, room string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.byLeg[leg]; e != nil {
		e.call.Room = room
	}
}

// Link makes a call part of another one's conversation: a call out that is made
// for it, or where it was transferred to. Both are Call-IDs or leg ids; neither
// need be known yet.
func (b *Book) Link(of, id string) {
	if b.off.Load() || of == "" || id == "" || of == id {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	first, second := b.known(of), b.known(id)
	if first.group == second.group {
		return
	}
	into, from := first.group, second.group
	for _, e := range from.members {
		e.group = into
		into.members = append(into.members, e)
	}
	from.members = nil
}

// known finds a call by either name, or opens one.
func (b *Book) known(id string) *entry {
	id = shortened(id)
	if e := b.byCall[id]; e != nil {
		return e
	}
	if e := b.byLeg[id]; e != nil {
		return e
	}
	return b.open(id, tried, time.Time{}) // it begins with its first message
}

// Conversation is the Call-ID of the first leg of the conversation that a call
// belongs to: its own, if there is no other.
func (b *Book) Conversation(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := cmp.Or(b.byCall[shortened(id)], b.byLeg[id]); e != nil {
		return e.group.id
	}
	return id
}

// CallID is the protocol's name of a leg; empty if it is not known.
func (b *Book) CallID(leg string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.byLeg[leg]; e != nil {
		return e.call.CallID
	}
	return ""
}

// End notes why a call ended: the cause's word, and that in words. Either name
// will do. The first end counts.
func (b *Book) End(id, cause, reason string, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := cmp.Or(b.byLeg[id], b.byCall[shortened(id)])
	if e == nil || e.call.Cause != "" {
		return
	}
	e.call.Ended, e.call.Cause, e.call.Reason = at, cause, reason
	if e.class == live {
		b.place(e, ended)
	}
}

// Figures are how much is kept.
func (b *Book) Figures() (calls, octets int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.byCall), b.bytes
}

// find is the call of that name, or of a name that begins so if only one does.
func (b *Book) find(id string) (*entry, error) {
	if e := cmp.Or(b.byCall[shortened(id)], b.byLeg[id]); e != nil {
		return e, nil
	}
	var found *entry
	for name, e := range b.names() {
		if id == "" || !strings.HasPrefix(name, id) || e == found {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("several calls begin with %s: give more of it", id)
		}
		found = e
	}
	if found == nil {
		return nil, fmt.Errorf("%s: %w", id, ErrUnknown)
	}
	return found, nil
}

// names are all calls by all their names.
func (b *Book) names() func(yield func(string, *entry) bool) {
	return func(yield func(string, *entry) bool) {
		for _, all := range []map[string]*entry{b.byCall, b.byLeg} {
			for name, e := range all {
				if !yield(name, e) {
					return
				}
			}
		}
	}
}

func shortened(id string) string {
	if len(id) > longestID {
		return strings.Clone(id[:longestID])
	}
	return id
}
