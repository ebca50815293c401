package live

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

// world is a gateway with a real HTTP server on pipes, browsers whose legs are in
// memory, and virtual time.
type world struct {
	t       *testing.T
	bridge  *bridge.Bridge
	live    *Live
	door    *door
	legs    *legs
	dial    func(context.Context, string, string) (net.Conn, error)
	user    User // who is signed in
	relay   Relay
	sockets []*websocket.Conn
}

func in(t *testing.T, f func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		m, err := media.New(media.Config{Engines: 1, Pacer: media.TimerPacer{}, Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, legs: &legs{}}
		w.bridge = bridge.New(m, bridge.Config{Logger: log})
		w.door = &door{bridge: w.bridge, room: Room{ID: "r1", Extension: "112752642", Title: "Board", Names: "ask"}}
		w.live = New(Config{
			Bridge: w.bridge, Legs: w.legs, Entrance: w.door, Logger: log,
			User:   func(*http.Request) User { return w.user },
			Relay:  func() Relay { return w.relay },
			Source: func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.7") },
			MOS:    func(media.Stats) float64 { return 4.21 },
		})
		w.live.Start()
		pipes := &pipes{to: make(chan net.Conn), closed: make(chan struct{})}
		w.dial = pipes.dial
		server := &http.Server{Handler: w.live}
		go server.Serve(pipes)
		defer func() {
			w.live.Close()
			for _, ws := range w.sockets {
				ws.CloseNow()
			}
			server.Close()
			w.bridge.Hangup(cause.Draining)
			synctest.Wait()
			w.bridge.Close()
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}()
		f(w)
	})
}

// pipes is a listener in memory.
type pipes struct {
	to     chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.to:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.to <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// leg is a browser's call in memory.
type leg struct {
	*memory.Leg
	up      chan struct{}
	once    sync.Once
	mu      sync.Mutex
	offers  []string
	pressed string
}

func (l *leg) Protocol() string { return "webrtc" }
func (l *leg) Offer(_ context.Context, sdp string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sdp == "bad" {
		return "", errors.New("bad offer")
	}
	l.offers = append(l.offers, sdp)
	l.once.Do(func() { close(l.up) })
	return "answer to " + sdp, nil
}
func (l *leg) Candidate(c string) error { return nil }
func (l *leg) Connected() <-chan struct{} {
	return l.up
}
func (l *leg) Press(d byte) { l.mu.Lock(); l.pressed += string(d); l.mu.Unlock() }

type legs struct {
	mu  sync.Mutex
	all []*leg
}

func (l *legs) NewLeg(p bridge.Party) (Leg, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	made := &leg{Leg: memory.New("w-"+string(rune('a'+len(l.all))), 16000, p), up: make(chan struct{})}
	l.all = append(l.all, made)
	return made, nil
}

func (l *legs) last() *leg {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[len(l.all)-1]
}

// door knows one room, by the link "guest" or "host" or its id.
type door struct {
	bridge *bridge.Bridge
	room   Room
	refuse cause.Cause
	lobby  bool
	// invited is the name of whom the guest link was sent to.
	invited string

	mu   sync.Mutex
	asks []Ask
}

func (d *door) Check(_ context.Context, a Ask) Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asks = append(d.asks, a)
	switch {
	case d.refuse != cause.None:
		return Verdict{Cause: d.refuse, Wait: 90 * time.Second}
	case a.Test:
		return Verdict{}
	case a.RoomID == d.room.ID && a.UserID != "", a.Token == "host":
		return Verdict{Host: true, Room: d.room}
	case a.Token == "guest":
		return Verdict{Room: d.room, Own: d.invited != "", Name: d.invited}
	}
	return Verdict{Cause: cause.Denied}
}

