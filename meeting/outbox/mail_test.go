package outbox

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)

func mailTo(address string) Envelope {
	return Envelope{ID: MessageKey("invite/" + address), Message: Message{
		ToName: "Zoë Müller, Dr.", To: address, ReplyToName: "Ada Host", ReplyTo: "ada@example.net", Language: "de",
		Subject: "Einladung: Größe & Maß – wöchentlich",
		Text:    "Grüezi\n.\n..zwei Punkte\n" + strings.Repeat("lang ", 300),
		HTML:    "<p>Grüezi</p>", Calendar: []byte("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"), Method: "REQUEST",
	}}
}

func newMail(t *testing.T, s *mailServer, set func(*MailConfig)) *Mail {
	t.Helper()
	cfg := MailConfig{Scheme: SchemeSMTP, Addr: s.addr, From: "Meetings <meet@example.org>", Now: func() time.Time { return monday }}
	if set != nil {
		set(&cfg)
	}
	m, err := NewMail(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func wantRefusal(t *testing.T, err error, permanent bool, reason string) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Permanent != permanent || !strings.Contains(r.Reason, reason) {
		t.Errorf("error is %#v (%v), want permanent=%v with %q", r, err, permanent, reason)
	}
}

func TestMailAsItArrives(t *testing.T) {
	s := newMailServer(t, nil)
	m := newMail(t, s, nil)
	if err := m.Send(t.Context(), mailTo("zoe@example.com")); err != nil {
		t.Fatal(err)
	}
	got := s.got()[0]
	if got.from != "MAIL FROM:<meet@example.org>" || got.to != "RCPT TO:<zoe@example.com>" {
		t.Errorf("envelope is %q, %q", got.from, got.to)
	}
	for _, line := range strings.Split(got.body, "\r\n") {
		if len(line) > 76+2 || strings.ContainsAny(line, "\n\r") || strings.IndexFunc(line, func(r rune) bool { return r >= 0x80 }) >= 0 {
			t.Errorf("line of %d: %q", len(line), line)
		}
	}
	msg, err := mail.ReadMessage(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"From": `"Meetings" <meet@example.org>`, "Subject": "Einladung: Größe & Maß – wöchentlich", "Auto-Submitted": "auto-generated",
		"Message-Id": "<" + MessageKey("invite/zoe@example.com") + "@example.org>", "Date": "Mon, 30 Nov 2026 14:00:00 +0000",
		"Reply-To": `"Ada Host" <ada@example.net>`, "Content-Language": "de", "Mime-Version": "1.0",
		"Precedence": "", "List-Id": "", "List-Unsubscribe": "", "User-Agent": "", "X-Mailer": "",
	} {
		have, err := new(mime.WordDecoder).DecodeHeader(strings.Join(msg.Header[field], "|"))
		if err != nil || have != want {
			t.Errorf("%s is %q (%v), want %q", field, have, err, want)
		}
	}
	if to, err := msg.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Name != "Zoë Müller, Dr." || to[0].Address != "zoe@example.com" {
		t.Errorf("To is %v, %v", to, err)
	}
	parts := leaves(t, msg.Header.Get("Content-Type"), msg.Body)
	want := []string{
		"multipart/mixed", "multipart/alternative", "text/plain UTF-8 : " + crlf(mailTo("").Text), "text/html UTF-8 : <p>Grüezi</p>",
		"text/calendar UTF-8 REQUEST: BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", "application/ics   attachment invite.ics",
	}
	if len(parts) != len(want) {
		t.Fatalf("parts are %q", parts)
	}
	for i := range want {
		if parts[i] != want[i] {
			t.Errorf("part %d is %q, want %q", i, parts[i], want[i])
		}
	}
}

// leaves describes the parts of a message, in order.
func leaves(t *testing.T, contentType string, body io.Reader) []string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{kind}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart() // undoes quoted-printable
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(kind, "multipart/") {
			list = append(list, leaves(t, p.Header.Get("Content-Type"), p)...)
			continue
		}
		text, _ := io.ReadAll(p)
		what := kind + " " + params["charset"] + " " + params["method"]
		if p.FileName() != "" {
			list = append(list, what+" attachment "+p.FileName())
		} else {
			list = append(list, what+": "+string(text))
		}
	}
}

