package admission

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// world is a store in memory; the real one is in TestRestart.
type world struct {
	rooms map[string]*store.Room // by extension
	pins  map[string]Role        // "id|pin"
	own   map[string]store.Who   // by "id|pin" and by token
	users map[string]store.User  // by id

	mu       sync.Mutex
	attempts []store.Attempt
	checked  int
	hashed   int
	busy     bool
	count    int
	locked   bool
	log      bytes.Buffer
}

func newWorld() *world {
	return &world{
		rooms: map[string]*store.Room{
			"1000": {ID: "a", Extension: "1000", HasPIN: true, HasHostPIN: true, MaxParticipants: 3},
			"2000": {ID: "b", Extension: "2000", HasPIN: true, HasHostPIN: true, Lobby: true, WaitForHost: true, OwnerID: "ada"},
			"3000": {ID: "c", Extension: "3000", HasHostPIN: true},
		},
		pins: map[string]Role{
			"a|48219": Guest, "a|97531": Host, "b|48219": Guest, "b|97531": Host, "c|": Guest, "c|97531": Host,
		},
		users: map[string]store.User{
			"ada": {ID: "ada", Email: "ada@example.org"},
			"ben": {ID: "ben", Email: "ben@example.org"},
			"off": {ID: "off", Email: "off@example.org", Disabled: true},
		},
	}
}

func (w *world) RoomByExtension(_ context.Context, e string) (*store.Room, error) {
	if r := w.rooms[e]; r != nil {
		c := *r
		return &c, nil
	}
	return nil, store.ErrNotFound
}

func (w *world) RoomByID(_ context.Context, id string) (*store.Room, error) {
	for _, r := range w.rooms {
		if r.ID == id {
			c := *r
			return &c, nil
		}
	}
	return nil, store.ErrNotFound
}

func (w *world) CheckPIN(_ context.Context, id, pin string) (store.Key, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checked++
	if role := w.pins[id+"|"+pin]; role != store.NoRole {
		return store.Key{Role: role, Guest: w.own[id+"|"+pin]}, nil
	}
	return store.Key{}, store.ErrWrongPIN
}

func (w *world) RoomByLink(ctx context.Context, token string) (*store.Room, store.Who, error) {
	switch token {
	case "old":
		return nil, store.Who{}, store.ErrLinkReplaced
	case "gone":
		return nil, store.Who{}, store.ErrLinkEnded
	case "link-b":
		r, err := w.RoomByID(ctx, "b")
		return r, store.Who{}, err
	case "link-m", "link-anna":
		r, err := w.RoomByID(ctx, "m")
		return r, w.own[token], err
	}
	return nil, store.Who{}, store.ErrNotFound
}

func (w *world) UserByID(_ context.Context, id string) (store.User, error) {
	if u, ok := w.users[id]; ok {
		return u, nil
	}
	return store.User{}, store.ErrNoUser
}

func (w *world) Authenticate(_ context.Context, email, password string) (store.User, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hashed++
	if w.busy {
		return store.User{}, store.ErrBusy
	}
	for _, u := range w.users {
		if u.Email == store.SignInName(email) && password == "right" && !u.Disabled {
			return u, nil
		}
	}
	return store.User{}, store.ErrCredentials
}

func (w *world) Fingerprint(s string) string { return fmt.Sprintf("%x", s) }

func (w *world) Attempts(_ context.Context, since time.Time) ([]store.Attempt, error) {
	var list []store.Attempt
	for _, a := range w.attempts {
		if !a.At.Before(since) {
			list = append(list, a)
		}
	}
	return list, nil
}

func (w *world) RecordAttempt(a store.Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, a)
}

func (w *world) Count(string) int   { return w.count }
func (w *world) Locked(string) bool { return w.locked }

