package web

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/coder/websocket"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
	"github.com/partyline/partyline/web/live"
)

// world is a gateway's page with a real store, a real bridge and browsers whose
// legs are in memory.
type world struct {
	t      testing.TB
	store  *store.Store
	book   *meeting.Book
	bridge *bridge.Bridge
	live   *live.Live
	site   *Site
	server *httptest.Server

	ada  store.User // owns room
	room store.Room

	signIns *memstore.MemStore
	link    string // of room

	mu       sync.Mutex
	now      time.Time // of meetings; zero: as it is
	can      api.Can
	statuses []int
	guesses  int          // failed sign-ins
	early    api.Followed // what every good link leads to, but for the room
	zone     string       // of the room, as links tell it; empty: it is permanent
	legs     int
	calls    *callsOut
}

const password = "correct horse battery staple"

// open makes a world; change may alter the configuration of its site.
func open(t testing.TB, secure bool, change ...func(*Config)) *world {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	w := &world{t: t, signIns: memstore.NewWithCleanupInterval(0), calls: newCallsOut()}
	w.openStore(log)
	m, err := media.New(media.Config{Engines: 1, Pacer: media.TimerPacer{}, Logger: log})
	w.must(err)
	w.must(m.Start())
	w.bridge = bridge.New(m, bridge.Config{Logger: log})
	directory := live.Directory{
		SIP:     "meet.example.org",
		Numbers: []live.Number{{Number: "+41445550100", Label: "Zürich", Language: "de"}, {Number: "+12125550123", Language: "en"}},
	}
	words, err := locales.Open()
	w.must(err)
	w.can = api.Can{Mail: true, SMS: true, Country: "CH", RemindersMin: []int{1440, 60}, JoinEarlyMin: 10, GraceMin: 30}
	w.book = meeting.New(meeting.Config{
		Store: w.store, Now: w.clock, JoinEarly: 10 * time.Minute, Grace: 30 * time.Minute,
		Reminders: []time.Duration{24 * time.Hour, time.Hour},
		End:       func(roomID string) { _ = w.live.Do(context.Background(), roomID, live.Command{Do: "end"}) },
	})
	cfg := Config{
		API: api.Config{
			Book: w.book, Now: w.clock, Can: func() api.Can { w.mu.Lock(); defer w.mu.Unlock(); return w.can },
			Write: func(f invitation.Facts) invitation.Message { return invitation.Write(words, f) },
			NewMeeting: func(context.Context) (store.NewMeeting, error) {
				return store.NewMeeting{NewRoom: store.NewRoom{MaxParticipants: 50, Tones: "tone"}}, nil
			},
			Store: w.store, SignIn: w.signIn, Link: w.follow, Version: "test", Reserved: "9196",
			Record: w.store.RecordChange, Admin: w.played(),
			Directory: func() live.Directory { d := directory; d.Base = w.server.URL; return d },
			NewRoom: func(context.Context) (store.NewRoom, error) {
				return store.NewRoom{Extension: "300100100", MaxParticipants: 50, Tones: "tone"}, nil
			},
			Calls: w.calls,
		},
		Accounts: w.store, Sessions: w.signIns, Secure: secure, Logger: log,
		TestCall: func() string { return "sip:9196@meet.example.org" },
		Routes: func(mux *http.ServeMux) {
			mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) })
		},
		Answered: func(status int) { w.mu.Lock(); w.statuses = append(w.statuses, status); w.mu.Unlock() },
	}
	for _, f := range change {
		f(&cfg)
	}
	w.site, err = New(cfg)
	w.must(err)
	w.live = live.New(live.Config{Bridge: w.bridge, Legs: w, Entrance: w, User: w.site.SignedIn, Source: w.site.Source, Text: w.site.Say, Logger: log})
	w.site.Serve(w.live)
	w.live.Start()
	w.server = httptest.NewUnstartedServer(w.site)
	if secure {
		w.server.EnableHTTP2 = true
		w.server.StartTLS()
	} else {
		w.server.Start()
	}
	t.Cleanup(func() {
		w.live.Close()
		w.server.Close()
		w.bridge.Hangup(cause.Draining)
		w.bridge.Close()
		w.must(m.Close())
		w.must(w.store.Close())
	})
	return w
}

func (w *world) openStore(log *slog.Logger) {
	ctx := w.t.Context()
	var err error
	w.store, err = store.Open(ctx, w.t.TempDir(), log)
	w.must(err)
	w.store.Start()
	w.ada = w.account("ada")
	w.room, err = w.store.AddRoom(ctx, store.NewRoom{Extension: "112752642", Name: "Board & Co", PIN: "48219", HostPIN: "97531", OwnerID: w.ada.ID})
	w.must(err)
	w.link, err = w.store.GuestLink(ctx, w.room.ID)
	w.must(err)
}

// clock is the time of meetings.
func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now.IsZero() {
		return time.Now()
	}
	return w.now
}

// account adds one; each costs a hash that is dear on purpose.
func (w *world) account(name string) store.User {
	w.t.Helper()
	u, err := w.store.AddUser(w.t.Context(), store.NewUser{Email: name + "@example.org", Name: strings.ToUpper(name[:1]) + name[1:], Password: password})
	w.must(err)
	return u
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) signIn(ctx context.Context, email, pw string, _ netip.Addr) (store.User, time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.guesses >= 3 {
		return store.User{}, 90 * time.Second, cause.LockedOut
	}
	u, err := w.store.UserByEmail(ctx, email)
	if err != nil || pw != password { // compared without a hash, which is dear
		w.guesses++
		return store.User{}, 0, store.ErrCredentials
	}
	return u, 0, nil
}

