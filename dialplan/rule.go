package dialplan

import (
	"fmt"

	"github.com/partyline/partyline/cause"
)

// Rejection is the cause with which a rule rejects calls, by its word in the
// configuration; None for an unknown one.
func Rejection(word string) cause.Cause {
	switch word {
	case "busy":
		return cause.Busy
	case "not-found":
		return cause.Unroutable
	case "declined":
		return cause.Rejected
	case "forbidden":
		return cause.Forbidden
	case "unavailable":
		return cause.NoAnswer
	}
	return cause.None
}

// miss is the condition of a rule that a call does not meet.
type miss uint8

const (
	hit miss = iota
	missTrunk
	missProtocol
	missPattern // confined to another protocol
	missTime
	missFrom
	missFromTable
	missMatch
	missTable
	missExcept
)

func (r *Rule) name(i int) string {
	switch {
	case r.Match != nil:
		return fmt.Sprintf("inbound rule %d: %s", i+1, r.Match)
	case r.Prefixes != nil:
		return fmt.Sprintf("inbound rule %d: %s", i+1, r.Prefixes.Name())
	case r.FromPrefixes != nil:
		return fmt.Sprintf("inbound rule %d: from %s", i+1, r.FromPrefixes.Name())
	}
	return fmt.Sprintf("inbound rule %d", i+1)
}

// match says which condition the call does not meet, of several the one that says
// most, and what the pattern captured.
func (r *Rule) match(d *decision) (map[string]string, miss) {
	switch {
	case r.Trunk != "" && r.Trunk != d.in.Trunk:
		return nil, missTrunk
	case r.Protocol != "" && r.Protocol != d.in.Protocol:
		return nil, missProtocol
	case r.Match != nil && r.Match.protocol != "" && r.Match.protocol != d.in.Protocol:
		return nil, missPattern
	}
	captured, m := r.called(d)
	switch {
	case m != hit:
		return nil, m
	case r.From != nil && !r.from(d):
		return nil, missFrom
	}
	if r.FromPrefixes != nil {
		if row, ok := r.FromPrefixes.Find(d.caller); !ok || row.Except {
			return nil, missFromTable
		}
	}
	if r.Time != nil && !r.Time.Holds(d.in.Time) {
		return nil, missTime
	}
	return captured, hit
}

// called compares the called address, as signalled and in E.164.
func (r *Rule) called(d *decision) (map[string]string, miss) {
	if r.Prefixes != nil {
		switch row, ok := r.Prefixes.Find(d.number); {
		case !ok:
			return nil, missTable
		case row.Except:
			return nil, missExcept
		}
	}
	if r.Match == nil {
		return nil, hit
	}
	captured, ok := r.Match.Match(d.in.Protocol, d.user, d.host)
	if !ok && d.number != "" && d.number != d.user {
		captured, ok = r.Match.Match(d.in.Protocol, d.number, d.host)
	}
	if !ok {
		return nil, missMatch
	}
	return captured, hit
}

// from compares the caller, as signalled and in E.164.
func (r *Rule) from(d *decision) bool {
	if _, ok := r.From.Match(d.in.Protocol, d.in.Caller, ""); ok {
		return true
	}
	if d.caller == d.in.Caller {
		return false
	}
	_, ok := r.From.Match(d.in.Protocol, d.caller, "")
	return ok
}

// words say why the rule does not match.
func (r *Rule) words(m miss, d *decision) string {
	switch m {
	case missTrunk:
		return "the call does not come from trunk " + r.Trunk
	case missProtocol, missPattern:
		return "the protocol is " + d.in.Protocol
	case missTime:
		return fmt.Sprintf("there it is %s; the rule holds %s", r.Time.words(d.in.Time), r.Time)
	case missFrom:
		return "the caller does not match " + r.From.String()
	case missFromTable:
		if row, ok := r.FromPrefixes.Find(d.caller); ok {
			return fmt.Sprintf("%s excepts the caller, by %s (line %d)", r.FromPrefixes.Name(), row.Digits, row.Line)
		}
		return "the caller is not in " + r.FromPrefixes.Name()
	case missTable:
		return "the called number is not in " + r.Prefixes.Name()
	case missExcept:
		row, _ := r.Prefixes.Find(d.number)
		return fmt.Sprintf("%s excepts %s (line %d)", r.Prefixes.Name(), row.Digits, row.Line)
	}
	return "the called address does not match"
}
