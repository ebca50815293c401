package invitation

import (
	"net/url"
	"strings"
)

// longestDraft is what mail programs and browsers take of an address without cutting
// it.
const longestDraft = 1800

// Drafts are addresses that open a mail with the message in it.
type Drafts struct {
	Mailto  string // RFC 6068: the mail program of the device
	Outlook string // Outlook on the web
	Gmail   string
}

// Drafts are the message's, to these addresses, which may be none. Where the text
// would make an address too long, the short text stands for it.
func (m Message) Drafts(to ...string) Drafts {
	list := make([]string, len(to))
	for i, a := range to {
		// The address's own @ stays, as RFC 6068 has it; commas part them.
		list[i] = strings.ReplaceAll(escape(a), "%40", "@")
	}
	all := strings.Join(list, ",")
	return Drafts{
		Mailto:  m.draft("mailto:"+all+"?", "subject=", ""),
		Outlook: m.draft("https://outlook.office.com/mail/deeplink/compose?", "subject=", field("to=", all)),
		Gmail:   m.draft("https://mail.google.com/mail/?view=cm&fs=1&", "su=", field("to=", all)),
	}
}

func field(name, value string) string {
	if value == "" {
		return ""
	}
	return "&" + name + value
}

func (m Message) draft(base, subject, rest string) string {
	base += subject + escape(m.Subject) + rest + "&body="
	if s := base + escape(m.Text); len(s) <= longestDraft {
		return s
	}
	return base + escape(m.Short)
}

// escape percent-encodes everything but unreserved letters, in UTF-8; lines end with
// CRLF (RFC 6068 §5). A space is %20: mail programs show a plus as a plus.
func escape(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
