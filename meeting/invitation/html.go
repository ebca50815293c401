package invitation

import (
	"embed"
	"html/template"
	"strings"
)

//go:embed fragment.gohtml document.gohtml
var sources embed.FS

var templates = template.Must(template.ParseFS(sources, "*.gohtml"))

// shape is which HTML is wanted.
type shape string

const (
	fragment shape = "fragment.gohtml"
	document shape = "document.gohtml"
)

// view is what the templates are given.
type view struct {
	Language, Subject string
	Lead, Title       string
	Times, Note       []string
	Notice            string
	Link              string
	Numbers           []viewNumber
	Keys              []string
	Tap               template.URL
	More              string
	Systems           []system
	Say               func(key string) string
	// html/template drops comments, and these are instructions to Outlook.
	MSO, EndMSO template.HTML
}

type viewNumber struct {
	Display, Label string
	Tel            template.URL
}

// system is a room system's address.
type system struct{ Label, Address string }

func (p *parts) html(s shape) string {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, string(s), p.view()); err != nil { // only a broken template fails
		panic(err)
	}
	return b.String()
}

func (p *parts) view() view {
	v := view{
		Language: p.words.Language, Subject: p.subject(), Lead: p.lead, Title: p.title, Times: p.times, Notice: p.notice,
		Link: p.ways.Link, Keys: p.keys(),
		Say: func(key string) string { return p.words.Say("invitation." + key) },
		MSO: "<!--[if mso]>", EndMSO: "<![endif]-->",
	}
	if p.note != "" {
		v.Note = strings.Split(p.note, "\n")
	}
	for _, n := range p.ways.Numbers {
		// telURL has let through digits and pauses only.
		v.Numbers = append(v.Numbers, viewNumber{n.Display, n.Label, template.URL(n.Tel)})
	}
	if len(v.Numbers) > 0 {
		v.Tap = v.Numbers[0].Tel
	}
	if p.more {
		v.More = p.ways.DialIn
	}
	if p.ways.SIP != "" {
		v.Systems = append(v.Systems, system{"SIP", p.address(p.ways.SIP, p.ways.SIPBackup)})
	}
	if p.ways.H323 != "" {
		v.Systems = append(v.Systems, system{"H.323", p.address(p.ways.H323, p.ways.H323Backup)})
	}
	return v
}