// A name, a title or an address with line ends adds no header field and no command.
func TestNothingIsInjectedIntoMail(t *testing.T) {
	s := newMailServer(t, nil)
	m := newMail(t, s, nil)
	const evil = "x\r\nBcc: victim@example.org\r\n\r\nbody\x00\u2028Bcc: y"
	e := mailTo("zoe@example.com")
	e.ToName, e.ReplyToName, e.Subject, e.Language = evil, evil, evil, evil
	if err := m.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(s.got()[0].body, "\r\n\r\n")
	if strings.Contains(head, "\nBcc") || strings.Contains(head, "\r\nbody") {
		t.Errorf("header is\n%s", head)
	}
	for _, to := range []string{"", "a@b\r\nRCPT TO:<x@y>", "a b@example.org", "Ada <a@example.org>", "a@b, c@d", "<a@b>", "a@b>"} {
		e := mailTo("zoe@example.com")
		e.To = to
		wantRefusal(t, m.Send(t.Context(), e), true, "no e-mail address")
		if to != "" {
			e.To, e.ReplyTo = "zoe@example.com", to
			wantRefusal(t, m.Send(t.Context(), e), true, "cannot be written")
		}
	}
	e.Method = "REQUEST; x=y"
	e.Method += "\r\nX: y"
	wantRefusal(t, m.Send(t.Context(), e), true, "cannot be written")
	if n := len(s.got()); n != 1 {
		t.Errorf("%d messages were sent", n)
	}
}

func TestConnectionIsUsedAgain(t *testing.T) {
	s := newMailServer(t, nil)
	m := newMail(t, s, nil)
	for _, to := range []string{"a@example.org", "b@example.org", "c@example.org"} {
		if err := m.Send(t.Context(), mailTo(to)); err != nil {
			t.Fatal(err)
		}
	}
	m.Close()
	if n := len(s.got()); n != 3 || s.accepted != 1 {
		t.Errorf("%d messages over %d connections", n, s.accepted)
	}
	// The server's 250 ends a message: RSET comes before the next one, not after.
	if !strings.HasSuffix(s.said(), "DATA\n1: QUIT") {
		t.Errorf("the session ended with\n%s", s.said())
	}
}