func (w *world) admission(t *testing.T) *Admission {
	t.Helper()
	a, err := New(t.Context(), Config{Logger: slog.New(slog.NewTextHandler(&w.log, nil))}, w, w)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func request(source, extension, pin string) Request {
	return Request{Extension: extension, PIN: pin, Source: Source{source}}
}

// guess makes n wrong guesses.
func guess(t *testing.T, a *Admission, source, extension string, n int) {
	t.Helper()
	for i := range n {
		if v := a.Admit(t.Context(), request(source, extension, "666666")); v.Cause != cause.Denied {
			t.Fatalf("guess %d: %v", i+1, v.Cause)
		}
	}
}

func expect(t *testing.T, a *Admission, r Request, want cause.Cause) Verdict {
	t.Helper()
	v := a.Admit(t.Context(), r)
	if v.Cause != want {
		t.Helper()
		t.Fatalf("%+v: %v, want %v", r, v.Cause, want)
	}
	if want != cause.None && (v.Room != nil || v.Role != store.NoRole || v.Lobby || v.Wait) {
		t.Errorf("a refusal tells of the room: %+v", v)
	}
	return v
}

func TestAdmit(t *testing.T) {
	w := newWorld()
	a := w.admission(t)
	tests := []struct {
		request     Request
		cause       cause.Cause
		id          string
		role        Role
		lobby, wait bool
	}{
		{request("s", "1000", "48219"), cause.None, "a", Guest, false, false},
		{request("s", "1000", "97531"), cause.None, "a", Host, false, false},
		{request("s", "2000", "48219"), cause.None, "b", Guest, true, true},
		{request("s", "2000", "97531"), cause.None, "b", Host, false, false},
		{request("s", "3000", ""), cause.None, "c", Guest, false, false},
		{request("s", "3000", "97531"), cause.None, "c", Host, false, false},
		{Request{RoomID: "b", PIN: "48219"}, cause.None, "b", Guest, true, true},
		{Request{RoomID: "b", Extension: "1000", PIN: "48219"}, cause.None, "b", Guest, true, true},
		{request("s", "1000", "48218"), cause.Denied, "", 0, false, false},
		{request("s", "1000", ""), cause.Denied, "", 0, false, false},
		{request("s", "3000", "48219"), cause.Denied, "", 0, false, false},
		{request("s", "9999", "48219"), cause.Denied, "", 0, false, false},
		{request("s", "9999", ""), cause.Denied, "", 0, false, false},
		{request("s", "", ""), cause.Denied, "", 0, false, false},
		{Request{RoomID: "nowhere", PIN: "48219"}, cause.Denied, "", 0, false, false},
	}
	for _, tt := range tests {
		v := expect(t, a, tt.request, tt.cause)
		id := ""
		if v.Room != nil {
			id = v.Room.ID
		}
		if id != tt.id || v.Role != tt.role || v.Lobby != tt.lobby || v.Wait != tt.wait {
			t.Errorf("%+v: %+v", tt.request, v)
		}
	}
	if w.checked != len(tests) {
		t.Errorf("%d requests made %d PIN checks: unknown extensions must cost the same", len(tests), w.checked)
	}
	if n := len(w.attempts); n != 4 {
		t.Errorf("%d attempts recorded, want the 4 with a wrong PIN", n)
	}
	for _, s := range []string{"48218", "48219", "9999"} {
		if strings.Contains(w.log.String(), s) {
			t.Errorf("%s was entered and is in the log:\n%s", s, w.log.String())
		}
	}
}

func TestNeedsPIN(t *testing.T) {
	a := newWorld().admission(t)
	for r, want := range map[Request]bool{
		{Extension: "1000"}: true, {Extension: "9999"}: true, {Extension: "3000"}: false, {RoomID: "c"}: false, {}: true,
	} {
		if got := a.NeedsPIN(t.Context(), r); got != want {
			t.Errorf("%+v: %v", r, got)
		}
	}
}

func TestLive(t *testing.T) {
	w := newWorld()
	a := w.admission(t)
	w.count = 3
	expect(t, a, request("s", "1000", "48219"), cause.Full)
	expect(t, a, request("s", "1000", "97531"), cause.Full)
	expect(t, a, request("s", "1000", "1"), cause.Denied)
	expect(t, a, request("s", "2000", "48219"), cause.None) // no limit
	w.count = 2
	expect(t, a, request("s", "1000", "48219"), cause.None)
	w.locked = true
	expect(t, a, request("s", "1000", "48219"), cause.Locked)
	expect(t, a, request("s", "1000", "1"), cause.Denied)
	expect(t, a, request("s", "1000", "97531"), cause.None)
}

// TestSourceLimit: 20 in 10 minutes over all rooms, known or not; the right PIN
// is refused, and 10 minutes later it is not.
func TestSourceLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a := w.admission(t)
		for i := range PerSource {
			guess(t, a, "s", []string{"1000", "2000", "9999"}[i%3], 1)
			time.Sleep(time.Second)
		}
		for range 100 {
			v := expect(t, a, request("s", "1000", "48219"), cause.LockedOut)
			if v.Backoff <= 0 || v.Backoff > Window {
				t.Fatalf("back-off %v", v.Backoff)
			}
			expect(t, a, request("s", "9999", "48219"), cause.LockedOut)
			expect(t, a, request("s", "1000", "666666"), cause.LockedOut)
		}
		expect(t, a, request("other", "1000", "48219"), cause.None)
		time.Sleep(Window - 2*time.Second)
		expect(t, a, request("s", "1000", "48219"), cause.LockedOut)
		time.Sleep(time.Second)
		expect(t, a, request("s", "1000", "48219"), cause.None)
		if len(w.attempts) != PerSource {
			t.Errorf("%d attempts recorded", len(w.attempts))
		}
	})
}

