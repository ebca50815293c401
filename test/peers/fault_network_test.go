//go:build peers && soak

package peers

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/internal/shim"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/test/faults"
)

// TestSoakNetwork: forty calls lose a share of their packets both ways, with some out of
// order and 100 ms of jitter. At 1 % a tone has no audible gap, at 10 % speech is still
// speech, at 30 % the calls are up; and keys count at all of them.
func TestSoakNetwork(t *testing.T) {
	for _, c := range []struct {
		loss float64
		hear func(l *line) (what string, ok bool)
	}{
		{0.01, (*line).gapless},
		{0.10, (*line).intelligible},
		{0.30, nil},
	} {
		t.Run(fmt.Sprintf("%.0f %%", 100*c.loss), func(t *testing.T) {
			r := note(t, fmt.Sprintf("Loss %.0f %%, reorder 5 %%, jitter 100 ms", 100*c.loss))
			g := start(t, unlimited)
			lines := g.lines(t, 4, shim.Conditions{Loss: c.loss, Reorder: 0.05, Jitter: 100 * time.Millisecond})
			r.Calls, r.Faults = 40, 1
			<-time.After(5 * time.Second) // the announcements, and the playout finds its depth
			if c.hear != nil {
				g.heard(t, r, lines, c.hear)
			}
			flips, want := g.flips(t, lines)
			keys := 100 * (1 - float64(want-flips)/float64(2*want)) // of two keys at most one is missing
			figure(r, "%d of %d key sequences count (%.2f %% of keys)", flips, want, keys)
			if keys < 99 {
				t.Errorf("only %.2f %% of keys count", keys)
			}
			left := 0
			for _, c := range g.calls() {
				if c.Room != "399999999" {
					left++
				}
			}
			if r.Lost += 44 - left; left != 44 {
				t.Errorf("%d of 44 calls are left", left)
			}
			g.panics(t, 0)
		})
	}
}

// line is a room of ten phones over a bad network and one listener over a good one.
type line struct {
	bad      []*raw
	listener *raw
	words    []int16 // that the first says
}

// lines opens some.
func (g *gateway) lines(t *testing.T, n int, c shim.Conditions) (all []*line) {
	t.Helper()
	_, words := speech(t, 0, 8000)
	for i := range n {
		ext := fmt.Sprint(300000000 + i)
		g.room(ext, "48219", "--tones", "off", "--max-participants", "0")
		l := &line{words: words}
		for k := range 10 {
			relay, err := shim.Open(netip.MustParseAddr("127.0.0.1"), uint64(7000+1000*i+10*k))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { relay.Close() })
			l.bad = append(l.bad, g.raw(t, ext+".48219", rawWays{relay: relay, local: fmt.Sprintf("127.0.3.%d", 1+10*i+k)}))
			relay.Up(c)
			relay.Down(c)
		}
		l.listener = g.raw(t, ext+".48219", rawWays{local: fmt.Sprintf("127.0.4.%d", 1+i)})
		all = append(all, l)
	}
	g.await("all in their rooms", 20*time.Second, inRoom(11*n))
	return all
}

// heard listens to a phone of each room, and to one over a good network beside them.
// Where that one is not heard well either, the machine had no time, and it begins anew.
func (g *gateway) heard(t *testing.T, r *faults.Row, lines []*line, hear func(*line) (string, bool)) {
	t.Helper()
	g.room("399999999", "48219", "--tones", "off")
	clean := &line{
		bad:      []*raw{g.raw(t, "399999999.48219", rawWays{local: "127.0.4.200"})},
		listener: g.raw(t, "399999999.48219", rawWays{local: "127.0.4.201"}),
		words:    lines[0].words,
	}
	<-time.After(4 * time.Second)
	const tries = 4
	for range tries {
		what, well := make([]string, len(lines)+1), make([]bool, len(lines)+1)
		var listening sync.WaitGroup
		for i, l := range append(lines[:len(lines):len(lines)], clean) {
			listening.Go(func() { what[i], well[i] = hear(l) })
		}
		listening.Wait()
		if !well[len(lines)] {
			t.Logf("this machine is busy: over a good network, %s", what[len(lines)])
			continue
		}
		figure(r, "over a good network %s", what[len(lines)])
		for i := range lines {
			figure(r, "room %d: %s", i, what[i])
			if !well[i] {
				t.Errorf("room %d: %s", i, what[i])
			}
		}
		return
	}
	t.Skipf("this machine is too busy: in %d tries a good network sounded no better", tries)
}

