package outbox

import (
	"bytes"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"

	"github.com/wneessen/go-mail"
)

// The types of a message's calendar parts. Some programs look for the part beside
// the text (RFC 6047 §2.4), Outlook of some years and webmail for the attachment.
const (
	calendarType   = "text/calendar; method="
	attachmentType = "application/ics"
	attachmentName = "invite.ics"
)

// render writes a message as it goes over the wire (RFC 5322, RFC 2045): text, HTML
// and calendar as alternatives, in UTF-8 and quoted-printable. Its Message-ID is
// of our domain and of the job. RFC 3834 §5 asks for Auto-Submitted, so that no
// robot answers.
func (m *Mail) render(e Envelope) ([]byte, error) {
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	msg.SetMessageIDWithValue(e.ID + "@" + domainOf(m.from.Address))
	msg.SetDateWithValue(m.cfg.Now())
	msg.FromMailAddress(m.from)
	msg.ToMailAddress(&netmail.Address{Name: headerText(e.ToName), Address: e.To})
	if e.ReplyTo != "" {
		to, err := recipient(e.ReplyTo)
		if err != nil {
			return nil, fmt.Errorf("reply-to: %w", err)
		}
		msg.ReplyToMailAddress(&netmail.Address{Name: headerText(e.ReplyToName), Address: to})
	}
	msg.Subject(headerText(e.Subject))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if e.Language != "" {
		msg.SetGenHeader("Content-Language", headerText(e.Language))
	}
	msg.SetBodyString(mail.TypeTextPlain, crlf(e.Text))
	if e.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, crlf(e.HTML))
	}
	if len(e.Calendar) > 0 {
		method := headerText(e.Method)
		if method != "REQUEST" && method != "CANCEL" {
			return nil, fmt.Errorf("a calendar part with method %q", method)
		}
		msg.AddAlternativeString(mail.ContentType(calendarType+method), string(e.Calendar))
		if err := msg.AttachReader(attachmentName, bytes.NewReader(e.Calendar), mail.WithFileContentType(attachmentType)); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, err
	}
	if m.cfg.DKIM == nil {
		return out.Bytes(), nil
	}
	return m.cfg.DKIM.sign(out.Bytes())
}

// headerText makes one line of a text: no text of a host's or guest's begins a
// header field of its own, whatever the library below does about it.
func headerText(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)), " ")
}

// crlf ends lines as mail does.
func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}