// TestSlowGuesses: fewer than 20 in any 10 minutes never lock out.
func TestSlowGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newWorld().admission(t)
		for range 200 {
			guess(t, a, "s", "1000", 1)
			time.Sleep(Window/(PerSource-1) + time.Second)
		}
		expect(t, a, request("s", "1000", "48219"), cause.None)
	})
}

// TestSuccessForgivesNothing: knowing one PIN is no licence to guess others.
func TestSuccessForgivesNothing(t *testing.T) {
	a := newWorld().admission(t)
	for range PerSource {
		guess(t, a, "s", "1000", 1)
		if v := a.Admit(t.Context(), request("s", "2000", "48219")); v.Cause == cause.LockedOut {
			break
		}
	}
	expect(t, a, request("s", "2000", "48219"), cause.LockedOut)
}

// TestRoomLimit: many sources guess at one room. It locks, by extension and id
// alike, for 10 minutes however they go on; a host that has been there is not
// held up, and an unknown extension locks in the same way.
func TestRoomLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newWorld().admission(t)
		expect(t, a, request("host", "1000", "97531"), cause.None)
		expect(t, a, request("guest", "1000", "48219"), cause.None)
		for _, extension := range []string{"1000", "9999"} {
			for i := range PerRoom {
				guess(t, a, fmt.Sprint("stranger", i), extension, 1)
			}
			expect(t, a, request("new", extension, "48219"), cause.LockedOut)
		}
		expect(t, a, Request{RoomID: "a", PIN: "48219", Source: Source{"new"}}, cause.LockedOut)
		expect(t, a, request("new", "1000", "97531"), cause.LockedOut)
		expect(t, a, request("guest", "1000", "48219"), cause.LockedOut)
		expect(t, a, request("host", "1000", "97531"), cause.None)
		expect(t, a, request("new", "2000", "48219"), cause.None)
		known := request("signed in", "1000", "48219")
		known.User = "ben" // who is no host of it
		expect(t, a, known, cause.None)
		for i := range 599 { // they go on
			expect(t, a, request(fmt.Sprint("stranger", i), "1000", "666666"), cause.LockedOut)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		expect(t, a, request("new", "1000", "97531"), cause.None)
	})
}

// TestOpenRoom: a room without PIN has nothing to guess, so that nobody can lock
// its guests out; its host PIN can be guessed.
func TestOpenRoom(t *testing.T) {
	a := newWorld().admission(t)
	for i := range PerRoom {
		guess(t, a, fmt.Sprint("stranger", i), "3000", 1)
	}
	expect(t, a, request("new", "3000", ""), cause.None)
	expect(t, a, request("new", "3000", "97531"), cause.LockedOut)
}

// TestHostsOwnFailures: having been host is no licence either.
func TestHostsOwnFailures(t *testing.T) {
	a := newWorld().admission(t)
	expect(t, a, request("host", "1000", "97531"), cause.None)
	guess(t, a, "host", "1000", PerSource)
	expect(t, a, request("host", "1000", "97531"), cause.LockedOut)
}

// TestParallel: the limit holds whatever the number of calls at once.
func TestParallel(t *testing.T) {
	w := newWorld()
	a := w.admission(t)
	var denied, out int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			v := a.Admit(context.Background(), request("s", "1000", "666666"))
			mu.Lock()
			defer mu.Unlock()
			switch v.Cause {
			case cause.Denied:
				denied++
			case cause.LockedOut:
				out++
			}
		})
	}
	wg.Wait()
	if denied != PerSource || out != 200-PerSource {
		t.Errorf("%d denied, %d locked out", denied, out)
	}
}

func TestLockoutOff(t *testing.T) {
	a := newWorld().admission(t)
	a.SetLockout(false)
	guess(t, a, "s", "1000", 5*PerSource)
	expect(t, a, request("s", "1000", "48219"), cause.None)
	a.SetLockout(true)
	expect(t, a, request("s", "1000", "48219"), cause.LockedOut)
}