// gapless has one phone say a tone, in which the listener must hear no gap.
func (l *line) gapless() (what string, ok bool) {
	const hz, rate = 450, 8000
	l.bad[0].talk(sine(hz, 14*time.Second))
	<-time.After(3 * time.Second)
	l.listener.take()
	<-time.After(10 * time.Second)
	heard := l.listener.take()
	<-time.After(2 * time.Second) // the end of the tone
	gaps, longest, run := 0, 0, 0
	for at := 0; at+rate/100 <= len(heard); at += rate / 100 {
		if pcm.Goertzel(heard[at:at+rate/100], rate, hz) > 1e-5 {
			run = 0
			continue
		}
		if run++; run == 2 {
			gaps++
		}
		longest = max(longest, run)
	}
	return fmt.Sprintf("%d gaps of 20 ms and more in %.1f s of tone, the longest %d ms", gaps, float64(len(heard))/rate, 10*longest),
		gaps == 0 && len(heard) > 9*rate
}

// intelligible has one phone speak; the listener must hear what it says.
func (l *line) intelligible() (what string, ok bool) {
	v := likeness(l.words, 8000, l.hears(), 8000)
	return fmt.Sprintf("speech heard with %.2f", v), v >= 0.75
}

// hears is what the listener hears of ten seconds of speech.
func (l *line) hears() []int16 {
	l.bad[0].talk(long(l.words, 8000, 10*time.Second))
	<-time.After(2 * time.Second)
	l.listener.take()
	<-time.After(8 * time.Second)
	defer func() { <-time.After(4 * time.Second) }() // until it ends
	return l.listener.take()
}

// flips has every phone of the bad networks press *6 twenty-five times, each after the
// last has shown, and counts how often that muted or unmuted it.
func (g *gateway) flips(t *testing.T, lines []*line) (flips, want int) {
	t.Helper()
	const rounds = 25
	by := map[string]bool{} // muted, by where a phone is
	for _, l := range lines {
		for _, p := range l.bad {
			by[addrOf(p.sig).String()] = false
		}
	}
	for range rounds {
		var pressed sync.WaitGroup
		for _, l := range lines {
			for _, p := range l.bad {
				p.press("*6")
				pressed.Go(p.pressed)
			}
		}
		pressed.Wait()
		seen := map[string]bool{}
		for end := time.Now().Add(3 * time.Second); len(seen) < len(by) && time.Now().Before(end); <-time.After(100 * time.Millisecond) {
			for _, c := range g.calls() {
				if before, ok := by[c.Remote]; ok && c.Muted != before {
					seen[c.Remote] = true
				}
			}
		}
		for at := range seen {
			by[at] = !by[at]
		}
		flips += len(seen)
		want += len(by)
	}
	return flips, want
}

// manyPorts is for calls that were never heard: of one address each needs a port of its
// own.
const manyPorts = "sip: {listen: [\"udp://127.0.0.1:0\", \"tcp://127.0.0.1:0\"], rtp_bind: 127.0.0.1, rtp_ports: 25000-29999}\n"

// inactive is a session without sound, as of a phone on hold.
const inactive = "m=audio PORT RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=inactive\r\n"

// busy leaves a test that a machine with too much to do cannot stand: the gateway
// refuses calls where the sound of those that are up would suffer.
func (g *gateway) busy(t *testing.T, refused int) {
	t.Helper()
	if refused > 0 && strings.Contains(g.log.text(), "the media engines are at") {
		t.Skipf("this machine is too busy: %d calls were refused for it", refused)
	}
}

// called is a phone that is answered, where the machine has time for that.
func (g *gateway) called(t *testing.T, how rawWays) *raw {
	t.Helper()
	p := g.openRaw(t, "112752642.48219", how)
	if res := p.invite(); res.status != 200 {
		g.busy(t, 1)
		t.Fatalf("%d\n%s", res.status, res.head)
	}
	return p
}

// inRoomOrHeld counts those on hold, too.
func inRoomOrHeld(n int) func([]call) bool {
	return func(list []call) bool {
		for i := range list {
			if list[i].State == "held" && list[i].Room != "" {
				list[i].State = "room"
			}
		}
		return inRoom(n)(list)
	}
}