func (d *door) Attend(l bridge.Leg, a Ask) {
	if a.Name == "Panic" {
		panic("a fault in one call")
	}
	p, err := d.bridge.Enter(l)
	if err != nil {
		l.Hangup(cause.Internal)
		return
	}
	defer p.Exit()
	if !a.Test {
		host := a.UserID != "" || a.Token == "host"
		if _, err := d.bridge.Join(context.Background(), p, bridge.RoomConfig{ID: d.room.ID, Name: d.room.Title},
			bridge.JoinOptions{Name: a.Name, Host: host, Lobby: d.lobby && !host}); err != nil {
			l.Hangup(cause.Internal)
			return
		}
	}
	for {
		select {
		case <-l.Done():
			return
		case n := <-p.Notices():
			if n.Kind == bridge.NoticeRemoved {
				l.Hangup(cause.Removed)
			}
		}
	}
}

// phone puts a telephone into the room.
func (w *world) phone(id, name, number string) *memory.Leg {
	w.t.Helper()
	l := memory.New(id, 8000, bridge.Party{Name: name, Number: number, Trunk: "carrier"})
	p, err := w.bridge.Enter(l)
	if err != nil {
		w.t.Fatal(err)
	}
	go func() {
		<-l.Done()
		p.Exit()
	}()
	if _, err := w.bridge.Join(w.t.Context(), p, bridge.RoomConfig{ID: w.door.room.ID}, bridge.JoinOptions{Lobby: w.door.lobby}); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return l
}

// page is a browser's page.
type page struct {
	t      *testing.T
	ws     *websocket.Conn
	resume string
	you    string
	leg    *leg

	mu   sync.Mutex
	got  []map[string]any
	at   []time.Time
	over bool
}

// connect opens a socket.
func (w *world) connect(header http.Header) *page {
	w.t.Helper()
	ws, res, err := websocket.Dial(w.t.Context(), "ws://gw.example/api/v1/signal", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: &http.Transport{DialContext: w.dial}}, HTTPHeader: header,
	})
	if err != nil {
		w.t.Fatalf("no socket: %v %v", err, res)
	}
	ws.SetReadLimit(1 << 20)
	p := &page{t: w.t, ws: ws}
	go func() {
		for {
			_, text, err := ws.Read(context.Background())
			p.mu.Lock()
			if err != nil {
				p.over = true
				p.mu.Unlock()
				return
			}
			m := map[string]any{}
			json.Unmarshal(text, &m)
			p.got, p.at = append(p.got, m), append(p.at, time.Now())
			p.mu.Unlock()
		}
	}()
	w.sockets = append(w.sockets, ws)
	return p
}

// join is a page that is connected, and in the room or its lobby.
func (w *world) join(hello string) *page {
	w.t.Helper()
	p := w.connect(nil)
	p.say(hello)
	p.leg = w.legs.last()
	welcome := p.take("welcome")
	if welcome == nil {
		w.t.Fatalf("no welcome to %s: %v", hello, p.got)
	}
	p.you, p.resume = welcome["you"].(string), welcome["resume"].(string)
	p.say(`{"type":"offer","sdp":"v=0"}`)
	pass(300 * time.Millisecond)
	return p
}

const (
	guestHello = `{"type":"hello","v":1,"link":"guest","name":"Ada"}`
	hostHello  = `{"type":"hello","v":1,"link":"host","name":"Grace"}`
)

func (p *page) say(text string) {
	p.t.Helper()
	if err := p.ws.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		p.t.Logf("%s was not taken: %v", text, err)
	}
	pass(time.Millisecond)
}

// take gives the first message of a type, and forgets it; nil if there is none.
func (p *page) take(kind string) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, m := range p.got {
		if m["type"] == kind {
			p.got = append(p.got[:i:i], p.got[i+1:]...)
			p.at = append(p.at[:i:i], p.at[i+1:]...)
			return m
		}
	}
	return nil
}

// last gives the last message of a type and forgets all of them.
func (p *page) last(kind string) map[string]any {
	var last map[string]any
	for m := p.take(kind); m != nil; m = p.take(kind) {
		last = m
	}
	return last
}

func (p *page) forget() { p.mu.Lock(); p.got, p.at = nil, nil; p.mu.Unlock() }

func (p *page) closed() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.over }

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// people are the ids of a roster or delta by name.
func people(m map[string]any, key string) map[string]map[string]any {
	all := map[string]map[string]any{}
	list, _ := m[key].([]any)
	for _, x := range list {
		p := x.(map[string]any)
		all[p["name"].(string)] = p
	}
	return all
}
