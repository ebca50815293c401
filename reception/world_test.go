package reception

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/store"
)

const (
	extension = "112752642"
	guestPIN  = "48219"
	hostPIN   = "97531"
	lineTime  = time.Second // how long every prompt is in these tests
)

// world is a gateway with legs in memory, in virtual time.
type world struct {
	t      *testing.T
	start  time.Time
	speech *speech
	door   *door
	bridge *bridge.Bridge
	recep  *Reception
	ctx    context.Context
	drain  context.CancelFunc
	calls  sync.WaitGroup

	presence presence
}

// presence writes down what invitees do.
type presence struct {
	mu   sync.Mutex
	list []string
}

func (p *presence) RecordPresence(e store.Presence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, e.InviteeID+" "+e.State.String())
	if e.At.IsZero() {
		p.list = append(p.list, "at no time")
	}
}

// did checks what invitees have done since it was asked last.
func (w *world) did(want ...string) {
	w.t.Helper()
	w.presence.mu.Lock()
	defer w.presence.mu.Unlock()
	if !slices.Equal(w.presence.list, want) {
		w.t.Errorf("presence %q, want %q", w.presence.list, want)
	}
	w.presence.list = nil
}

// in runs a test in a bubble of virtual time around a gateway.
func in(t *testing.T, cfg Config, f func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		m, err := media.New(media.Config{Engines: 2, Pacer: media.TimerPacer{}, Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		if cfg.ExtensionLength == 0 {
			cfg.ExtensionLength = len(extension)
		}
		w := &world{t: t, start: time.Now(), speech: &speech{start: time.Now()}}
		cfg.TestExtension, cfg.Logger, cfg.Presence = "9196", log, &w.presence
		w.ctx, w.drain = context.WithCancel(t.Context())
		w.bridge = bridge.New(m, bridge.Config{Logger: log})
		w.door = &door{bridge: w.bridge, room: store.Room{ID: "r1", Extension: extension, Tones: "tone"}}
		w.recep = New(cfg, w.door, w.bridge, w.speech)
		defer func() {
			w.drain()
			w.bridge.Hangup(cause.Draining)
			w.calls.Wait()
			w.bridge.Close()
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(7 * time.Millisecond) // between ticks, so that times repeat exactly
		f(w)
	})
}

// call is a phone that calls in. Its prompts are told from the others' by their
// language, which is its name.
func (w *world) call(name string, e Entry) *memory.Leg {
	w.t.Helper()
	leg := memory.New(name, 16000, bridge.Party{Number: name})
	w.receive(leg, name, e)
	return leg
}

func (w *world) receive(leg bridge.Leg, name string, e Entry) {
	w.t.Helper()
	p, err := w.bridge.Enter(leg)
	if err != nil {
		w.t.Fatal(err)
	}
	e.Language = name
	w.calls.Go(func() { w.recep.Attend(w.ctx, p, e) })
}

// guest and host are calls that are in the room after a moment.
func (w *world) guest(name string) *memory.Leg { return w.join(name, guestPIN) }
func (w *world) host(name string) *memory.Leg  { return w.join(name, hostPIN) }

func (w *world) join(name, pin string) *memory.Leg {
	w.t.Helper()
	leg := w.call(name, Entry{Extension: extension, PIN: pin})
	w.pass(5 * time.Second)
	return leg
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// press presses keys one by one, as a person does.
func (w *world) press(leg *memory.Leg, keys string) {
	for i := range len(keys) {
		leg.Press(keys[i : i+1])
		w.pass(300 * time.Millisecond)
	}
}

// said checks what a call has heard since it was asked last.
func (w *world) said(who string, want ...string) {
	w.t.Helper()
	if got := w.speech.take(who); !slices.Equal(got, want) {
		w.t.Errorf("%s heard %q, want %q", who, got, want)
	}
}

// alive and dead check whether a call lives, and why not.
func (w *world) alive(leg bridge.Leg) {
	w.t.Helper()
	select {
	case <-leg.Done():
		w.t.Errorf("%s is over: %v", leg.ID(), leg.Cause())
	default:
	}
}

func (w *world) dead(leg bridge.Leg, want cause.Cause) {
	w.t.Helper()
	select {
	case <-leg.Done():
		if leg.Cause() != want {
			w.t.Errorf("%s is over for %v, want %v", leg.ID(), leg.Cause(), want)
		}
		if w.bridge.Participant(leg.ID()) != nil {
			w.t.Errorf("%s is over and still in the bridge", leg.ID())
		}
	default:
		w.t.Errorf("%s lives, want it over for %v", leg.ID(), want)
	}
}

// entry is a participant as the room sees it.
func (w *world) entry(id string) bridge.Entry {
	w.t.Helper()
	room := w.bridge.Room(w.door.room.ID)
	if room == nil {
		w.t.Fatalf("nobody is in the room")
	}
	all, err := room.Roster(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range all {
		if e.ID == id {
			return e
		}
	}
	w.t.Fatalf("%s is not in the room", id)
	return bridge.Entry{}
}

// speech stands for the recordings: it writes down what is heard.
type speech struct {
	start time.Time
	mu    sync.Mutex
	lines []*line
}

// line is one prompt that somebody hears.
type line struct {
	s         *speech
	lang, key string
	at        time.Duration // since the start
	frames    int           // of 20 ms
}

func (s *speech) Say(lang string, keys ...string) []bridge.Source {
	var all []bridge.Source
	for _, key := range keys {
		all = append(all, &line{s: s, lang: lang, key: key})
	}
	return all
}

// Music is a line without end, in a language of its own.
func (s *speech) Music() bridge.Source { return &line{s: s, lang: "music", key: "music"} }

func (l *line) Next(frame []int16) bool {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if l.frames == int(lineTime/media.TickDuration) && l.key != "music" {
		return false
	}
	if l.frames == 0 {
		l.at = time.Since(l.s.start)
		l.s.lines = append(l.s.lines, l)
	}
	l.frames++
	clear(frame)
	return true
}

// take returns and forgets what was said in a language.
func (s *speech) take(lang string) (keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.lines[:0]
	for _, l := range s.lines {
		if l.lang == lang {
			keys = append(keys, l.key)
		} else {
			rest = append(rest, l)
		}
	}
	s.lines = rest
	return keys
}

// times returns what was said in a language with its time and length.
func (s *speech) times(lang string) (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if l.lang == lang {
			all = append(all, fmt.Sprintf("%v %s %v", l.at, l.key, time.Duration(l.frames)*media.TickDuration))
		}
	}
	return all
}

// door knows one room.
type door struct {
	bridge *bridge.Bridge
	room   store.Room
	refuse cause.Cause // for the right PIN
	wait   time.Duration
	open   bool                 // no PIN is needed
	opens  time.Time            // before it guests are too early
	own    map[string]store.Who // by personal PIN or link

	mu    sync.Mutex
	asked []admission.Request
}

func (d *door) NeedsPIN(_ context.Context, req admission.Request) bool {
	return !d.open || !d.known(req)
}

func (d *door) known(req admission.Request) bool {
	return req.Extension == d.room.Extension || req.RoomID == d.room.ID
}

// The door's guest link, and the account that may host its room.
const (
	linkToken = "0123456789abcdefghijkl"
	owner     = "ada"
)

// byPage is the verdict on a page; ok is false if the request is a phone's.
func (d *door) byPage(req admission.Request) (v admission.Verdict, ok bool) {
	room := d.room
	switch {
	case req.Invited != store.NoRole && d.known(req):
		return admission.Verdict{Room: &room, Role: req.Invited}, true
	case req.Token == "" && req.User == "":
		return v, false
	case req.Token != "" && req.Token != linkToken && d.own[req.Token] == (store.Who{}):
		return admission.Verdict{Cause: cause.LinkReplaced}, true
	case req.User == owner && (req.Token != "" || d.known(req)):
		return admission.Verdict{Room: &room, Role: admission.Host}, true
	case req.Token == "":
		return admission.Verdict{Cause: cause.Denied}, true
	case d.refuse != cause.None:
		return admission.Verdict{Cause: d.refuse, Backoff: d.wait}, true
	}
	return d.guest(req.Token), true
}

// guest is the verdict on a guest with the right key.
func (d *door) guest(key string) admission.Verdict {
	room := d.room
	v := admission.Verdict{Room: &room, Who: d.own[key]}
	if time.Now().Before(d.opens) {
		v.Cause, v.Opens = cause.TooEarly, d.opens
		return v
	}
	v.Role, v.Lobby, v.Wait = admission.Guest, room.Lobby, room.WaitForHost
	return v
}

func (d *door) Admit(_ context.Context, req admission.Request) admission.Verdict {
	v := d.admit(req)
	if v.Cause != cause.Denied {
		v.Language = d.room.Language
	}
	return v
}

func (d *door) admit(req admission.Request) admission.Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, req)
	if req.Extension == "panic" {
		panic("the door has fallen off")
	}
	if v, ok := d.byPage(req); ok {
		return v
	}
	right := req.PIN == guestPIN || req.PIN == hostPIN || req.PIN == "" && d.open || d.own[req.PIN] != store.Who{}
	if !d.known(req) || !right {
		return admission.Verdict{Cause: cause.Denied}
	}
	if d.refuse != cause.None {
		return admission.Verdict{Cause: d.refuse, Backoff: d.wait}
	}
	if req.PIN == hostPIN {
		room := d.room
		return admission.Verdict{Room: &room, Role: admission.Host}
	}
	return d.guest(req.PIN)
}
