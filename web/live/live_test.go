package live

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
)

func TestGuestIsInTheRoom(t *testing.T) {
	in(t, func(w *world) {
		p := w.connect(nil)
		p.say(guestHello)
		m := p.take("welcome")
		if m["role"] != "guest" || m["room"] != nil || m["title"] != "Board" || m["ways"] != nil || len(m["resume"].(string)) < 22 {
			t.Fatalf("welcome %v", m)
		}
		p.say(`{"type":"offer","sdp":"v=0"}`)
		pass(300 * time.Millisecond)
		if a := p.take("answer"); a["sdp"] != "answer to v=0" {
			t.Errorf("answer %v", a)
		}
		if s := p.last("state"); s["state"] != "room" {
			t.Errorf("state %v", s)
		}
		roster := people(p.take("roster"), "people")
		if roster["Ada"] == nil || roster["Ada"]["id"] != m["you"] || roster["Ada"]["kind"] != "browser" {
			t.Errorf("roster %v", roster)
		}
		if c := w.live.Counts(); c.Browsers != 1 || c.Sockets != 1 || c.Received != 2 {
			t.Errorf("counts %+v", c)
		}
		p.say(`{"type":"leave"}`)
		pass(time.Second)
		if b := p.take("bye"); b["cause"] != "left" || !p.closed() {
			t.Errorf("bye %v", b)
		}
		if w.bridge.Room("r1") != nil || w.live.Counts().Browsers != 0 {
			t.Error("a ghost is left")
		}
	})
}

// TestGuestsSeeNoMore holds the guests' view to its list: title, names, kinds and
// what can be heard anyway.
func TestGuestsSeeNoMore(t *testing.T) {
	in(t, func(w *world) {
		w.phone("s-1", "", "+41445550100")
		w.phone("s-2", "+41 44 555 01 01", "+41445550101")
		w.phone("s-3", "Bob 0445550102", "+41445550102")
		w.phone("s-4", "Eve", "+41445550103")
		w.phone("s-5", "", "10.1.2.3")
		w.door.lobby = true
		w.phone("s-6", "Mallory", "+41445550104")
		w.door.lobby = false
		guest, host := w.join(guestHello), w.join(hostHello)
		pass(3 * time.Second)
		allowed := []string{"id", "name", "kind", "host", "muted", "hand", "talking"}
		guest.mu.Lock()
		for _, m := range guest.got {
			for _, list := range []string{"people", "set"} {
				for name, p := range people(m, list) {
					for key := range p {
						if !slices.Contains(allowed, key) {
							t.Errorf("a guest is told %s of %s", key, name)
						}
					}
				}
			}
			if m["locked"] != nil {
				t.Errorf("a guest is told of the lock: %v", m)
			}
		}
		guest.mu.Unlock()
		seen := people(guest.take("roster"), "people")
		for _, name := range []string{"+41 44 *** ** 00", "+41 44 *** ** 01", "+41 44 *** ** 02", "Eve", "", "Ada"} {
			if seen[name] == nil {
				t.Errorf("a guest does not see %q among %v", name, seen)
			}
		}
		if seen["Mallory"] != nil {
			t.Error("a guest sees the lobby")
		}
		all := people(host.take("roster"), "people")
		m := all["Mallory"]
		if m == nil || m["state"] != "lobby" || m["number"] != "+41 44 *** ** 04" || m["codec"] == "" {
			t.Errorf("a host sees %v in the lobby", m)
		}
		if q := host.last("quality"); q["mos"] != 4.2 {
			t.Errorf("own quality %v", q)
		}
	})
}

