package invitation

import (
	"strings"
	"unicode/utf8"
)

// text is the plain text. Labels are padded, so that what follows them lines up
// where letters are of one width.
func (p *parts) text() string {
	out := append([]string{p.headline()}, p.times...)
	if p.notice != "" {
		out = append(out, p.notice)
	}
	if p.note != "" {
		out = append(out, "", p.note, "")
	}
	out = append(out, p.waysText()...)
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}

// row is a way in with its label, and what is indented under it.
type row struct {
	label, value string
	under        []string
}

// waysText are the ways in, a line each.
func (p *parts) waysText() []string {
	rows := p.rows()
	width := 0
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(p.labelled(r.label)))
	}
	var out []string
	for _, r := range rows {
		label := p.labelled(r.label)
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(label)+2)
		out = append(out, label+pad+r.value)
		for _, u := range r.under {
			out = append(out, "  "+u)
		}
	}
	return out
}

func (p *parts) labelled(label string) string {
	return p.words.Say("invitation.label", "Label", label)
}

// rows are the ways in. What is keyed in stands under the first that asks for it.
func (p *parts) rows() []row {
	var rows []row
	if p.ways.Link != "" {
		rows = append(rows, row{label: p.words.Say("invitation.browser"), value: p.ways.Link})
	}
	var under []string
	if keys := p.keys(); keys != nil {
		under = append(under, strings.Join(keys, labelSeparator))
	}
	if len(p.ways.Numbers) > 0 {
		if tel := p.ways.Numbers[0].Tel; tel != "" {
			under = append(under, p.words.Say("invitation.label", "Label", p.words.Say("invitation.tap"))+" "+tel)
		}
		if p.more && p.ways.DialIn != "" {
			under = append(under, p.words.Say("invitation.label", "Label", p.words.Say("invitation.more"))+" "+p.ways.DialIn)
		}
		var all []string
		for _, n := range p.ways.Numbers {
			all = append(all, n.shown())
		}
		rows = append(rows, row{p.words.Say("invitation.phone"), strings.Join(all, labelSeparator), under})
		under = nil
	}
	for _, system := range []struct{ key, first, backup string }{
		{"invitation.sip", p.ways.SIP, p.ways.SIPBackup},
		{"invitation.h323", p.ways.H323, p.ways.H323Backup},
	} {
		if system.first != "" {
			rows = append(rows, row{p.words.Say(system.key), p.address(system.first, system.backup), under})
			under = nil
		}
	}
	return rows
}

// shown is a number with its label: "+41 44 555 01 00 (Zürich)".
func (n Number) shown() string {
	if n.Label == "" {
		return n.Display
	}
	return n.Display + " (" + n.Label + ")"
}
