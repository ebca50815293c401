package live

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

// Leg is a browser's call.
type Leg interface {
	bridge.Leg
	// Offer answers an SDP offer of the browser: its first, or a later one by
	// which it moves to another network or starts anew.
	Offer(ctx context.Context, sdp string) (answer string, err error)
	// Candidate takes an ICE candidate that the browser has found; an empty one
	// is the last.
	Candidate(candidate string) error
	// Connected is closed once media may flow.
	Connected() <-chan struct{}
	// Press presses a key, as a phone's.
	Press(digit byte)
}

// Legs makes legs. A leg that nobody connects ends by itself.
type Legs interface {
	NewLeg(bridge.Party) (Leg, error)
}

// Ask is what somebody at a page asks for: the room of a guest link, a room by
// its id, or the test call.
type Ask struct {
	Token, RoomID string
	Test          bool
	UserID        string // who is signed in, if anybody
	Name          string
	Language      string
	Source        netip.Addr
}

// Room is what a seat needs to know of its room.
type Room struct {
	ID, Extension, Title string
	Names                string // "ask" or "guest": everyone is Guest
	Invites              bool   // guests see the ways in too
	Ways                 Ways
}

// Verdict says whether somebody may enter now.
type Verdict struct {
	Cause cause.Cause   // None: yes
	Wait  time.Duration // after which trying again makes sense, if known
	Host  bool
	// Own says that the link is somebody's own, and Name whose.
	Own  bool
	Name string
	Room Room // empty of the test call
}

// Entrance lets people in.
type Entrance interface {
	// Check decides before a leg is made; what it lets in is decided on once more
	// by Attend.
	Check(context.Context, Ask) Verdict
	// Attend takes a connected leg into the room and serves it. It returns when
	// the call is over.
	Attend(bridge.Leg, Ask)
}

// User is who has signed in; the zero User is nobody.
type User struct{ ID, Name string }

// Config is what a Live is made of.
type Config struct {
	Bridge   *bridge.Bridge
	Legs     Legs
	Entrance Entrance
	// User tells who has signed in at the page that opens a socket, Source where
	// it is; nil: nobody, and the address that the connection comes from.
	User   func(*http.Request) User
	Source func(*http.Request) netip.Addr
	// Relay is read for each browser; nil: none.
	Relay func() Relay
	// MOS estimates how a call sounds, 0 if that is not known; nil: never.
	MOS func(media.Stats) float64
	// Text says a cause in a language; nil: English.
	Text func(language string, c cause.Cause) string
	// Did is told of each command of a host that was carried out at a page, if not
	// nil. It must not wait.
	Did    func(Deed)
	Logger *slog.Logger // nil: slog.Default()
}

// Deed is what a host has done to a live room at a page.
type Deed struct {
	UserID, Name string // of the host; UserID is empty of who has not signed in
	Source       netip.Addr
	RoomID       string
	Command      Command
}

// Live is the line to all browsers. It serves the signalling WebSocket.
type Live struct {
	cfg Config
	log *slog.Logger

	closing chan struct{}
	work    sync.WaitGroup // follow, seats, watches, sockets

	received, sent atomic.Uint64 // messages

	mu      sync.Mutex
	closed  bool
	conns   map[*conn]struct{}
	sources map[netip.Addr]int // sockets open, by address
	seats   map[string]*seat   // by resume token
	tests   map[netip.Addr]int // test calls, by address
	watches map[string]*watch  // by room
}

// New returns a Live. Start it before the first request.
func New(cfg Config) *Live {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Live{
		cfg: cfg, log: cfg.Logger, closing: make(chan struct{}),
		conns: map[*conn]struct{}{}, sources: map[netip.Addr]int{},
		seats: map[string]*seat{}, tests: map[netip.Addr]int{}, watches: map[string]*watch{},
	}
}

// events is how many of the bridge's events may wait here. What is lost is made
// good by the next look at the roster.
const events = 4096

// Start begins to follow what happens in the rooms.
func (l *Live) Start() {
	ch, cancel := l.cfg.Bridge.Subscribe(events)
	l.work.Go(func() {
		defer cancel()
		for {
			select {
			case e := <-ch:
				l.note(e)
			case <-l.closing:
				return
			}
		}
	})
}

// parting is how long sockets may take to say goodbye.
const parting = time.Second

// Close ends all calls of browsers, closes their sockets and waits. Calls that
// were told of a farewell before have had theirs.
func (l *Live) Close() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		l.work.Wait()
		return
	}
	l.closed = true
	var conns []*conn
	for c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	for _, s := range l.everyone() {
		s.leg.Hangup(cause.Draining)
	}
	for _, c := range conns {
		c.bye(l.farewell(c.language, cause.Draining, 0))
	}
	late := time.AfterFunc(parting, func() {
		for _, c := range conns {
			c.cancel()
		}
	})
	defer late.Stop()
	close(l.closing)
	l.work.Wait()
}

// everyone is all seats.
func (l *Live) everyone() []*seat {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*seat, 0, len(l.seats))
	for _, s := range l.seats {
		all = append(all, s)
	}
	return all
}

// Counts is the state of a Live for metrics.
type Counts struct {
	Browsers       int // calls, whether or not their sockets are open
	Sockets        int
	Received, Sent uint64 // messages since the start
}

// Counts reads the counters.
func (l *Live) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Counts{Browsers: len(l.seats), Sockets: len(l.conns), Received: l.received.Load(), Sent: l.sent.Load()}
}

// Knows says whether a resume token is that of somebody in a call: proof of being
// a guest, and of nothing else.
func (l *Live) Knows(resume string) bool { return l.seated(resume) != nil }

func (l *Live) seated(resume string) *seat {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seats[resume]
}

// Leave ends the call of a page that is being closed, unless the same page comes
// back in a moment: browsers do not tell a reload from a farewell.
func (l *Live) Leave(resume string) {
	if s := l.seated(resume); s != nil {
		s.leaveSoon()
	}
}

// RemoveGuests ends the calls of all who came into a room by its guest link, hosts
// excepted and who has a link of their own, and returns how many they were.
func (l *Live) RemoveGuests(roomID string) int {
	n := 0
	for _, s := range l.everyone() {
		if s.room().ID == roomID && s.ask.Token != "" && !s.own && !s.isHost() {
			s.leg.Hangup(cause.Removed)
			n++
		}
	}
	return n
}

// Word is a cause as pages read it.
func Word(c cause.Cause) string {
	switch c {
	case cause.Hangup, cause.Cancelled:
		return "left"
	case cause.Limit:
		return "busy"
	case cause.Timeout:
		return "lost"
	}
	return c.String()
}

func (l *Live) farewell(language string, c cause.Cause, wait time.Duration) byeMessage {
	text := c.Text()
	if l.cfg.Text != nil {
		text = l.cfg.Text(language, c)
	}
	return byeMessage{Type: "bye", Cause: Word(c), Text: text, Wait: int((wait + time.Second - 1) / time.Second)}
}

// guard is deferred: a panic in what it names is logged, and only that suffers.
func (l *Live) guard(what string, then func()) {
	if v := recover(); v != nil {
		l.log.Error(what+" failed", "panic", v, "stack", string(debug.Stack()))
		then()
	}
}
