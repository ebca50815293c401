package sip

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	msg "github.com/emiago/sipgo/sip"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
)

// refusedBy is the failure of a call that a peer refused.
func refusedBy(res *msg.Response, h hop) *Failure {
	return &Failure{
		Cause: causeFrom(res), Status: res.StatusCode,
		Reason: bridge.CleanText(digits.ReplaceAllString(res.Reason, hidden), 100), Peer: h.addr.String(),
	}
}

// causeFrom is why a call of ours was refused (RFC 3261 §21). Where the status says
// little, the cause of the telephone network in Reason says more (RFC 3326,
// RFC 3398 §8.2.6.1).
func causeFrom(res *msg.Response) cause.Cause {
	said := q850(res)
	switch s := res.StatusCode; s {
	case 486, 600:
		return cause.Busy
	case 404, 410, 414, 416, 482, 483, 484, 485, 604:
		return cause.Unroutable
	case 401, 407, 403:
		return cmp.Or(said, cause.Forbidden)
	case 415, 420, 421, 488, 606:
		return cause.Unsupported
	case 408, 480, 487:
		return cmp.Or(said, cause.NoAnswer)
	case 603, 607, 608:
		return cmp.Or(said, cause.Rejected)
	case 429:
		return cause.Limit
	default:
		switch {
		case s >= 500 && s < 600:
			return cmp.Or(said, cause.Unreachable)
		}
		return cmp.Or(said, cause.Rejected)
	}
}

// q850 is the cause in a Reason header, None if there is none that says more than a
// status does (ITU-T Q.850 §2.2.7).
func q850(res *msg.Response) cause.Cause {
	for _, h := range res.GetHeaders("Reason") {
		for _, value := range listed(h.Value()) {
			protocol, params, _ := strings.Cut(value, ";")
			if !strings.EqualFold(strings.TrimSpace(protocol), "Q.850") {
				continue
			}
			for p := range strings.SplitSeq(params, ";") {
				k, v, _ := strings.Cut(p, "=")
				if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && strings.EqualFold(strings.TrimSpace(k), "cause") {
					return telephone(n)
				}
			}
		}
	}
	return cause.None
}

// telephone is a cause of the telephone network in our words.
func telephone(q850 int) cause.Cause {
	switch q850 {
	case 1, 2, 3, 22, 28:
		return cause.Unroutable
	case 17:
		return cause.Busy
	case 18, 19:
		return cause.NoAnswer
	case 21:
		return cause.Rejected
	case 20, 27, 34, 38, 41, 42, 44, 47:
		return cause.Unreachable
	case 50, 55, 57:
		return cause.Forbidden
	case 65, 79, 88:
		return cause.Unsupported
	}
	return cause.None
}

// mostContacts bounds how many addresses of a redirection are looked at.
const mostContacts = 8

// contacts are where a 3xx wants the call to go, the preferred first (RFC 3261
// §8.1.3.4).
func contacts(res *msg.Response) []msg.Uri {
	type choice struct {
		uri msg.Uri
		q   float64
	}
	var all []choice
	for _, a := range nameAddrs(res, "Contact") {
		u := *a.uri.Clone()
		u.Headers = nil // who redirects does not write our headers
		if len(all) >= mostContacts || !knownScheme(&u) || calledUser(&u) == "" && u.Host == "" {
			continue
		}
		q, err := strconv.ParseFloat(a.params.GetOr("q", "1"), 64)
		if err != nil {
			q = 1
		}
		all = append(all, choice{u, q})
	}
	slices.SortStableFunc(all, func(a, b choice) int { return cmp.Compare(b.q, a.q) })
	uris := make([]msg.Uri, len(all))
	for i := range all {
		uris[i] = all[i].uri
	}
	return uris
}
