package live

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/internal/customer"
	"golang.org/x/time/rate"
)

// The limits on sockets and what comes by them.
const (
	socketsPerSource = 300 // an office is one address
	testsPerSource   = 4
	messagesASecond  = 20
	messageBurst     = 120 // the candidates of a machine with many addresses
)

// GuestCookie says that a browser has been a guest here. It opens nothing; by it
// an API that is for hosts answers "not for guests" instead of "who are you".
const GuestCookie = "partyline_guest"

// ServeHTTP is the signalling WebSocket.
func (l *Live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	source := l.sourceOf(r)
	if !l.enter(source) {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many connections", http.StatusTooManyRequests)
		return
	}
	defer l.exit(source)
	if _, err := r.Cookie(GuestCookie); err != nil && r.Header.Get("Upgrade") != "" {
		http.SetCookie(w, &http.Cookie{
			Name: GuestCookie, Value: rand.Text(), Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		})
	}
	ws, err := websocket.Accept(w, r, nil) // checks the Origin, and has answered if it failed
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(mostMessage)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := &conn{ws: ws, out: make(chan frame, queued), cancel: cancel, live: l}
	if !l.open(c) {
		return
	}
	defer l.shut(c)
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write(ctx)
	}()
	l.talk(ctx, c, r, source)
	<-written // a farewell may be under way
}

// talk reads what the page says until the socket ends.
func (l *Live) talk(ctx context.Context, c *conn, r *http.Request, source netip.Addr) {
	s := l.greet(ctx, c, r, source)
	if s == nil {
		return
	}
	defer s.detach(c)
	messages := rate.NewLimiter(messagesASecond, messageBurst)
	for {
		m, err := c.read(ctx)
		if errors.Is(err, errMessage) {
			c.send(encode(errorMessage{Type: "error", Code: "message", Message: err.Error()}))
			err = nil
			m.Type = ""
		}
		if err != nil {
			c.cancel()
			return
		}
		if !messages.Allow() {
			c.put(frame{text: encode(errorMessage{Type: "error", Code: "rate", Message: "too many messages"}), last: true})
			return
		}
		if m.Type != "" {
			s.obey(ctx, c, m)
		}
	}
}

// greet waits for a hello and gives the seat it leads to, nil if to none: then
// the page has been told why.
func (l *Live) greet(ctx context.Context, c *conn, r *http.Request, source netip.Addr) *seat {
	ctx, cancel := context.WithTimeout(ctx, helloTime)
	defer cancel()
	for range 5 { // a name may be wrong
		m, err := c.read(ctx)
		switch {
		case errors.Is(err, errMessage):
			c.put(frame{text: encode(errorMessage{Type: "error", Code: "message", Message: err.Error()}), last: true})
			return nil
		case err != nil:
			c.cancel()
			return nil
		case m.Type == "ping":
			continue
		case m.Type != "hello":
			c.put(frame{text: encode(errorMessage{Type: "error", Code: "hello", Message: "say hello first"}), last: true})
			return nil
		}
		c.language = m.Lang
		if s := l.resume(m, c); s != nil {
			return s
		}
		s, err := l.seat(ctx, m, c, r, source)
		var failure *Failure
		if errors.As(err, &failure) {
			c.send(encode(failure.message(0)))
			continue
		}
		return s
	}
	c.cancel()
	return nil
}

// resume gives the seat of a hello's resume token to the socket.
func (l *Live) resume(m inbound, c *conn) *seat {
	s := l.seated(m.Resume)
	if m.Resume == "" || s == nil || !s.asked(m) || !s.attach(c) {
		return nil
	}
	return s
}

// seat makes a seat of a hello. Both are nil if the page has been told to go.
func (l *Live) seat(ctx context.Context, m inbound, c *conn, r *http.Request, source netip.Addr) (*seat, error) {
	ask := Ask{Token: m.Link, RoomID: m.Room, Test: m.Test, Language: m.Lang, Source: source}
	name := m.Name
	if l.cfg.User != nil {
		u := l.cfg.User(r)
		ask.UserID = u.ID
		if strings.TrimSpace(name) == "" {
			name = u.Name
		}
	}
	v := l.cfg.Entrance.Check(ctx, ask)
	if v.Cause == cause.None && ask.Test && !l.mayTest(source) {
		v.Cause = cause.Limit
	}
	if v.Cause != cause.None {
		c.bye(l.farewell(c.language, v.Cause, v.Wait))
		return nil, nil
	}
	if !ask.Test && (v.Room.Names != namesGuest || v.Host) {
		if strings.TrimSpace(name) == "" {
			name = v.Name
		}
		var err error
		if ask.Name, err = CleanName(name); err != nil {
			return nil, err
		}
	}
	leg, err := l.cfg.Legs.NewLeg(bridge.Party{
		Name: ask.Name, Address: r.RemoteAddr, Called: v.Room.Extension, Product: cut(r.UserAgent(), 200),
	})
	if err != nil {
		l.log.Error("no leg for a browser", "error", err)
		c.bye(l.farewell(c.language, cause.Internal, 0))
		return nil, nil
	}
	s := &seat{live: l, leg: leg, ask: ask, own: v.Own, token: rand.Text()}
	s.spot.Store(&spot{v.Room, v.Host})
	if !l.begin(s) {
		leg.Hangup(cause.Draining)
		c.bye(l.farewell(c.language, cause.Draining, 0))
		return nil, nil
	}
	if !s.attach(c) { // over already
		c.bye(l.farewell(c.language, leg.Cause(), 0))
		return nil, nil
	}
	return s, nil
}

// namesGuest is the setting of a room in which everyone is "Guest".
const namesGuest = "guest"

func cut(s string, n int) string {
	return strings.ToValidUTF8(s[:min(n, len(s))], "")
}

func (l *Live) sourceOf(r *http.Request) netip.Addr {
	if l.cfg.Source != nil {
		return l.cfg.Source(r)
	}
	a, _ := netip.ParseAddrPort(r.RemoteAddr)
	return a.Addr().Unmap()
}

// enter counts a socket; it says no if its source has too many.
func (l *Live) enter(source netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	source = customer.Of(source)
	if l.sources[source] >= socketsPerSource {
		return false
	}
	l.sources[source]++
	return true
}

func (l *Live) exit(source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	decrement(l.sources, customer.Of(source))
}

func decrement(counts map[netip.Addr]int, key netip.Addr) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

func (l *Live) mayTest(source netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tests[customer.Of(source)] < testsPerSource
}

// open and shut keep the table of sockets.
func (l *Live) open(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.conns[c] = struct{}{}
	l.work.Add(1)
	return true
}

func (l *Live) shut(c *conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	l.work.Done()
}

// begin puts a seat into the tables and lets its call begin.
func (l *Live) begin(s *seat) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.seats[s.token] = s
	if s.ask.Test {
		l.tests[customer.Of(s.ask.Source)]++
	}
	l.watchFor(s)
	l.work.Go(s.serve)
	return true
}

// servers are the ICE servers that a browser is told of.
func (l *Live) servers(id string) []ICEServer {
	if l.cfg.Relay == nil {
		return []ICEServer{}
	}
	return l.cfg.Relay().Servers(time.Now(), id)
}