func (w *world) follow(ctx context.Context, token string, _ netip.Addr) (api.Followed, error) {
	if token == "lockedout" {
		return api.Followed{Cause: cause.LockedOut, Wait: 90 * time.Second}, nil
	}
	r, who, err := w.store.RoomByLink(ctx, token)
	switch {
	case errors.Is(err, store.ErrLinkReplaced):
		return api.Followed{Cause: cause.LinkReplaced}, nil
	case errors.Is(err, store.ErrLinkEnded):
		return api.Followed{Cause: cause.LinkEnded}, nil
	case err != nil:
		return api.Followed{Cause: cause.LinkUnknown}, nil
	}
	f := w.early
	f.Room, f.Who = r, who
	if w.zone != "" {
		f.Room.Schedule = &store.Schedule{Zone: w.zone}
	}
	if who.InviteeID != "" {
		if _, f.PIN, err = w.store.InviteeKeys(ctx, who.InviteeID); f.PIN != "" || err != nil {
			return f, err
		}
	}
	f.PIN, _, err = w.store.PINs(ctx, r.ID)
	return f, err
}

// leg is a browser's call in memory, connected by its first offer.
type leg struct {
	*memory.Leg
	up   chan struct{}
	once sync.Once
}

func (l *leg) Offer(context.Context, string) (string, error) {
	l.once.Do(func() { close(l.up) })
	return "v=0", nil
}
func (l *leg) Protocol() string           { return "webrtc" }
func (l *leg) Candidate(string) error     { return nil }
func (l *leg) Connected() <-chan struct{} { return l.up }
func (l *leg) Press(byte)                 {}

// NewLeg implements live.Legs.
func (w *world) NewLeg(p bridge.Party) (live.Leg, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.legs++
	return &leg{Leg: memory.New("w-"+string(rune('a'+w.legs)), 16000, p), up: make(chan struct{})}, nil
}

// Check implements live.Entrance.
func (w *world) Check(ctx context.Context, a live.Ask) live.Verdict {
	f, _ := w.follow(ctx, a.Token, a.Source)
	if a.RoomID != "" {
		var err error
		if f.Room, err = w.store.RoomByID(ctx, a.RoomID); err == nil {
			f.Cause = cause.None
		}
	}
	if f.Cause != cause.None {
		return live.Verdict{Cause: f.Cause, Wait: time.Until(f.Opens)}
	}
	r := f.Room
	return live.Verdict{Host: r.HostedBy(a.UserID), Room: live.Room{ID: r.ID, Title: r.Name, Names: r.Names}}
}

// Attend implements live.Entrance.
func (w *world) Attend(l bridge.Leg, a live.Ask) {
	p, err := w.bridge.Enter(l)
	if err != nil {
		return
	}
	defer p.Exit()
	v := w.Check(context.Background(), a)
	if _, err := w.bridge.Join(context.Background(), p, bridge.RoomConfig{ID: v.Room.ID}, bridge.JoinOptions{Name: a.Name, Host: v.Host}); err != nil {
		return
	}
	<-l.Done()
}

// browser is a client with cookies.
type browser struct {
	w    *world
	http *http.Client
	head http.Header
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	c := *w.server.Client()
	c.Jar = jar
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{w: w, http: &c, head: http.Header{}}
}

// signedIn is a browser of a host.
func (w *world) signedIn(u store.User) *browser {
	w.t.Helper()
	b := w.browser()
	a := b.do("POST", "/api/v1/session", `{"email":"`+u.Email+`","password":"`+password+`"}`)
	if a.status != 200 {
		w.t.Fatalf("not signed in: %d %s", a.status, a.body)
	}
	return b
}

type answer struct {
	status int
	body   string
	http.Header
	response *http.Response
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	m := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("no JSON: %v\n%.500s", err, a.body)
	}
	return m
}

// do sends a request with a JSON body, unless that is empty.
func (b *browser) do(method, path, body string) answer {
	b.w.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, b.w.server.URL+path, in)
	b.w.must(err)
	r.Header = b.head.Clone()
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := b.http.Do(r)
	b.w.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	b.w.must(err)
	return answer{res.StatusCode, string(text), res.Header, res}
}

func (b *browser) get(path string) answer { b.w.t.Helper(); return b.do("GET", path, "") }

// call opens the signalling socket, joins and gives the welcome.
func (b *browser) call(hello string) (you, resume string, ws *websocket.Conn) {
	b.w.t.Helper()
	ctx, cancel := context.WithTimeout(b.w.t.Context(), 10*time.Second)
	defer cancel()
	// A WebSocket wants HTTP/1.1.
	transport := b.w.server.Client().Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2, transport.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
	if transport.TLSClientConfig != nil {
		transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	ws, _, err := websocket.Dial(ctx, b.w.server.URL+"/api/v1/signal", &websocket.DialOptions{
		HTTPClient: &http.Client{Jar: b.http.Jar, Transport: transport},
	})
	b.w.must(err)
	b.w.t.Cleanup(func() { ws.CloseNow() })
	b.w.must(ws.Write(ctx, websocket.MessageText, []byte(hello)))
	_, text, err := ws.Read(ctx)
	b.w.must(err)
	var welcome struct{ Type, You, Resume string }
	if json.Unmarshal(text, &welcome); welcome.Type != "welcome" {
		b.w.t.Fatalf("not welcome: %s", text)
	}
	b.w.must(ws.Write(ctx, websocket.MessageText, []byte(`{"type":"offer","sdp":"v=0"}`)))
	for state := ""; state != "room"; {
		_, text, err := ws.Read(ctx)
		b.w.must(err)
		var m struct{ Type, State string }
		json.Unmarshal(text, &m)
		state = m.State
	}
	return welcome.You, welcome.Resume, ws
}

func (w *world) guestHello() string {
	return `{"type":"hello","v":1,"link":"` + w.link + `","name":"Gus"}`
}
