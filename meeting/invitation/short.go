package invitation

import (
	"net/url"
	"strings"
)

// least is the shortest a title is cut to, in septets, before something else goes.
const least = 12

// short is the text for one SMS: one segment of the 7-bit alphabet. The title is cut
// first, then the name, the title and the time go. The link is never cut, nor,
// without one, the number and what is keyed behind it. Only what fills a segment by
// itself makes it longer.
func (p *parts) short() string {
	when := ""
	if p.when != nil {
		when = toGSM(Moment(p.words, p.when.Start) + " (" + Offset(p.when.Start) + ")")
	}
	named, kind := p.shortLeads()
	title, ends := toGSM(p.title), p.shortWays()
	for _, end := range ends {
		for _, lead := range named {
			if s, cut := fill(lead, title, when, end); cut == 0 {
				return s
			}
		}
		for _, lead := range []string{named[len(named)-1], kind} {
			if s, cut := fill(lead, title, when, end); cut >= 0 {
				return s
			}
		}
		for _, when := range []string{when, ""} {
			for _, lead := range []string{named[len(named)-1], kind} {
				if s, cut := fill(lead, "", when, end); cut == 0 {
					return s
				}
			}
		}
	}
	return ends[len(ends)-1]
}

// shortLeads are the words before the title: with the name, the longest first, and
// what stays of them without it.
func (p *parts) shortLeads() (named []string, kind string) {
	kind = toGSM(p.words.Say("invitation." + string(p.kind) + ".short"))
	switch {
	case p.kind != Invite:
		return []string{toGSM(p.lead)}, kind
	case p.name == "":
		return []string{kind}, kind
	}
	return []string{toGSM(p.words.Say("invitation.invite.short.by", "Name", p.name)), toGSM(p.name)}, kind
}

// shortWays are the ways in, with as many as there are at first, and those that have
// to be there at last.
func (p *parts) shortWays() []string {
	link, phone := gsmURL(p.ways.Link), toGSM(p.shortPhone())
	switch {
	case link != "" && phone != "":
		return []string{link + " " + phone, link}
	case link != "":
		return []string{link}
	case phone != "":
		return []string{phone}
	case p.ways.SIP != "":
		return []string{toGSM(p.withPIN("SIP " + p.ways.SIP))}
	case p.ways.H323 != "":
		return []string{toGSM(p.withPIN("H.323 " + p.ways.H323))}
	}
	return []string{""}
}

// fill puts the pieces together with as much of the title as there is room for. cut
// says how many septets of it are gone; -1: it cannot be cut enough.
func fill(lead, title, when, end string) (s string, cut int) {
	with := func(title string) string {
		return joined(". ", joined(", ", joined(": ", lead, title), when), end)
	}
	s = with(title)
	have, _ := septets(s)
	if have <= septetsAlone {
		return s, 0
	}
	cut = have - septetsAlone
	size, _ := septets(title)
	if size-cut < min(size, least) {
		return "", -1
	}
	return with(cutGSM(title, size-cut)), cut
}

// shortPhone is the first number with what is keyed in.
func (p *parts) shortPhone() string {
	if len(p.ways.Numbers) == 0 || p.ways.Extension == "" {
		return ""
	}
	return p.withPIN(p.words.Say("invitation.short.phone",
		"Number", p.ways.Numbers[0].Number, "Extension", p.ways.Extension))
}

func (p *parts) withPIN(s string) string {
	if p.ways.PIN == "" {
		return s
	}
	return s + ", " + p.words.Say("invitation.pin", "PIN", p.ways.PIN)
}

func joined(by string, list ...string) string {
	kept := list[:0:0]
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, by)
}

// gsmURL writes an address in letters that every phone sends and shows: the host in
// its ASCII form, the rest percent-encoded.
func gsmURL(link string) string {
	u, err := url.Parse(link)
	if err != nil || link == "" {
		return ""
	}
	if host, ok := asciiDomain(u.Hostname()); ok {
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	return toGSM(u.String())
}
