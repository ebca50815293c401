package hep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/trace"
)

const (
	// waiting is how many copies may wait to be sent.
	waiting = 4096
	// patience is how long a connection or a write may take, rest how long the last
	// copies have when the sender closes.
	patience = 5 * time.Second
	rest     = time.Second
	// firstPause and longestPause are between attempts to connect.
	firstPause   = time.Second
	longestPause = 30 * time.Second
	// sure is how long there must be no error before the log says that all is well.
	sure = 5 * time.Second
)

// Config is what a Sender is told.
type Config struct {
	To     string // udp://HOST:PORT or tcp://HOST:PORT
	Source Source
	Logger *slog.Logger
}

// Figures count the copies since the sender was opened.
type Figures struct {
	Sent    uint64
	Dropped uint64 // the queue was full, or there was no connection
}

// Sender sends copies.
type Sender struct {
	cfg     Config
	network string
	addr    string
	log     *slog.Logger
	queue   chan item

	sent, dropped atomic.Uint64

	ctx    context.Context // ends when the sender closes
	cancel context.CancelFunc
	wg     sync.WaitGroup

	// What follows is run's.
	conn   net.Conn
	again  time.Time // not to connect before
	pause  time.Duration
	silent bool      // the log says that the server is away
	failed time.Time // the last attempt that did
	buf    []byte
}

type item struct {
	packet      trace.Packet
	correlation string
}

// Open starts a sender. It connects with the first copy; only an address that is
// none is an error.
func Open(cfg Config) (*Sender, error) {
	u, err := url.Parse(cfg.To)
	if err != nil || u.Port() == "" || u.Scheme != "udp" && u.Scheme != "tcp" {
		return nil, fmt.Errorf("hep: %q is no address: write udp://HOST:PORT or tcp://HOST:PORT", cfg.To)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sender{cfg: cfg, network: u.Scheme, addr: u.Host, log: cfg.Logger, queue: make(chan item, waiting), pause: firstPause}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wg.Go(s.run)
	return s, nil
}

// Send queues a copy. correlation is the Call-ID of the conversation's first leg.
func (s *Sender) Send(p trace.Packet, correlation string) {
	if s.ctx.Err() != nil {
		return
	}
	select {
	case s.queue <- item{p, correlation}:
	default:
		s.dropped.Add(1)
	}
}

// Figures are how many copies were sent and dropped.
func (s *Sender) Figures() Figures { return Figures{s.sent.Load(), s.dropped.Load()} }

// Close sends what waits, for a second at most, and waits for the goroutine.
func (s *Sender) Close() {
	s.cancel()
	s.wg.Wait()
}

// run sends until the sender closes.
func (s *Sender) run() {
	for s.ctx.Err() == nil {
		select {
		case i := <-s.queue:
			s.copy(i)
		case <-s.ctx.Done():
		}
	}
	for end := time.Now().Add(rest); time.Now().Before(end) && (s.conn != nil || s.network == "udp"); {
		select {
		case i := <-s.queue:
			s.copy(i)
			continue
		default:
		}
		break
	}
	s.dropped.Add(uint64(len(s.queue)))
	s.hangUp()
}

// copy sends the packets of one copy.
func (s *Sender) copy(i item) {
	for _, m := range messages(i) {
		s.buf = Append(s.buf[:0], s.cfg.Source, m)
		if err := s.write(s.buf); err != nil {
			s.dropped.Add(1)
			continue
		}
		s.sent.Add(1)
	}
}

// messages are what goes out for a packet.
func messages(i item) []Message {
	p := i.packet
	m := Message{At: p.At, Type: TypeSIP, From: p.Remote, To: p.Local, TCP: p.Network != "UDP", Correlation: i.correlation, Payload: p.Data}
	if p.Out {
		m.From, m.To = m.To, m.From
	}
	switch p.Protocol {
	case trace.SIP:
		return one(m)
	case trace.RTCP:
		m.Type = TypeRTCP
		return one(m)
	case trace.Log:
		m.Type, m.TCP = TypeLog, false
		return one(m)
	}
	line := m
	line.Type, line.Payload = TypeLog, []byte(inWords(&p))
	m.Type = TypeH323
	return append(one(m), line)
}

func one(m Message) []Message {
	if len(m.Payload) == 0 {
		return nil
	}
	return []Message{m}
}

// inWords is a message of H.323 as text.
func inWords(p *trace.Packet) string {
	way := "received"
	if p.Out {
		way = "sent"
	}
	text := p.Protocol + " " + way + " " + p.Summary
	if p.Detail != "" {
		text += ": " + strings.ReplaceAll(p.Detail, "\n", "; ")
	}
	return text
}

// errAway says that the server could not be reached a moment ago.
var errAway = errors.New("hep: the server is away")

// write sends a packet, and connects before if need be.
func (s *Sender) write(packet []byte) error {
	if s.conn == nil {
		if err := s.connect(); err != nil {
			return err
		}
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err := s.conn.Write(packet)
	if err == nil {
		// By UDP every other write succeeds while nobody listens.
		if s.silent && time.Since(s.failed) > sure {
			s.silent, s.pause = false, firstPause
			s.log.Info("copies reach the HEP server again", "server", s.cfg.To)
		}
		return nil
	}
	if s.network == "udp" && !errors.Is(err, net.ErrClosed) {
		s.away(err) // as ICMP said; the next may arrive
		return err
	}
	s.hangUp()
	s.away(err)
	return err
}

// connect opens the connection, unless that has failed a moment ago.
func (s *Sender) connect() error {
	if time.Now().Before(s.again) {
		return errAway
	}
	d := net.Dialer{Timeout: patience}
	ctx := s.ctx
	if ctx.Err() != nil { // the last ones
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.Background(), rest)
		defer cancel()
	}
	conn, err := d.DialContext(ctx, s.network, s.addr)
	if err != nil {
		s.away(err)
		return err
	}
	s.conn = conn
	return nil
}

// away notes that the server cannot be reached, and says so once.
func (s *Sender) away(err error) {
	s.failed = time.Now()
	if s.conn == nil {
		s.again = s.failed.Add(s.pause)
		s.pause = min(2*s.pause, longestPause)
	}
	if !s.silent {
		s.silent = true
		s.log.Warn("copies do not reach the HEP server", "server", s.cfg.To, "error", err)
	}
}

func (s *Sender) hangUp() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}
