package invitation

import "strings"

// Call is a way in as an address that a calendar can open. It has the fields of a
// calendar's CONFERENCE line (RFC 7986 §5.11).
type Call struct {
	URI      string
	Features []string
	Label    string
	Language string
}

// calls are the ways in that have an address of their own.
func (p *parts) calls() []Call {
	var list []Call
	add := func(uri, label string, features ...string) {
		list = append(list, Call{URI: uri, Features: features, Label: label, Language: p.words.Language})
	}
	if p.ways.Link != "" {
		add(p.ways.Link, p.words.Say("invitation.browser"), "AUDIO")
	}
	for _, n := range p.ways.Numbers {
		if n.Tel != "" {
			add(n.Tel, p.words.Say("invitation.phone")+", "+n.shown(), "AUDIO", "PHONE")
		}
	}
	for _, address := range []string{p.ways.SIP, p.ways.SIPBackup} {
		if address != "" {
			add("sip:"+address, p.words.Say("invitation.sip"), "AUDIO")
		}
	}
	for _, address := range []string{p.ways.H323, p.ways.H323Backup} {
		if uri := h323URL(address); uri != "" {
			add(uri, p.words.Say("invitation.h323"), "AUDIO")
		}
	}
	return list
}

// h323URL writes what a room system dials, "203.0.113.10##112752642", as an address
// (RFC 3508): # cannot be in one.
func h323URL(dialled string) string {
	host, number, ok := strings.Cut(dialled, "##")
	switch {
	case dialled == "":
		return ""
	case ok:
		return "h323:" + number + "@" + host
	}
	return "h323:" + strings.ReplaceAll(dialled, "#", "%23")
}

// location is where a calendar says the meeting is.
func (p *parts) location() string {
	switch {
	case p.ways.Link != "":
		return p.ways.Link
	case len(p.ways.Numbers) > 0:
		return p.ways.Numbers[0].Display
	case p.ways.SIP != "":
		return p.ways.SIP
	}
	return p.ways.H323
}

// description is the text for a calendar, which shows the times of each occurrence
// itself: those of a series are not in it.
func (p *parts) description() string {
	if p.when == nil || p.when.Repeat == "" || p.one() {
		return p.text()
	}
	timeless := *p
	timeless.times = nil
	return timeless.text()
}
