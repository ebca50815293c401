//go:build peers

package peers

import (
	"math"
	"testing"
	"time"
)

// TestTestCall: the test extension plays back what is said, tells the result and
// hangs up.
func TestTestCall(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	s := g.dial(t, "sip:9196@"+g.sip)
	_, sound := speech(t, 2, 8000)
	<-time.After(8 * time.Second) // it says what it is going to do
	clearly(t, 2, func(wrong func(string, ...any)) {
		s.take()
		s.talk(sound[:8*8000])
		<-time.After(7 * time.Second)
		if v := likeness(sound, 8000, s.take(), 8000); v < 0.75 {
			wrong("no echo of what was said: %.2f", v)
		}
	})
	s.press("#")
	if !s.gone(40 * time.Second) {
		t.Error("the test call goes on for ever")
	}
	if rms(s.take()) < 100 {
		t.Error("no result was spoken")
	}
}

func rms(sound []int16) float64 {
	sum := 0.0
	for _, v := range sound {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(len(sound), 1)))
}

// TestLobbyByPhone: a guest waits with music, unheard and hearing nobody, until
// the host admits it by key or an admin does by command.
func TestLobbyByPhone(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219", "--host-pin", "97531", "--lobby")
	waiting := func(n int) func([]call) bool {
		return func(list []call) bool {
			have := 0
			for _, c := range list {
				if c.State == "lobby" {
					have++
				}
			}
			return have == n
		}
	}
	host := g.dial(t, "sip:112752642.97531@"+g.sip)
	g.await("the host is in", 10*time.Second, inRoom(1))
	guest := g.dial(t, "sip:112752642.48219@"+g.sip)
	second := g.dial(t, "sip:112752642.48219@"+g.sip)
	g.await("two wait", 10*time.Second, waiting(2))
	_, hostSound := speech(t, 0, 8000)
	_, guestSound := speech(t, 1, 8000)
	<-time.After(5 * time.Second) // what the host and the guests are told
	host.talk(hostSound)
	guest.talk(guestSound)
	host.take()
	guest.take()
	second.take()
	<-time.After(5 * time.Second)
	for name, s := range map[string]*scripted{"guest": guest, "second": second} {
		sound := s.take()
		if rms(sound) < 30 {
			t.Errorf("no music in the lobby for the %s", name)
		}
		if v := find(hostSound, sound); v > 0.4 {
			t.Errorf("the %s hears the room from the lobby: %.2f", name, v)
		}
		if v := find(guestSound, sound); v > 0.4 {
			t.Errorf("the %s hears the lobby: %.2f", name, v)
		}
	}
	if v := find(guestSound, host.take()); v > 0.4 {
		t.Errorf("the host hears the lobby: %.2f", v)
	}
	g.cli("room", "admit", "112752642", "--json")
	g.await("all are in", 5*time.Second, inRoom(3))
	third := g.dial(t, "sip:112752642.48219@"+g.sip)
	g.await("one waits", 10*time.Second, waiting(1))
	host.press("*8")
	g.await("all are in", 8*time.Second, inRoom(4))
	g.cli("room", "end", "112752642")
	for _, s := range []*scripted{host, guest, second, third} {
		if !s.gone(4 * time.Second) {
			t.Error("a call lives after the end for all")
		}
	}
}

// find is how much of any second of what was said is found, wave by wave, in what
// was heard.
func find(said, heard []int16) float64 {
	best := 0.0
	for at := 0; at+8000 <= len(said); at += 8000 {
		for from := 0; from+16000 <= len(heard); from += 8000 {
			best = max(best, correlation(said[at:at+8000], heard[from:from+16000]))
		}
	}
	return best
}
