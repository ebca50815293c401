package sip

import (
	"strconv"
	"strings"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
)

// Diversion is somebody whom a call was meant for before it was forwarded.
type Diversion struct {
	Number string // in E.164 where the trunk's format is known; empty: withheld
	Reason string // user-busy, no-answer, unconditional, …; empty: not told
}

// mostDiversions bounds how many are read of a call.
const mostDiversions = 8

// diversions are who passed a call of the trunk on, in its numbers' E.164.
func (t *Trunk) diversions(req *msg.Request) []Diversion {
	all := diversions(req)
	for i := range all {
		if t.NumberIn != nil && all[i].Number != "" {
			all[i].Number = t.NumberIn(all[i].Number)
		}
	}
	return all
}

// diversions reads who passed a call on, the latest first: Diversion (RFC 5806 §3),
// or History-Info (RFC 7044 §5).
func diversions(req *msg.Request) []Diversion {
	var all []Diversion
	for _, a := range nameAddrs(req, "Diversion") {
		if len(all) >= mostDiversions {
			break
		}
		d := Diversion{Number: addressUser(&a.uri), Reason: strings.ToLower(strings.Trim(a.params.GetOr("reason", ""), `"`))}
		if p := strings.ToLower(a.params.GetOr("privacy", "")); p != "" && p != "off" {
			d.Number = ""
		}
		all = append(all, d.clean())
	}
	if all == nil {
		all = history(req)
	}
	return all
}

// history reads History-Info. Its last entry is who is called now; the one after a
// target says why it was left, by its cause parameter (RFC 4458).
func history(req *msg.Request) []Diversion {
	var all []Diversion
	entries := nameAddrs(req, "History-Info")
	for i := len(entries) - 2; i >= 0 && len(all) < mostDiversions; i-- {
		left, next := &entries[i], &entries[i+1]
		code, diverted := next.uri.UriParams.Get("cause")
		_, retargeted := next.params.Get("mp")
		if !diverted && !retargeted {
			continue // another hop to the same
		}
		d := Diversion{Number: addressUser(&left.uri), Reason: forwardReason(code)}
		if p := left.uri.Headers.GetOr("Privacy", ""); p != "" && !strings.EqualFold(p, "none") {
			d.Number = ""
		}
		all = append(all, d.clean())
	}
	return all
}

func (d Diversion) clean() Diversion {
	return Diversion{Number: bridge.CleanText(RedactUser(d.Number), 64), Reason: bridge.CleanText(d.Reason, 32)}
}

// forwardReason is a cause of RFC 4458 §2 in the words of RFC 5806.
func forwardReason(code string) string {
	n, _ := strconv.Atoi(code)
	switch n {
	case 404:
		return "unknown"
	case 486:
		return "user-busy"
	case 408:
		return "no-answer"
	case 302:
		return "unconditional"
	case 480:
		return "deflection"
	case 503:
		return "unavailable"
	}
	return ""
}
