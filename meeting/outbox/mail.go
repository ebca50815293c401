package outbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"sync"
	"time"
)

// How long parts of an SMTP session may take. RFC 5321 §4.5.3.2 asks for patience,
// most of all after the last dot: who goes too soon sends twice.
const (
	dialTimeout    = 30 * time.Second
	commandTimeout = 2 * time.Minute
	dataTimeout    = 5 * time.Minute  // for each block of the message
	acceptTimeout  = 10 * time.Minute // for the answer to the last dot
	idleTimeout    = 20 * time.Second // a connection nobody uses
	mostOnOne      = 50               // messages on one connection
)

// Schemes of MailConfig.Scheme.
const (
	SchemeSubmission  = "submission"  // STARTTLS must be offered (RFC 6409), port 587
	SchemeSubmissions = "submissions" // TLS from the first byte (RFC 8314), port 465
	SchemeSMTPS       = "smtps"       // the same
	SchemeSMTP        = "smtp"        // STARTTLS if it is offered, port 25
)

// MailConfig is how mail goes out.
type MailConfig struct {
	Scheme string
	Addr   string // host:port of the server
	From   string // "Meetings <meet@example.org>"
	// Username and Password sign in; without a name nobody does. They are sent
	// over TLS alone, or on the loopback.
	Username, Password string
	// HELO is how we call ourselves; empty: the domain of From.
	HELO string
	DKIM *DKIM       // nil: mail is not signed
	TLS  *tls.Config // nil: the system's roots
	Now  func() time.Time
}

// Mail carries mail to an SMTP server. Connections are kept for a while for the next
// message.
type Mail struct {
	cfg  MailConfig
	from *mail.Address
	host string

	mu     sync.Mutex
	idle   []*session
	closed bool
}

// NewMail checks the configuration. It does not connect.
func NewMail(cfg MailConfig) (*Mail, error) {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("mail: from: %w", err)
	}
	switch cfg.Scheme {
	case SchemeSubmission, SchemeSubmissions, SchemeSMTPS, SchemeSMTP:
	default:
		return nil, fmt.Errorf("mail: %q is no scheme of a mail server", cfg.Scheme)
	}
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if cfg.HELO == "" {
		cfg.HELO = domainOf(from.Address)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Mail{cfg: cfg, from: from, host: host}, nil
}

// domainOf is what follows the last @.
func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// Send gives one message to the server.
func (m *Mail) Send(ctx context.Context, e Envelope) error {
	to, err := recipient(e.To)
	if err != nil {
		return &Refusal{Reason: "this is no e-mail address", Permanent: true, Err: err}
	}
	body, err := m.render(e)
	if err != nil {
		return &Refusal{Reason: "the message cannot be written", Permanent: true, Err: err}
	}
	for {
		s, kept, err := m.connect(ctx)
		if err != nil {
			return err
		}
		err = s.send(ctx, m.from.Address, to, body)
		if err == nil || !s.broken {
			m.keep(s)
			return err
		}
		s.close()
		// A server may close a connection that it has kept for us, at any time:
		// that is nobody's fault, as long as it had not got the message.
		if !kept || s.begun || ctx.Err() != nil {
			return err
		}
	}
}

// recipient checks an address for the envelope: one line, one address.
func recipient(address string) (string, error) {
	a, err := mail.ParseAddress(address)
	if err != nil {
		return "", err
	}
	if a.Address != address || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '<' || r == '>' }) {
		return "", errors.New("not a bare address")
	}
	return address, nil
}

// connect gives a connection that was kept, or a new one.
func (m *Mail) connect(ctx context.Context) (s *session, kept bool, err error) {
	m.mu.Lock()
	if n := len(m.idle); n > 0 {
		s, m.idle = m.idle[n-1], m.idle[:n-1]
		s.expiry.Stop()
		m.mu.Unlock()
		return s, true, nil
	}
	m.mu.Unlock()
	s, err = m.dial(ctx)
	return s, false, err
}

// keep puts a connection by for the next message, for idleTimeout.
func (m *Mail) keep(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || s.sent >= mostOnOne {
		go s.quit()
		return
	}
	m.idle = append(m.idle, s)
	s.expiry = time.AfterFunc(idleTimeout, func() { m.expire(s) })
}

func (m *Mail) expire(s *session) {
	m.mu.Lock()
	for i, o := range m.idle {
		if o == s {
			m.idle = append(m.idle[:i], m.idle[i+1:]...)
			m.mu.Unlock()
			s.quit()
			return
		}
	}
	m.mu.Unlock()
}

// Close says good-bye on the connections that are kept. A Send that is under way
// goes on, and then closes its own.
func (m *Mail) Close() error {
	m.mu.Lock()
	idle := m.idle
	m.idle, m.closed = nil, true
	m.mu.Unlock()
	for _, s := range idle {
		s.expiry.Stop()
		s.quit()
	}
	return nil
}
