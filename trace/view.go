package trace

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Call is what is known of one leg.
type Call struct {
	CallID    string   `json:"call_id"`
	LegID     string   `json:"leg,omitempty"`
	OtherLegs []string `json:"-"` // names that it had before
	Protocol  string   `json:"protocol"`
	Direction string   `json:"direction,omitempty"` // in, out
	Trunk     string   `json:"trunk,omitempty"`
	Caller    string   `json:"caller,omitempty"`
	Called    string   `json:"called,omitempty"` // without a PIN
	Peer      string   `json:"peer,omitempty"`   // signalling address
	Product   string   `json:"product,omitempty"`
	Room      string   `json:"room,omitempty"` // extension
	// Conversation is the Call-ID of the first leg of what this one belongs to.
	Conversation string    `json:"conversation,omitempty"`
	Began        time.Time `json:"began"`
	Ended        time.Time `json:"ended,omitzero"`
	Cause        string    `json:"cause,omitempty"`  // the word; empty while it lasts
	Reason       string    `json:"reason,omitempty"` // that in words
	Messages     int       `json:"messages"`
}

// Message is one of a Trace.
type Message struct {
	At       time.Time `json:"at"`
	Offset   float64   `json:"offset_ms"` // since the conversation began
	Call     int       `json:"call"`      // its place in Trace.Calls
	Protocol string    `json:"protocol"`
	Network  string    `json:"network,omitempty"`
	Out      bool      `json:"out"`
	Local    string    `json:"local,omitempty"`
	Remote   string    `json:"remote,omitempty"`
	Summary  string    `json:"summary"`
	Detail   []string  `json:"detail,omitempty"`
	// Again counts retransmissions, the last of which came at LastAt.
	Again  int       `json:"again,omitempty"`
	LastAt time.Time `json:"last_at,omitzero"`
	// Skipped is how many messages before this one are not kept.
	Skipped int    `json:"skipped,omitempty"`
	Text    string `json:"text,omitempty"`   // of SIP
	Octets  []byte `json:"octets,omitempty"` // of the others
}

// Trace is a conversation: all its legs, and what was said in them, in the order of
// time.
type Trace struct {
	ID       string    `json:"id"` // the Call-ID of its first leg
	Began    time.Time `json:"began"`
	Calls    []Call    `json:"calls"`
	Messages []Message `json:"messages"`
}

// Trace gives the conversation of a call, by its Call-ID, its leg's id or the
// beginning of either. The error wraps ErrUnknown if there is none.
func (b *Book) Trace(id string) (Trace, error) {
	t, kept, err := b.copyOf(id)
	if err != nil {
		return Trace{}, err
	}
	for i, messages := range kept {
		for j := range messages.list {
			v := view(&messages.list[j], i, t.Began)
			if messages.skipped > 0 && j == messages.gap {
				v.Skipped = messages.skipped
			}
			t.Messages = append(t.Messages, v)
		}
		complete(&t.Calls[i], messages.list)
	}
	slices.SortStableFunc(t.Messages, func(a, b Message) int { return a.At.Compare(b.At) })
	return t, nil
}

// keptMessages are a copy of an entry's.
type keptMessages struct {
	list         []message
	skipped, gap int
}

// copyOf copies what a Trace is made of; the rest is done without the lock.
func (b *Book) copyOf(id string) (Trace, []keptMessages, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(id)
	if err != nil {
		return Trace{}, nil, err
	}
	members := slices.Clone(e.group.members)
	slices.SortStableFunc(members, func(x, y *entry) int {
		if x.call.Began.IsZero() != y.call.Began.IsZero() { // linked, and nothing came yet
			return -x.call.Began.Compare(y.call.Began)
		}
		return x.call.Began.Compare(y.call.Began)
	})
	t := Trace{ID: e.group.id, Messages: []Message{}}
	var kept []keptMessages
	for _, m := range members {
		t.Calls = append(t.Calls, m.shown())
		kept = append(kept, keptMessages{slices.Clone(m.messages), m.skipped, m.gap(b.limits.Messages)})
		for _, first := range m.messages[:min(1, len(m.messages))] {
			if t.Began.IsZero() || first.At.Before(t.Began) {
				t.Began = first.At
			}
		}
	}
	if t.Began.IsZero() {
		t.Began = members[0].call.Began
	}
	return t, kept, nil
}

// shown is an entry as others see it.
func (e *entry) shown() Call {
	c := e.call
	c.Conversation, c.Messages = e.group.id, len(e.messages)+e.skipped
	return c
}

// List are the calls that are remembered, the newest first.
func (b *Book) List() []Call {
	b.mu.Lock()
	type pair struct {
		call  Call
		first []message
	}
	var all []pair
	for _, c := range []class{tried, ended, live} {
		for at := b.lists[c].Front(); at != nil; at = at.Next() {
			e := at.Value.(*entry)
			all = append(all, pair{e.shown(), slices.Clone(e.messages[:min(1, len(e.messages))])})
		}
	}
	b.mu.Unlock()
	calls := make([]Call, len(all))
	for i := range all {
		complete(&all[i].call, all[i].first)
		calls[i] = all[i].call
	}
	slices.SortStableFunc(calls, func(x, y Call) int {
		return cmp.Or(y.Began.Compare(x.Began), cmp.Compare(x.CallID, y.CallID))
	})
	return calls
}

// complete fills in what a call's first message says of it, for calls that never
// became legs.
func complete(c *Call, messages []message) {
	for i := range messages {
		m := &messages[i]
		if m.Protocol == Log {
			continue
		}
		if c.Direction == "" {
			c.Direction = "in"
			if m.Out {
				c.Direction = "out"
			}
		}
		c.Peer = cmp.Or(c.Peer, address(m.Remote))
		if m.Protocol == SIP {
			h := readHead(m.Data)
			c.Caller = cmp.Or(c.Caller, userIn(h.get("from")))
			c.Called = cmp.Or(c.Called, userIn(h.uri()))
		}
		return
	}
}

// view is a message as others see it.
func view(m *message, call int, began time.Time) Message {
	v := Message{
		At: m.At, Offset: float64(m.At.Sub(began).Microseconds()) / 1000, Call: call,
		Protocol: m.Protocol, Network: m.Network, Out: m.Out, Local: address(m.Local), Remote: address(m.Remote),
		Summary: m.Summary, Again: m.again, LastAt: m.last, Detail: linesOf(m.Detail),
	}
	switch m.Protocol {
	case SIP:
		v.Text = string(m.Data)
		v.Detail = append(v.Detail, sipDetail(m.Data)...)
	case Log:
		v.Text = string(m.Data)
	default:
		v.Octets = m.Data
	}
	return v
}

func address(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