// TestSoakSignallingLoss: with 30 % of the signalling lost both ways five hundred calls
// come at once, and are up or have failed cleanly within 32 s.
func TestSoakSignallingLoss(t *testing.T) {
	r := note(t, "Signalling loss 30 %")
	const phones = 500
	g := start(t, unlimited+manyPorts)
	g.drainIn("2s")
	g.room("112752642", "48219", "--max-participants", "0", "--tones", "off")
	all := make([]*raw, phones)
	for i := range all {
		// Each comes from an address of its own: of one, twenty may be unacknowledged.
		relay, err := shim.Open(netip.AddrFrom4([4]byte{127, 0, 7 + byte(i/250), 1 + byte(i%250)}), uint64(1000+10*i))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { relay.Close() })
		relay.Up(shim.Conditions{Loss: 0.3})
		relay.Down(shim.Conditions{Loss: 0.3})
		all[i] = g.openRaw(t, "112752642.48219", rawWays{signal: relay, media: inactive, local: relay.Far().Addr().String()})
	}
	before := g.rests()
	began := time.Now()
	var calling sync.WaitGroup
	var mu sync.Mutex
	up, failed := 0, map[int]int{}
	for _, p := range all {
		calling.Go(func() {
			res := p.patientInvite(32 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			if res.status == 200 {
				up++
			} else {
				failed[res.status]++
			}
		})
	}
	calling.Wait()
	r.Calls, r.Faults = up, 1
	figure(r, "%d up, failed by status %v, after %v", up, failed, time.Since(began).Round(100*time.Millisecond))
	g.busy(t, failed[503])
	if up < phones*99/100 || time.Since(began) > 33*time.Second {
		t.Errorf("%d of %d are up, failed %v, after %v", up, phones, failed, time.Since(began))
	}
	g.await("all in the room", 40*time.Second, inRoomOrHeld(up))
	g.cli("room", "end", "112752642")
	g.await("all gone", 60*time.Second, func(c []call) bool { return len(c) == 0 })
	ended := 0
	for _, p := range all {
		if p.gone(0) || p.gone(100*time.Millisecond) {
			ended++
		}
	}
	figure(r, "%d of them were told the end", ended)
	for _, p := range all {
		p.vanish()
	}
	figure(r, "all given back after %v", g.returns(t, before, 60*time.Second).Round(100*time.Millisecond))
	g.panics(t, 0)
}

// patientInvite is invite as RFC 3261 §17.1.1 has it: the time between two copies
// doubles, for as long as the transaction lives.
func (p *raw) patientInvite(within time.Duration) message {
	p.cseq++
	b := p.request("INVITE", p.cseq, p.to, append([]string{"Content-Type: application/sdp"}, p.how.headers...), p.offer())
	answers := make(chan message, 16)
	p.mu.Lock()
	p.waiting[itoa(p.cseq)+" INVITE"] = answers
	p.mu.Unlock()
	limit := time.After(within)
	for wait := 500 * time.Millisecond; ; wait *= 2 {
		p.write(b)
		again := time.After(wait)
	waiting:
		for {
			select {
			case m := <-answers:
				if m.status < 200 {
					again = nil
					continue
				}
				return p.has(m)
			case <-again:
				break waiting
			case <-limit:
				return message{}
			}
		}
	}
}

// has takes the final answer of an INVITE.
func (p *raw) has(m message) message {
	p.to = m.get("To")
	if m.status == 200 {
		c := m.get("Contact")
		p.contact, _, _ = strings.Cut(c[strings.Index(c, "<")+1:], ">")
	}
	ack := p.request("ACK", p.cseq, p.to, nil, "")
	if m.status == 200 {
		p.mu.Lock()
		p.acked = ack
		p.mu.Unlock()
	}
	p.write(ack)
	return m
}

// TestSoakVanished: two hundred callers vanish at once, twenty of them on hold. Those
// who spoke are gone within 30 s, those on hold when their session expires; and all that
// they had is given back.
func TestSoakVanished(t *testing.T) {
	r := note(t, "Callers vanish")
	g := start(t, unlimited+manyPorts)
	g.drainIn("2s")
	g.room("112752642", "48219", "--max-participants", "0", "--tones", "off")
	warm := g.raw(t, "112752642.48219", rawWays{})
	warm.hangup()
	g.await("at rest", 10*time.Second, func(c []call) bool { return len(c) == 0 })
	before := g.rests()
	var talking, held []*raw
	for i := range 180 {
		talking = append(talking, g.called(t, rawWays{local: fmt.Sprintf("127.0.3.%d", 1+i)}))
	}
	for i := range 20 {
		held = append(held, g.called(t, rawWays{
			local: fmt.Sprintf("127.0.4.%d", 1+i), media: inactive, silent: true,
			headers: []string{"Supported: timer", "Session-Expires: 90;refresher=uac", "Min-SE: 90"},
		}))
	}
	began := time.Now()
	g.await("all in the room", 20*time.Second, inRoomOrHeld(200))
	r.Calls, r.Faults = 200, 200
	gone := time.Now()
	for _, p := range append(talking, held...) {
		p.vanish()
	}
	g.await("those who spoke are gone", 30*time.Second, func(c []call) bool { return len(c) <= 20 })
	figure(r, "180 gone after %v", time.Since(gone).Round(100*time.Millisecond))
	if n := len(g.calls()); n != 20 {
		t.Errorf("%d of 20 on hold are left", n)
		r.Lost = 20 - n
	}
	g.await("those on hold are gone", time.Until(began.Add(100*time.Second)), func(c []call) bool { return len(c) == 0 })
	figure(r, "20 on hold %v after their answer", time.Since(began).Round(time.Second))
	figure(r, "all given back %v later", g.returns(t, before, 60*time.Second).Round(100*time.Millisecond))
	g.panics(t, 0)
}
