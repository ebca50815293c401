package outbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// session is one connection to the mail server. One goroutine has it at a time.
type session struct {
	conn   net.Conn
	client *smtp.Client
	expiry *time.Timer // while it is kept
	sent   int
	begun  bool // the server may have got the message that is under way
	broken bool // of no use for another message
}

// dial connects, secures the connection and signs in.
func (m *Mail) dial(ctx context.Context) (*session, error) {
	conn, err := m.open(ctx)
	if err != nil {
		return nil, &Refusal{Reason: "the mail server cannot be reached", Err: err}
	}
	s := &session{conn: conn}
	defer s.guard(ctx)()
	if err := m.greet(s); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (m *Mail) open(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	d := &net.Dialer{}
	if m.cfg.Scheme == SchemeSubmissions || m.cfg.Scheme == SchemeSMTPS {
		return (&tls.Dialer{NetDialer: d, Config: m.tls(true)}).DialContext(ctx, "tcp", m.cfg.Addr)
	}
	return d.DialContext(ctx, "tcp", m.cfg.Addr)
}

func (m *Mail) tls(verify bool) *tls.Config {
	c := &tls.Config{}
	if m.cfg.TLS != nil {
		c = m.cfg.TLS.Clone()
	}
	c.ServerName, c.MinVersion = m.host, tls.VersionTLS12
	if !verify {
		c.InsecureSkipVerify = true
	}
	return c
}

// greet goes from the server's greeting to where messages may be given.
func (m *Mail) greet(s *session) (err error) {
	s.patience(commandTimeout)
	if s.client, err = smtp.NewClient(s.conn, m.host); err != nil {
		return &Refusal{Reason: "the mail server does not serve us", Err: err}
	}
	if err := s.client.Hello(m.cfg.HELO); err != nil {
		return &Refusal{Reason: "the mail server does not serve us", Err: err}
	}
	_, secure := s.conn.(*tls.Conn)
	if !secure {
		if secure, err = m.startTLS(s); err != nil {
			return err
		}
	}
	if m.cfg.Username == "" {
		return nil
	}
	if err := m.signIn(s, secure); err != nil {
		return &Refusal{Reason: "the mail server does not let the gateway sign in", Err: err}
	}
	return nil
}

// startTLS secures the connection if it is offered (RFC 3207). With scheme smtp
// and no password to lose it is better than nothing even when nobody vouches for
// the certificate (RFC 7435).
func (m *Mail) startTLS(s *session) (secure bool, err error) {
	must := m.cfg.Scheme == SchemeSubmission
	if offered, _ := s.client.Extension("STARTTLS"); !offered {
		if must {
			return false, &Refusal{Reason: "the mail server offers no encryption"}
		}
		return false, nil
	}
	if err := s.client.StartTLS(m.tls(must || m.cfg.Username != "")); err != nil {
		return false, &Refusal{Reason: "the connection to the mail server cannot be encrypted", Err: err}
	}
	return true, nil
}

// signIn takes the best way that the server offers (RFC 4954).
func (m *Mail) signIn(s *session, secure bool) error {
	ip := net.ParseIP(m.host)
	if !secure && m.host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("no password without TLS")
	}
	_, offer := s.client.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(offer))
	user, pass := m.cfg.Username, m.cfg.Password
	for _, way := range []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(user, pass)},
		{"PLAIN", smtp.PlainAuth("", user, pass, m.host, true)},
		{"LOGIN", smtp.LoginAuth(user, pass, m.host, true)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(user, pass)},
	} {
		if slices.Contains(offered, way.name) {
			return s.client.Auth(way.auth)
		}
	}
	return fmt.Errorf("it offers %q", offer)
}

// send gives the server one message (RFC 5321 §3.3). The 250 after the last dot
// is the end of it: what comes after, as RSET, is left to the next message.
func (s *session) send(ctx context.Context, from, to string, body []byte) error {
	defer s.guard(ctx)()
	s.begun = false
	if s.sent > 0 {
		s.patience(commandTimeout)
		if err := s.client.Reset(); err != nil {
			return s.refused("the mail server has closed the connection", err, true)
		}
	}
	s.sent++
	s.patience(commandTimeout)
	utf8, _ := s.client.Extension("SMTPUTF8")
	if !utf8 && !ascii(to) {
		return &Refusal{Reason: "the mail server cannot send to addresses with letters like these", Permanent: true}
	}
	s.client.SkipSMTPUTF8(ascii(to) && ascii(from)) // not every server behind this one can do it
	if err := s.client.Mail("<" + from + ">"); err != nil {
		return s.refused("the mail server refuses our sender", err, false)
	}
	s.patience(commandTimeout)
	if err := s.client.Rcpt("<" + to + ">"); err != nil {
		return s.refused("the mail server refuses the recipient", err, false)
	}
	return s.data(body)
}

func (s *session) data(body []byte) error {
	s.patience(commandTimeout)
	w, err := s.client.Data()
	if err != nil {
		return s.refused("the mail server refuses the message", err, false)
	}
	const block = 32 << 10
	for len(body) > 0 {
		s.patience(dataTimeout)
		n := min(block, len(body))
		if _, err := w.Write(body[:n]); err != nil {
			// Without the last dot the server throws away what it has got.
			return s.refused("the connection to the mail server broke", err, true)
		}
		body = body[n:]
	}
	s.begun = true
	s.patience(acceptTimeout)
	if err := w.Close(); err != nil {
		return s.refused("the mail server refuses the message", err, false)
	}
	return nil
}

// refused makes a Refusal of an error: 5xx is for ever, 4xx for now (RFC 5321
// §4.2.1), anything else a broken connection.
func (s *session) refused(reason string, err error, broken bool) error {
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		s.broken = true
		return &Refusal{Reason: "the connection to the mail server broke", Err: err}
	}
	// 421 and 530 to 538 are about us or the server and not about the message.
	forUs := reply.Code == 421 || reply.Code >= 530 && reply.Code <= 538
	s.broken = broken || forUs
	return &Refusal{
		Reason:    fmt.Sprintf("%s: %s", reason, said(reply)),
		Permanent: reply.Code >= 500 && !forUs && !broken,
	}
}

// said is a server's reply as a host may read it: printable and not endless.
func said(reply *textproto.Error) string {
	text := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return ' '
		}
		return r
	}, reply.Msg)), " ")
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return fmt.Sprintf("%d %s", reply.Code, text)
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// patience says until when the next step must be done.
func (s *session) patience(d time.Duration) { s.conn.SetDeadline(time.Now().Add(d)) }

// guard breaks the connection off when ctx ends, until its result is called.
func (s *session) guard(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	return func() { stop() }
}

// quit says good-bye, without waiting for long.
func (s *session) quit() {
	s.patience(5 * time.Second)
	_ = s.client.Quit() // whether it hears us is the same
	s.close()
}

func (s *session) close() { s.conn.Close() }
