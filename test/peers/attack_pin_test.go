//go:build peers

package peers

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// denied is the metric of wrong PINs.
const (
	denied    = `partyline_admissions_total{verdict="denied"}`
	lockedOut = `partyline_admissions_total{verdict="locked-out"}`
)

// wrongPIN calls with a PIN in the address, is refused by the voice and hangs up.
func (g *gateway) wrongPIN(t *testing.T, how rawWays) {
	t.Helper()
	before := g.counter(denied) + g.counter(lockedOut)
	p := g.insists(t, "112752642.86421", how)
	for end := time.Now().Add(10 * time.Second); g.counter(denied)+g.counter(lockedOut) <= before; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a wrong PIN is not counted")
		}
	}
	p.hangup()
	p.vanish()
}

// TestGuessingOverAllWays: PINs by SIP and by H.323, guest links and passwords of one
// address count together: after twenty what is right is refused everywhere, also after
// a restart, and whoever comes from elsewhere gets in.
func TestGuessingOverAllWays(t *testing.T) {
	t.Parallel()
	g := start(t, withH323)
	g.drainIn("2s")
	const password = "correct horse battery staple"
	g.account("ada@example.org", password)
	g.room("112752642", "48219", "--owner", "ada@example.org")
	ada := g.page(t, "127.0.0.6")
	if n := ada.signIn("ada@example.org", password); n != 200 {
		t.Fatalf("signing in: %d", n)
	}
	var rooms struct {
		Rooms []struct {
			Link string `json:"guest_link"`
		}
	}
	ada.do("GET", "/api/v1/rooms", nil).into(ada, &rooms)
	link := rooms.Rooms[0].Link[strings.LastIndexByte(rooms.Rooms[0].Link, '/')+1:]

	stranger := g.page(t, "127.0.0.1")
	for range 5 {
		g.wrongPIN(t, rawWays{})
	}
	for range 5 {
		before := g.counter(denied)
		c := g.insists323(t, "112752642#86421")
		g.counts(t, denied, before+1, 10*time.Second)
		c.Close()
	}
	for i := range 5 {
		if r := stranger.do("GET", fmt.Sprintf("/api/v1/links/nonsense-nonsense-%d", i), nil); r.status != 404 {
			t.Errorf("a link that never was: %d", r.status)
		}
	}
	for range 4 {
		if n := stranger.signIn("ada@example.org", "wrong"); n != 401 {
			t.Errorf("a wrong password: %d", n)
		}
	}
	if r := stranger.do("GET", "/api/v1/links/"+link, nil); r.status != 200 {
		t.Errorf("locked out after nineteen: %d", r.status)
	}
	if n := stranger.signIn("ada@example.org", "wrong"); n != 401 {
		t.Errorf("the twentieth: %d", n)
	}
	refused := func(when string) {
		t.Helper()
		stranger := g.page(t, "127.0.0.1")
		if r := stranger.do("GET", "/api/v1/links/"+link, nil); r.status != 429 || r.head.Get("Retry-After") == "" {
			t.Errorf("%s, a right link: %d", when, r.status)
		}
		if n := stranger.signIn("ada@example.org", password); n != 429 {
			t.Errorf("%s, a right password: %d", when, n)
		}
		before := g.counter(lockedOut)
		p := g.insists(t, "112752642.48219", rawWays{})
		c := g.insists323(t, "112752642#48219")
		g.counts(t, lockedOut, before+2, 10*time.Second)
		if inRoom(1)(g.calls()) {
			t.Errorf("%s, a right PIN is taken", when)
		}
		p.hangup()
		p.vanish()
		c.Close()
	}
	refused("after twenty")
	g.await("all sent away", 20*time.Second, func(c []call) bool { return len(c) == 0 })
	g.stop()
	g.run()
	refused("after a restart")
	g.insists(t, "112752642.48219", rawWays{local: "127.0.0.6"})
	g.await("another source in the room", 10*time.Second, inRoom(1))
	if r := g.page(t, "127.0.0.6").do("GET", "/api/v1/links/"+link, nil); r.status != 200 {
		t.Errorf("another source's link: %d", r.status)
	}
}

// TestGuessingOnATrunk: callers of a trunk are told apart by their numbers, so that one
// who guesses locks out neither the others nor the trunk; those without a number share
// a lot.
func TestGuessingOnATrunk(t *testing.T) {
	t.Parallel()
	g := start(t, "trunks: [{name: carrier, allow: [127.0.0.0/24]}]\n")
	g.room("112752642", "48219")
	from := func(number string) rawWays {
		if number == "" {
			return rawWays{headers: []string{"P-Asserted-Identity: <sip:anonymous@anonymous.invalid>", "Privacy: id"}}
		}
		return rawWays{headers: []string{"P-Asserted-Identity: <sip:" + number + "@127.0.0.1>"}}
	}
	enters := func(number string) bool {
		t.Helper()
		before := g.counter(lockedOut)
		p := g.insists(t, "112752642.48219", from(number))
		defer p.hangup()
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
			if inRoom(1)(g.calls()) {
				return true
			}
			if g.counter(lockedOut) > before {
				return false
			}
		}
		t.Fatal("neither in the room nor locked out")
		return false
	}
	for range 20 {
		g.wrongPIN(t, from("+41791111111"))
	}
	if enters("+41791111111") {
		t.Error("who guessed twenty times gets in")
	}
	if enters("0041791111111") {
		t.Error("the same number, written otherwise, gets in")
	}
	for _, number := range []string{"+41792222222", ""} {
		g.await("the last gone", 5*time.Second, inRoom(0))
		if !enters(number) {
			t.Errorf("%q is locked out with another", number)
		}
	}
}