// A connection that the server has closed meanwhile is nobody's fault.
func TestClosedConnectionIsReplaced(t *testing.T) {
	s := newMailServer(t, func(s *mailServer) {
		s.reply = func(n int, line string) string {
			if n == 1 && line == "RSET" {
				return "421 4.4.2 idle for too long"
			}
			return ""
		}
	})
	m := newMail(t, s, nil)
	for _, to := range []string{"a@example.org", "b@example.org"} {
		if err := m.Send(t.Context(), mailTo(to)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.got()); n != 2 || s.accepted != 2 {
		t.Errorf("%d messages over %d connections", n, s.accepted)
	}
}

func TestRepliesOfTheServer(t *testing.T) {
	for _, c := range []struct {
		name, at, reply string
		permanent       bool
		reason          string
	}{
		{"greylisted", "RCPT", "450 4.2.0 come back later", false, "the mail server refuses the recipient: 450 4.2.0 come back later"},
		{"unknown", "RCPT", "550 5.1.1 no such user", true, "the mail server refuses the recipient: 550 5.1.1 no such user"},
		{"sender", "MAIL", "553 5.7.1 not you", true, "refuses our sender"},
		{"sign in first", "MAIL", "530 5.7.0 authentication required", false, "refuses our sender"},
		{"shut down", "MAIL", "421 bye", false, "refuses our sender: 421 bye"},
		{"spam", ".", "554 5.7.1 spam", true, "refuses the message: 554 5.7.1 spam"},
		{"full disk", ".", "452 4.3.1 no space", false, "refuses the message"},
		{"closed before the end", "DATA", "close", false, "broke"},
		{"closed after the end", ".", "close", false, "broke"},
		{"greeting", "greeting", "554 no", false, "does not serve us"},
		{"hello", "EHLO", "550 no", false, "does not serve us"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newMailServer(t, func(s *mailServer) {
				s.reply = func(_ int, line string) string {
					if strings.HasPrefix(line, c.at) || c.at == "EHLO" && strings.HasPrefix(line, "HELO") {
						return c.reply
					}
					return ""
				}
			})
			m := newMail(t, s, nil)
			wantRefusal(t, m.Send(t.Context(), mailTo("a@example.org")), c.permanent, c.reason)
			if n := len(s.got()); n != 0 {
				t.Errorf("%d messages were taken", n)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		s := newMailServer(t, nil)
		s.addr = "127.0.0.1:1"
		m := newMail(t, s, nil)
		wantRefusal(t, m.Send(t.Context(), mailTo("a@example.org")), false, "cannot be reached")
	})
}

// One recipient who is refused costs the connection nothing.
func TestRefusedRecipientKeepsTheConnection(t *testing.T) {
	s := newMailServer(t, func(s *mailServer) {
		s.reply = func(_ int, line string) string {
			if strings.Contains(line, "b@") && strings.HasPrefix(line, "RCPT") {
				return "550 5.1.1 no such user"
			}
			return ""
		}
	})
	m := newMail(t, s, nil)
	for _, to := range []string{"a@example.org", "b@example.org", "c@example.org"} {
		if err := m.Send(t.Context(), mailTo(to)); (err != nil) != (to[0] == 'b') {
			t.Error(to, err)
		}
	}
	if n := len(s.got()); n != 2 || s.accepted != 1 {
		t.Errorf("%d messages over %d connections", n, s.accepted)
	}
}

func TestMailIsEncryptedAndSignedIn(t *testing.T) {
	server, client := testTLS(t)
	secure := func(s *mailServer) {
		s.cert, s.features, s.password = server, []string{"AUTH LOGIN PLAIN", "8BITMIME", "SMTPUTF8"}, "geheim"
	}
	implicit := func(s *mailServer) { secure(s); s.implicit = true }
	for _, c := range []struct {
		name   string
		server func(*mailServer)
		set    func(*MailConfig)
		reason string // empty: it is sent
	}{
		{"submission", secure, func(c *MailConfig) {
			c.Scheme, c.TLS, c.Username, c.Password = SchemeSubmission, client, "meet", "geheim"
		}, ""},
		{"submissions", implicit, func(c *MailConfig) {
			c.Scheme, c.TLS, c.Username, c.Password = SchemeSubmissions, client, "meet", "geheim"
		}, ""},
		{"smtps", implicit, func(c *MailConfig) { c.Scheme, c.TLS = SchemeSMTPS, client }, ""},
		{"smtp with a certificate of nobody", secure, nil, ""},
		{"smtp with a certificate of nobody and a password", secure, func(c *MailConfig) { c.Username, c.Password = "meet", "geheim" }, "cannot be encrypted"},
		{"submission with a certificate of nobody", secure, func(c *MailConfig) { c.Scheme = SchemeSubmission }, "cannot be encrypted"},
		{"submission without STARTTLS", nil, func(c *MailConfig) { c.Scheme = SchemeSubmission }, "offers no encryption"},
		{"wrong password", secure, func(c *MailConfig) {
			c.Scheme, c.TLS, c.Username, c.Password = SchemeSubmission, client, "meet", "falsch"
		}, "does not let the gateway sign in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newMailServer(t, c.server)
			m := newMail(t, s, c.set)
			err := m.Send(t.Context(), mailTo("a@example.org"))
			if c.reason == "" {
				if err != nil || len(s.got()) != 1 || c.server != nil && s.secured == 0 && !s.implicit {
					t.Errorf("%v, %d messages, secured %d", err, len(s.got()), s.secured)
				}
				return
			}
			wantRefusal(t, err, false, c.reason)
			if strings.Contains(err.Error(), "falsch") || strings.Contains(s.said(), "MAIL") {
				t.Errorf("%v\n%s", err, s.said())
			}
		})
	}
}

func TestPasswordNeedsTLS(t *testing.T) {
	m, err := NewMail(MailConfig{Scheme: SchemeSMTP, Addr: "mail.example.org:25", From: "meet@example.org", Username: "meet", Password: "geheim"})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.signIn(&session{}, false); err == nil || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("signing in without TLS: %v", err)
	}
}

// International addresses go to servers that take them (RFC 6531).
func TestInternationalAddress(t *testing.T) {
	for _, features := range [][]string{nil, {"SMTPUTF8"}} {
		s := newMailServer(t, func(s *mailServer) { s.features = features })
		m := newMail(t, s, nil)
		err := m.Send(t.Context(), mailTo("zoë@example.org"))
		if features == nil {
			wantRefusal(t, err, true, "letters")
		} else if err != nil || !strings.HasSuffix(s.got()[0].from, " SMTPUTF8") {
			t.Error(err, s.got())
		}
	}
}

func TestMailIsBrokenOffWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newMailServer(t, func(s *mailServer) {
		s.reply = func(_ int, line string) string {
			if line == "DATA" {
				cancel() // no answer comes
				return "354-"
			}
			return ""
		}
	})
	m := newMail(t, s, nil)
	wantRefusal(t, m.Send(ctx, mailTo("a@example.org")), false, "broke")
}

func TestMailConfiguration(t *testing.T) {
	good := MailConfig{Scheme: SchemeSubmission, Addr: "mail.example.org:587", From: "Meetings <meet@example.org>"}
	for _, set := range []func(*MailConfig){
		func(c *MailConfig) { c.From = "nobody" },
		func(c *MailConfig) { c.Scheme = "imap" },
		func(c *MailConfig) { c.Addr = "mail.example.org" },
	} {
		cfg := good
		set(&cfg)
		if _, err := NewMail(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
	if m, err := NewMail(good); err != nil || m.cfg.HELO != "example.org" {
		t.Error(m, err)
	}
}
