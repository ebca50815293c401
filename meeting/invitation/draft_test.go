package invitation

import (
	"net/url"
	"strings"
	"testing"
)

func TestDrafts(t *testing.T) {
	f := weekly(t)
	f.Title = "Größe & Co + 100 % #1?"
	m := Write(book(t), f)
	d := m.Drafts("ada@example.org", "b+c@example.org")
	for _, tt := range []struct{ draft, scheme, subject, body string }{
		{d.Mailto, "mailto:ada@example.org,b%2Bc@example.org?", "subject", "body"},
		{d.Outlook, "https://outlook.office.com/mail/deeplink/compose?", "subject", "body"},
		{d.Gmail, "https://mail.google.com/mail/?view=cm&fs=1&", "su", "body"},
	} {
		if !strings.HasPrefix(tt.draft, tt.scheme) || len(tt.draft) > longestDraft {
			t.Errorf("%d: %s", len(tt.draft), tt.draft)
		}
		if strings.ContainsAny(tt.draft, "+ \n\r") || strings.Contains(strings.ReplaceAll(tt.draft, "%0D%0A", ""), "%0A") {
			t.Errorf("%s", tt.draft)
		}
		u, err := url.Parse(tt.draft)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if q.Get(tt.subject) != m.Subject {
			t.Errorf("%q, want %q", q.Get(tt.subject), m.Subject)
		}
		if got := q.Get(tt.body); got != strings.ReplaceAll(m.Text, "\n", "\r\n") {
			t.Errorf("%q", got)
		}
	}
	if u, _ := url.Parse(d.Gmail); u.Query().Get("to") != "ada@example.org,b+c@example.org" {
		t.Errorf("%s", d.Gmail)
	}
	if d := m.Drafts(); !strings.HasPrefix(d.Mailto, "mailto:?subject=") || strings.Contains(d.Outlook, "to=") {
		t.Errorf("%+v", d)
	}
}

// TestLongDraft falls back to the short text.
func TestLongDraft(t *testing.T) {
	f := weekly(t)
	f.Note = strings.Repeat("Größe, ", 200)
	m := Write(book(t), f)
	for _, d := range []string{m.Drafts().Mailto, m.Drafts().Outlook, m.Drafts().Gmail} {
		u, err := url.Parse(d)
		if err != nil {
			t.Fatal(err)
		}
		if u.Query().Get("body") != m.Short || len(d) > longestDraft {
			t.Errorf("%d: %s", len(d), d)
		}
	}
}
