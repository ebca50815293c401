//go:build peers

package peers

import (
	"net/netip"
	"testing"
	"time"

	"github.com/partyline/partyline/internal/shim"
)

// TestBadNetwork: speech that lost a tenth of its packets, and came late and in
// disorder, is still heard as speech; when the network has become good, the
// playout delay goes down again.
func TestBadNetwork(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	relay, err := shim.Open(netip.MustParseAddr("127.0.0.1"), 42)
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	bad := shim.Conditions{Loss: 0.1, Reorder: 0.05, Jitter: 60 * time.Millisecond}
	talker := g.raw(t, "112752642.48219", rawWays{relay: relay})
	g.await("in the room", 10*time.Second, inRoom(1))
	listener := g.raw(t, "112752642.48219", rawWays{})
	g.await("two in the room", 10*time.Second, inRoom(2))
	_, sound := speech(t, 0, 8000)
	_, other := speech(t, 1, 8000)
	playout := func() float64 {
		for _, c := range g.calls() {
			if c.Remote == addrOf(talker.sig).String() {
				return c.PlayoutMS
			}
		}
		t.Fatal("the talker is gone")
		return 0
	}
	<-time.After(4 * time.Second) // the announcements
	clearly(t, 3, func(wrong func(string, ...any)) {
		relay.Up(bad)
		relay.Down(bad)
		talker.forget()
		talker.talk(long(sound, 8000, 11*time.Second))
		listener.forget()
		listener.talk(long(other, 8000, 11*time.Second))
		<-time.After(time.Second)
		listener.take()
		talker.take()
		<-time.After(8 * time.Second)
		heard, back := listener.take(), talker.take()
		worst := playout()
		if v := likeness(sound, 8000, heard, 8000); v < 0.75 {
			wrong("over the bad network the speech is heard with %.2f", v)
		} else {
			t.Logf("heard with %.2f, playout %.1f ms", v, worst)
		}
		// The listener hears a continuous stream: what was lost is concealed.
		if n, want := len(heard), 8*8000; n < want*95/100 {
			wrong("only %d of %d samples came", n, want)
		}
		if v := likeness(sound, 8000, back, 8000); v > 0.5 {
			wrong("the talker hears itself: %.2f", v)
		}
		if worst < 25 {
			wrong("with 60 ms of jitter the playout delay is only %.1f ms", worst)
		}
		relay.Up(shim.Conditions{})
		relay.Down(shim.Conditions{})
		good := time.Now()
		talker.talk(long(sound, 8000, 12*time.Second))
		for now := worst; now > 20; <-time.After(500 * time.Millisecond) {
			if now = playout(); now <= 20 {
				t.Logf("playout %.1f ms after %v", now, time.Since(good).Round(100*time.Millisecond))
			} else if time.Since(good) > 12*time.Second {
				wrong("12 s after the jitter the playout delay is %.1f ms (it was %.1f)", now, worst)
				break
			}
		}
	})
	up, down := relay.Counts()
	if up.Lost == 0 || up.Reordered == 0 || down.Lost == 0 {
		t.Errorf("the network was not bad: %+v, %+v", up, down)
	}
}

// TestVanished: a caller of whom nothing is heard any more is gone within 30 s;
// one that is silent but answers lives, and so does who is on hold.
func TestVanished(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.drainIn("2s")
	g.room("112752642", "48219")
	gone := g.raw(t, "112752642.48219", rawWays{})
	deaf := g.raw(t, "112752642.48219", rawWays{silent: true, deaf: true}) // never sent a packet
	silent := g.raw(t, "112752642.48219", rawWays{silent: true})
	held := g.raw(t, "112752642.48219", rawWays{})
	g.await("all in the room", 10*time.Second, inRoom(4))
	held.cseq++
	hold := held.offer() + "a=sendonly\r\n"
	cseq := held.cseq
	res := held.exchange(held.request("INVITE", cseq, held.to, []string{"Content-Type: application/sdp"}, hold), itoa(cseq)+" INVITE", 5*time.Second)
	if res.status != 200 {
		t.Fatalf("hold is answered with %d", res.status)
	}
	held.write(held.request("ACK", cseq, held.to, nil, ""))
	held.hush(true)
	gone.vanish()
	began := time.Now()
	addrs := map[string]string{}
	for name, p := range map[string]*raw{"silent": silent, "held": held} {
		addrs[addrOf(p.sig).String()] = name
	}
	g.await("the vanished gone", 30*time.Second, func(c []call) bool { return len(c) == 2 })
	t.Logf("gone after %v", time.Since(began).Round(100*time.Millisecond))
	if d := time.Since(began); d < 10*time.Second {
		t.Errorf("gone after %v already", d)
	}
	for _, c := range g.calls() {
		if addrs[c.Remote] == "" {
			t.Errorf("%s lives", c.Remote)
		}
	}
	// Past the next round of asking too.
	<-time.After(time.Until(began.Add(24 * time.Second)))
	if n := len(g.calls()); n != 2 {
		t.Errorf("%d of 2 who live are left", n)
	}
	if len(silent.got("OPTIONS")) == 0 {
		t.Error("the silent one was not asked")
	}
	silent.hush(false)
	silent.hangup()
	held.hangup()
	if len(deaf.got("BYE")) == 0 {
		t.Error("the deaf one was sent no BYE")
	}
}

// TestSignallingLoss: with 30 % of the signalling lost both ways, calls are set up
// and end all the same.
func TestSignallingLoss(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	const phones = 20
	all := make([]*raw, phones)
	for i := range all {
		relay, err := shim.Open(netip.MustParseAddr("127.0.0.1"), uint64(1000+10*i))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { relay.Close() })
		relay.Up(shim.Conditions{Loss: 0.3})
		relay.Down(shim.Conditions{Loss: 0.3})
		all[i] = g.openRaw(t, "112752642.48219", rawWays{signal: relay})
	}
	began := time.Now()
	answers := make(chan message, phones)
	for _, p := range all {
		go func() { answers <- p.invite() }()
	}
	for range all {
		if res := <-answers; res.status != 200 {
			t.Errorf("a call is answered with %d\n%s", res.status, res.head)
		}
	}
	t.Logf("set up after %v", time.Since(began).Round(100*time.Millisecond))
	g.await("all in the room", 10*time.Second, inRoom(phones))
	for _, p := range all[:phones/2] {
		go p.ask("BYE", nil, "")
	}
	g.cli("room", "end", "112752642") // the others are told so
	for i, p := range all[phones/2:] {
		if !p.gone(15 * time.Second) {
			t.Errorf("phone %d gets no BYE", i)
		}
	}
	g.await("all gone", 10*time.Second, func(c []call) bool { return len(c) == 0 })
}