// TestNewsIsBounded makes far more changes than may be told of.
func TestNewsIsBounded(t *testing.T) {
	in(t, func(w *world) {
		p := w.join(guestHello)
		w.phone("s-1", "Eve", "")
		pass(time.Second)
		p.forget()
		room := w.bridge.Room("r1")
		for i := range 500 {
			room.Mute(context.Background(), "s-1", i%2 == 0, true)
			pass(4 * time.Millisecond)
		}
		room.Hand(context.Background(), "s-1", true, false)
		pass(time.Second)
		p.mu.Lock()
		var before time.Time
		told := 0
		for i, m := range p.got {
			if m["type"] != "people" {
				continue
			}
			if d := p.at[i].Sub(before); d < newsEvery {
				t.Errorf("told again after %v", d)
			}
			before = p.at[i]
			told++
		}
		p.mu.Unlock()
		if told < 5 {
			t.Errorf("told %d times", told)
		}
		if e := people(p.last("people"), "set")["Eve"]; e["hand"] != true || e["muted"] != false {
			t.Errorf("the last state is %v", e)
		}
	})
}

func TestHostCommands(t *testing.T) {
	in(t, func(w *world) {
		w.door.lobby = true
		guest := w.join(guestHello)
		if s := guest.last("state"); s["state"] != "lobby" || guest.take("roster") != nil {
			t.Fatalf("the guest is in the lobby, and told %v", s)
		}
		host := w.join(hostHello)
		command := func(p *page, what string, done bool) {
			t.Helper()
			p.say(`{"type":"command","id":7,` + what + `}`)
			pass(300 * time.Millisecond)
			if m := p.take("done"); done != (m != nil) {
				t.Errorf("%s: done %v, error %v", what, m, p.take("error"))
			}
		}
		who := `,"who":"` + guest.you + `"`
		command(guest, `"do":"admit"`+who, false)
		command(host, `"do":"admit"`+who, true)
		if guest.take("notice")["kind"] != "admitted" || guest.last("state")["state"] != "room" {
			t.Error("the guest was not told that it is in")
		}
		command(guest, `"do":"mute-all"`, false)
		command(host, `"do":"mute"`+who, true)
		if guest.take("notice")["kind"] != "muted" {
			t.Error("not told of the muting")
		}
		guest.say(`{"type":"mute","on":false}`)
		guest.say(`{"type":"hand","on":true}`)
		pass(300 * time.Millisecond)
		if p := people(host.last("people"), "set")["Ada"]; p["muted"] != false || p["hand"] != true {
			t.Errorf("the host sees %v", p)
		}
		command(host, `"do":"lower-hand"`+who, true)
		if n := guest.last("notice"); n["kind"] != "hand-lowered" {
			t.Errorf("notice %v", n)
		}
		command(host, `"do":"rename","name":"  Ada\u202e L.  "`+who, true)
		if people(guest.last("people"), "set")["Ada L."] == nil {
			t.Error("not renamed")
		}
		command(host, `"do":"rename","name":" "`+who, false)
		command(host, `"do":"lock"`, true)
		if host.last("people")["locked"] != true || !w.bridge.Room("r1").Locked() {
			t.Error("not locked")
		}
		command(host, `"do":"fly"`, false)
		command(host, `"do":"mute","who":"nobody"`, false)
		command(host, `"do":"make-host"`+who, true)
		if guest.take("notice")["kind"] != "host" || guest.last("roster")["locked"] != true {
			t.Error("the new host is not shown what hosts see")
		}
		command(guest, `"do":"lock","on":false`, true)
		command(guest, `"do":"remove","who":"`+host.you+`"`, true)
		pass(time.Second)
		if b := host.take("bye"); b["cause"] != "removed" {
			t.Errorf("bye %v", b)
		}
	})
}

// TestEndForAll drops every leg within two seconds.
// A panic in one browser's call ends that call, and its page is told.
func TestPanicEndsOneCall(t *testing.T) {
	in(t, func(w *world) {
		other := w.join(guestHello)
		p := w.connect(nil)
		p.say(strings.Replace(guestHello, "Ada", "Panic", 1))
		p.say(`{"type":"offer","sdp":"v=0"}`)
		pass(time.Second)
		if b := p.take("bye"); b["cause"] != "internal" || !p.closed() {
			t.Errorf("bye %v", b)
		}
		other.say(`{"type":"ping"}`)
		pass(time.Second)
		other.take("pong")
		if n := w.live.Counts().Browsers; n != 1 || other.closed() {
			t.Errorf("%d browsers are left, the other's page is closed: %v", n, other.closed())
		}
	})
}