// TestRestart: lock-outs of source and room survive, in the real store.
func TestRestart(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(ctx, dir, log)
	if err != nil {
		t.Fatal(err)
	}
	room, err := s.AddRoom(ctx, store.NewRoom{Extension: "1000", PIN: "48219", HostPIN: "97531"})
	if err != nil {
		t.Fatal(err)
	}
	s.AddRoom(ctx, store.NewRoom{Extension: "2000", PIN: "48219"})
	a, err := New(ctx, Config{Logger: log}, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := expect(t, a, request("s", "1000", "97531"), cause.None); v.Role != Host || v.Room.ID != room.ID {
		t.Errorf("%+v", v)
	}
	guess(t, a, "s", "1000", PerSource)
	guess(t, a, "s2", "1000", PerRoom-PerSource)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = store.Open(ctx, dir, log)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a, err = New(ctx, Config{Logger: log}, s, nil); err != nil {
		t.Fatal(err)
	}
	expect(t, a, request("s", "2000", "48219"), cause.LockedOut)
	expect(t, a, request("s2", "1000", "48219"), cause.LockedOut)
	expect(t, a, request("s2", "2000", "48219"), cause.None)
}

// TestClock: failures from before a restart count by their age; a clock that was
// set back makes them new, not void.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			age    time.Duration
			before cause.Cause // 4 minutes after the start
			after  cause.Cause // 10 minutes after the start
		}{
			{time.Minute, cause.LockedOut, cause.None},
			{7 * time.Minute, cause.None, cause.None},
			{-time.Hour, cause.LockedOut, cause.None},
			{-24 * time.Hour, cause.LockedOut, cause.None},
		} {
			w := newWorld()
			for range PerSource {
				w.attempts = append(w.attempts, store.Attempt{Source: "s", Room: "x", At: time.Now().Add(-tt.age)})
			}
			a := w.admission(t)
			time.Sleep(4 * time.Minute)
			expect(t, a, request("s", "1000", "48219"), tt.before)
			time.Sleep(6 * time.Minute)
			expect(t, a, request("s", "1000", "48219"), tt.after)
		}
	})
}

func TestSourceOf(t *testing.T) {
	ip := netip.MustParseAddr
	same := [][2]Source{
		{SourceOf("", "a", ip("192.0.2.1")), SourceOf("", "b", ip("::ffff:192.0.2.1"))},
		{SourceOf("", "", ip("2001:db8:1:2::1")), SourceOf("", "", ip("2001:db8:1:2:ffff::9"))},
		{SourceOf("t", "+41 44 555 01 00", ip("192.0.2.1")), SourceOf("t", "sip:+41445550100@c.example;user=phone", ip("192.0.2.2"))},
		{SourceOf("t", "0041445550100", ip("192.0.2.1")), SourceOf("t", "\"A\" <sip:+41445550100@c.example>;tag=1", ip("192.0.2.1"))},
		{SourceOf("t", "", ip("192.0.2.1")), SourceOf("t", "sip:anonymous@anonymous.invalid", ip("192.0.2.2"))},
		{SourceOf("t", "Unavailable", ip("192.0.2.1")), SourceOf("t", "Anonymous", ip("192.0.2.2"))},
	}
	for _, s := range same {
		if s[0] != s[1] {
			t.Errorf("%v and %v differ", s[0], s[1])
		}
	}
	other := []Source{
		SourceOf("", "", ip("192.0.2.1")), SourceOf("", "", ip("192.0.2.2")), SourceOf("", "", ip("2001:db8:1:2::1")),
		SourceOf("", "", ip("2001:db8:1:3::1")), SourceOf("t", "1", ip("192.0.2.1")), SourceOf("t", "2", ip("192.0.2.1")),
		SourceOf("u", "1", ip("192.0.2.1")), SourceOf("t", "", ip("192.0.2.1")), SourceOf("u", "", ip("192.0.2.1")), SourceOf("", "", netip.Addr{}),
	}
	seen := make(map[string]bool)
	for _, s := range other {
		if seen[s.key()] {
			t.Errorf("%v twice", s)
		}
		seen[s.key()] = true
	}
	if k := SourceOf("t", strings.Repeat("9", 4000), ip("192.0.2.1")).Key; len(k) > 64 {
		t.Errorf("a key of %d bytes", len(k))
	}
}

// TestBounded: millions of sources don't fill the memory, and what is locked is
// the last to go.
func TestBounded(t *testing.T) {
	c := counters{limit: 2}
	c.fail("locked", 0)
	c.fail("locked", 0)
	for i := range 3 * maxCounters {
		c.fail(fmt.Sprint(i), time.Second)
		if len(c.by) > maxCounters {
			t.Fatalf("%d counters", len(c.by))
		}
	}
	if c.wait("locked", time.Minute) == 0 {
		t.Error("a lock-out was dropped for unlocked counters")
	}
	var v visitors
	for i := range maxVisitors + 100 {
		v.note(fmt.Sprint(i), "r", 0)
	}
	if len(v.at) != maxVisitors {
		t.Errorf("%d visitors", len(v.at))
	}
}

func BenchmarkAdmit(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(b.Context(), b.TempDir(), log)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.AddRoom(b.Context(), store.NewRoom{Extension: "1000", PIN: "48219"})
	a, err := New(b.Context(), Config{NoLockout: true, Logger: log}, s, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, extension := range []string{"1000", "9999"} {
		b.Run(extension, func(b *testing.B) {
			for b.Loop() {
				a.Admit(b.Context(), request("s", extension, "666666"))
			}
		})
	}
}