func TestEndForAll(t *testing.T) {
	in(t, func(w *world) {
		guest, host, phone := w.join(guestHello), w.join(hostHello), w.phone("s-1", "Eve", "")
		host.say(`{"type":"command","do":"end","id":1}`)
		pass(30 * time.Millisecond)
		if guest.take("notice")["kind"] != "ended" {
			t.Error("not told at once")
		}
		pass(2*time.Second - 31*time.Millisecond)
		for _, p := range []*page{guest, host} {
			if b := p.take("bye"); b["cause"] != "ended" || !p.closed() {
				t.Errorf("bye %v", b)
			}
		}
		if phone.Cause() != cause.Ended || w.bridge.Room("r1") != nil {
			t.Error("somebody is still there after 2 s")
		}
	})
}

func TestResume(t *testing.T) {
	in(t, func(w *world) {
		p := w.join(guestHello)
		again := func() *page {
			q := w.connect(nil)
			q.say(`{"type":"hello","v":1,"link":"guest","name":"Ada","resume":"` + p.resume + `"}`)
			pass(300 * time.Millisecond)
			return q
		}
		// Another tab takes over; the first is told and closed.
		q := again()
		if b := p.take("bye"); b["cause"] != "replaced" || !p.closed() {
			t.Errorf("the first socket is told %v", b)
		}
		if m := q.take("welcome"); m["you"] != p.you || m["resume"] != p.resume {
			t.Errorf("welcomed back with %v", m)
		}
		if q.last("state")["state"] != "room" || q.take("roster") == nil {
			t.Error("not shown the room")
		}
		q.say(`{"type":"offer","sdp":"restart"}`)
		if q.take("answer") == nil || len(w.legs.all) != 1 {
			t.Error("not the same leg")
		}
		// The line breaks; the call waits half a minute.
		q.ws.CloseNow()
		pass(29 * time.Second)
		q = again()
		if q.take("welcome") == nil {
			t.Fatal("not taken back after 29 s")
		}
		// A reload says goodbye and comes back.
		w.live.Leave(p.resume)
		q.ws.CloseNow()
		pass(4 * time.Second)
		q = again()
		pass(10 * time.Second)
		if q.take("welcome") == nil || q.closed() {
			t.Fatal("not taken back after a reload")
		}
		if w.bridge.Count("r1") != 1 {
			t.Error("a ghost is in the room")
		}
		q.ws.CloseNow()
		pass(31 * time.Second)
		if w.live.Knows(p.resume) || w.bridge.Room("r1") != nil {
			t.Error("still there after half a minute without a socket")
		}
		// Now it is a call of its own.
		q = again()
		if m := q.take("welcome"); m["you"] == p.you || m["resume"] == p.resume {
			t.Error("a call that is over was resumed")
		}
	})
}

func TestLeavingPage(t *testing.T) {
	in(t, func(w *world) {
		p := w.join(guestHello)
		w.live.Leave("nonsense")
		w.live.Leave(p.resume)
		p.ws.CloseNow()
		pass(4 * time.Second)
		if w.bridge.Room("r1") == nil {
			t.Error("gone before a reload could be back")
		}
		pass(2 * time.Second)
		if w.bridge.Room("r1") != nil || p.leg.Cause() != cause.Hangup {
			t.Error("still there after the page was closed")
		}
	})
}

func TestRefusals(t *testing.T) {
	in(t, func(w *world) {
		for _, tt := range []struct {
			refuse cause.Cause
			word   string
		}{
			{cause.Full, "full"},
			{cause.Locked, "locked"},
			{cause.Draining, "draining"},
			{cause.Limit, "busy"},
			{cause.Denied, "denied"},
			{cause.TooEarly, "too-early"},
			{cause.LinkEnded, "link-ended"},
		} {
			w.door.refuse = tt.refuse
			p := w.connect(nil)
			p.say(guestHello)
			if b := p.take("bye"); b["cause"] != tt.word || b["wait"] != 90.0 || b["text"] == "" {
				t.Errorf("%v: bye %v", tt.refuse, b)
			}
			pass(time.Second)
			if !p.closed() {
				t.Error("the socket is still open")
			}
		}
		if len(w.legs.all) != 0 {
			t.Error("a leg was made for somebody who may not enter")
		}
	})
}

func TestNameIsAsked(t *testing.T) {
	in(t, func(w *world) {
		p := w.connect(nil)
		p.say(`{"type":"hello","v":1,"link":"guest","name":" \u202e "}`)
		if e := p.take("error"); e["field"] != "name" {
			t.Errorf("error %v", e)
		}
		p.say(guestHello)
		if p.take("welcome") == nil {
			t.Error("not welcome with a name")
		}
		w.door.invited = "Anna Guest"
		for said, want := range map[string]string{"": "Anna Guest", "Anna at home": "Anna at home"} {
			p = w.connect(nil)
			p.say(`{"type":"hello","v":1,"link":"guest","name":"` + said + `"}`)
			if p.take("welcome") == nil || w.legs.last().Party().Name != want {
				t.Errorf("an invitee who says %q is called %q", said, w.legs.last().Party().Name)
			}
		}
		w.door.room.Names = "guest"
		p = w.connect(nil)
		p.say(`{"type":"hello","v":1,"link":"guest","name":"Ada"}`)
		if p.take("welcome") == nil || w.legs.last().Party().Name != "" {
			t.Error("the name was taken in a room without names")
		}
	})
}

// TestSignedIn lets a host in by the room's id, with the account's name.
func TestSignedIn(t *testing.T) {
	in(t, func(w *world) {
		w.user = User{ID: "u1", Name: "Grace"}
		p := w.connect(nil)
		p.say(`{"type":"hello","v":1,"link":"host","name":"Grace"}`)
		if m := p.take("welcome"); m["role"] != "host" || m["room"] != "r1" {
			t.Errorf("welcome %v", m)
		}
		p.say(`{"type":"leave"}`)
		w.door.asks = nil
		p = w.join(`{"type":"hello","v":1,"room":"r1"}`)
		if r := people(p.take("roster"), "people")["Grace"]; r["host"] != true {
			t.Errorf("the host is %v", r)
		}
		if a := w.door.asks[0]; a.UserID != "u1" || a.Source.String() != "192.0.2.7" {
			t.Errorf("asked %+v", a)
		}
	})
}

func TestTestCall(t *testing.T) {
	in(t, func(w *world) {
		var pages []*page
		for range 4 {
			pages = append(pages, w.join(`{"type":"hello","v":1,"test":true}`))
		}
		if s := pages[0].last("state"); s["state"] != "room" {
			t.Errorf("state %v", s)
		}
		w.bridge.Participant(pages[0].you).Echo(time.Second)
		pages[0].leg.Say(slices.Repeat([]int16{8000, -8000}, 1600)) // 200 ms
		pass(2500 * time.Millisecond)
		if q := pages[0].take("quality"); q == nil || q["level"].(float64) < -20 {
			t.Errorf("quality %v", q)
		}
		p := w.connect(nil)
		p.say(`{"type":"hello","v":1,"test":true}`)
		if b := p.take("bye"); b["cause"] != "busy" {
			t.Errorf("a fifth test of one address: %v", b)
		}
		pages[0].leg.Hangup(cause.TestDone)
		pass(time.Second)
		if b := pages[0].take("bye"); b["cause"] != "test-done" {
			t.Errorf("bye %v", b)
		}
	})
}
