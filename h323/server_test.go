package h323

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/control"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
)

// A call is routed by what was called, answered, agreed on and attended; who calls
// is known; the party's hang-up is the call's.
func TestCallIn(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		s := w.calls("198.51.100.7", nil, digits("112752642#48219"))
		leg := w.leg()
		synctest.Wait()
		if len(w.asked) != 1 || fmt.Sprint(w.asked[0].Called) != "[112752642#48219]" || w.asked[0].Source.Addr().String() != "198.51.100.7" {
			t.Errorf("asked %+v", w.asked)
		}
		p := leg.Party()
		if p.Name != "Boardroom" || p.Number != "4711" || p.Called != "112752642#****" || !strings.Contains(p.Product, "Test System") ||
			!strings.Contains(p.Product, "7.1") || len(p.CallID) != 36 || !strings.HasPrefix(p.Address, "198.51.100.7:") {
			t.Errorf("party %+v", p)
		}
		got := w.streams[0].last()
		if got.Send.Name != codec.G722 || got.Peer.Announced != s.rtp || got.Peer.AnnouncedRTCP.Port() != 30001 ||
			got.Peer.Signalling.String() != "198.51.100.7" || len(got.Receive) != 3 || got.Receive[0].Name != codec.G722 ||
			got.EventPT == 0 || len(got.ReceiveEvents) != 1 || got.Hold {
			t.Errorf("agreed %+v", got)
		}
		if w.streams[0].cfg.FollowLatch {
			t.Error("sound follows where the peer's comes from")
		}
		s.mu.Lock()
		if s.send == nil || s.send.RTP.String() != "192.0.2.1:20000" {
			t.Errorf("the system sends by %+v", s.send)
		}
		s.mu.Unlock()
		if leg.Protocol() != "h323" || leg.Held() || leg.Encrypted() || leg.Outgoing() {
			t.Errorf("leg %+v", leg)
		}
		s.call.Release(call.Reason{Cause: 16})
		<-leg.Done()
		if leg.Cause() != cause.Hangup {
			t.Errorf("ended for %s", leg.Cause())
		}
		time.Sleep(5 * time.Second)
		if st := w.srv.Stats(); st.Calls != 1 || st.Answered != 1 || st.Active != 0 || st.Ended[cause.Hangup] != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// Whatever way the signalling goes, the call has sound.
func TestWays(t *testing.T) {
	for name, change := range map[string]func(*call.Config){
		"slow":              func(c *call.Config) { c.NoFastConnect = true },
		"separate":          func(c *call.Config) { c.NoTunnelling = true },
		"slow and separate": func(c *call.Config) { c.NoTunnelling, c.NoFastConnect = true, true },
		"startH245":         func(c *call.Config) { c.NoTunnelling, c.StartH245 = true, true },
		"parallel":          func(c *call.Config) { c.ParallelControl = true },
		"A-law":             func(c *call.Config) { c.Audio = []call.Codec{call.G711A} },
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, w *world) {
				s := w.calls("198.51.100.7", change)
				leg := w.leg()
				if w.streams[0].last().Send.IsZero() {
					t.Error("somebody speaks before there is a channel")
				}
				time.Sleep(3 * time.Second)
				p := w.streams[0].last()
				if p.Send.IsZero() || len(p.Receive) == 0 || p.Peer.Announced != s.rtp {
					t.Errorf("agreed %+v", p)
				}
				if fmt.Sprint(w.asked[0].Called) != "[]" {
					t.Errorf("called %v", w.asked[0].Called)
				}
				leg.Hangup(cause.Removed)
				leg.Hangup(cause.Internal)
				if r := s.over(); r.Cause != 16 || !r.Peer || leg.Cause() != cause.Removed {
					t.Errorf("the system is told %+v, the leg says %s", r, leg.Cause())
				}
			})
		})
	}
}

// What may not come in is refused with a cause that says why.
func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		refuse  cause.Cause
		route   error
		ports   error
		drain   bool
		q850    int
		release call.Release
	}{
		"limit":      {refuse: cause.Limit, q850: 34, release: call.ReleaseGatewayResources},
		"stranger":   {refuse: cause.Forbidden, q850: 21, release: call.ReleaseNoPermission},
		"unknown":    {route: cause.Unroutable, q850: 1, release: call.ReleaseUnreachableDestination},
		"fault":      {route: errors.New("broken"), q850: 41},
		"no ports":   {ports: media.ErrNoPorts, q850: 47, release: call.ReleaseGatewayResources},
		"shut down":  {drain: true, q850: 41, release: call.ReleaseAdaptiveBusy},
		"wrapped":    {route: fmt.Errorf("nobody here: %w", cause.Unroutable), q850: 1},
		"full house": {route: cause.Full, q850: 17, release: call.ReleaseInConf},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, w *world) {
				w.refuse, w.route, w.noPorts = tt.refuse, tt.route, tt.ports
				if tt.drain {
					w.srv.Drain()
				}
				s := w.calls("198.51.100.7", nil, digits("112752642#48219"))
				r := s.over()
				if r.Cause != tt.q850 || tt.release != call.ReleaseNone && r.Release != tt.release || !r.Peer {
					t.Errorf("the system is told %+v, want %d and %d", r, tt.q850, tt.release)
				}
				time.Sleep(5 * time.Second)
				if st := w.srv.Stats(); st.Calls != 1 || st.Answered != 0 || len(st.Refused) != 1 {
					t.Errorf("stats %+v", st)
				}
				if tt.ports == nil && !strings.Contains(w.log.String(), "call refused") {
					t.Errorf("the log does not say so:\n%s", w.log)
				}
			})
		})
	}
}

// Keys come in by H.245 and go out by what the party takes.
func TestKeys(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		s := w.calls("198.51.100.7", nil)
		leg := w.leg()
		time.Sleep(2 * time.Second)
		for _, k := range []byte("12#") {
			s.call.SendKey(k)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		var got []media.Key
		leg.SetKeySink(func(k media.Key) { got = append(got, k) })
		if len(got) != 3 || got[0].Digit != '1' || got[2].Digit != '#' || got[0].Source == media.KeyEvent {
			t.Errorf("keys %+v", got)
		}
		leg.SendKey('5')
		synctest.Wait()
		if w.streams[0].sent != "5" {
			t.Errorf("sent as events: %q", w.streams[0].sent)
		}
	})
}

// A party that pauses us is on hold: nothing is sent to it until it goes on.
func TestHold(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		s := w.calls("198.51.100.7", nil)
		leg := w.leg()
		time.Sleep(2 * time.Second)
		s.call.Control(func(c *control.Session) { c.Pause() })
		time.Sleep(2 * time.Second)
		if p := w.streams[0].last(); !leg.Held() || !p.Send.IsZero() {
			t.Errorf("held %v, agreed %+v", leg.Held(), p)
		}
		time.Sleep(2 * time.Minute) // who pauses us is not gone
		s.call.Control(func(c *control.Session) { c.Resume() })
		time.Sleep(2 * time.Second)
		if p := w.streams[0].last(); leg.Held() || p.Send.IsZero() || p.Peer.Announced != s.rtp {
			t.Errorf("held %v, agreed %+v\n%s", leg.Held(), p, w.log)
		}
	})
}

// Callers that are refused and do not go make room as those that say nothing do.
func TestRefusedLinger(t *testing.T) {
	inVirtualTime(t, func(c *Config) { c.Limits = Limits{WaitingPerSource: 2} }, func(t *testing.T, w *world) {
		w.refuse = cause.Limit
		for range 2 {
			w.calls("198.51.100.7", func(c *call.Config) { c.Net = &deaf{host: host{w, "198.51.100.7"}} })
			synctest.Wait()
		}
		time.Sleep(10 * time.Second)
		w.refuse = cause.None
		w.calls("198.51.100.7", nil)
		w.leg()
		if n := len(w.srv.Legs()); n != 1 {
			t.Errorf("%d legs", n)
		}
	})
}

// A call whose ends have no codec in common is not attended, and ended.
func TestNoSound(t *testing.T) {
	inVirtualTime(t, func(c *Config) { c.Codecs = []codec.Name{codec.G722} }, func(t *testing.T, w *world) {
		s := w.calls("198.51.100.7", func(c *call.Config) { c.Audio = []call.Codec{call.G711U} })
		begun := time.Now()
		r := s.over()
		if d := time.Since(begun); r.Cause != 79 || d > 35*time.Second {
			t.Errorf("told %+v after %s", r, d)
		}
		select {
		case <-w.legs:
			t.Error("the call was attended")
		default:
		}
		time.Sleep(5 * time.Second)
		if st := w.srv.Stats(); st.Ended[cause.Unsupported] != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// Who takes keys neither by H.245 nor as events is listened to for tones.
func TestTones(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		w.calls("198.51.100.7", nil)
		leg := w.leg()
		time.Sleep(2 * time.Second)
		owner{leg}.Capabilities(call.Capabilities{Audio: []call.Codec{call.G711A}})
		if p := w.streams[0].last(); len(p.ReceiveEvents) != 0 || p.NoTones || len(p.Receive) == 0 {
			t.Errorf("agreed %+v", p)
		}
		owner{leg}.Capabilities(call.Capabilities{Empty: true})
		owner{leg}.Capabilities(call.Capabilities{UserInput: true})
		if p := w.streams[0].last(); len(p.ReceiveEvents) == 0 {
			t.Errorf("agreed %+v", p)
		}
	})
}

// A party of which nothing is heard is asked; who answers lives, who does not is
// gone.
func TestSilence(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		w.calls("198.51.100.7", nil)
		leg := w.leg()
		time.Sleep(10 * time.Minute)
		if leg.over() {
			t.Fatalf("a party that answers was hung up for %s\n%s", leg.Cause(), w.log)
		}
	})
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		s := w.calls("198.51.100.7", func(c *call.Config) { c.Net = &deaf{host: host{w, "198.51.100.7"}} })
		leg := w.leg()
		time.Sleep(time.Second)
		begun := time.Now()
		s.w.deafen()
		select {
		case <-leg.Done():
		case <-time.After(time.Minute):
			t.Fatal("a party that is gone is not")
		}
		if d := time.Since(begun); leg.Cause() != cause.Timeout || d < 18*time.Second || d > 22*time.Second {
			t.Errorf("ended for %s after %s", leg.Cause(), d)
		}
		s.w.hear()
	})
}

// Connections that say nothing are closed in time, and there are never many.
func TestMute(t *testing.T) {
	inVirtualTime(t, func(c *Config) { c.Limits = Limits{Waiting: 3, WaitingPerSource: 2} }, func(t *testing.T, w *world) {
		open := func(from string) chan struct{} {
			c, err := host{w, from}.Dial(t.Context(), netip.MustParseAddrPort(gateway))
			if err != nil {
				t.Fatal(err)
			}
			over := make(chan struct{})
			go func() {
				defer close(over)
				buf := make([]byte, 1024)
				for {
					if _, err := c.Read(buf); err != nil {
						c.Close()
						return
					}
				}
			}()
			synctest.Wait()
			return over
		}
		closed := func(over chan struct{}) bool {
			synctest.Wait()
			select {
			case <-over:
				return true
			default:
				return false
			}
		}
		a, b, c := open("198.51.100.1"), open("198.51.100.1"), open("198.51.100.1")
		time.Sleep(3 * time.Second) // farewells
		if !closed(a) || closed(b) || closed(c) {
			t.Error("a source has more than two, or not its last two")
		}
		w.calls("198.51.100.1", nil) // is taken all the same
		w.leg()
		d, e := open("198.51.100.2"), open("198.51.100.3")
		time.Sleep(3 * time.Second)
		if !closed(b) || closed(c) || closed(d) || closed(e) {
			t.Error("the one that waited longest did not make room")
		}
		time.Sleep(20 * time.Second)
		if !closed(c) || !closed(d) || !closed(e) {
			t.Error("who says nothing stays")
		}
		if st := w.srv.Stats(); st.Connections != 6 || st.Crowded != 2 || st.Mute != 5 || st.Calls != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// An attendant that falls over ends its call only.
func TestPanic(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		other := w.calls("198.51.100.8", nil)
		stays := w.leg()
		s := w.calls("198.51.100.7", nil, call.Alias{Kind: call.H323ID, Text: "panic"})
		if r := s.over(); r.Cause != 41 {
			t.Errorf("told %+v", r)
		}
		if stays.over() {
			t.Error("another call ended with it")
		}
		_ = other
	})
}

// A call of ours goes out, rings and is answered; the leg is ready when there is
// sound.
func TestDial(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		s := w.answers("198.51.100.9:1720", nil)
		var steps []call.Progress
		leg, err := w.srv.Dial(t.Context(), Call{
			To:   Address{Alias: "600#48219", Host: "198.51.100.9"},
			Name: "Board", Number: "112752642",
		}, func(p call.Progress) { steps = append(steps, p) })
		if err != nil {
			t.Fatalf("%v\n%s", err, w.log)
		}
		if fmt.Sprint(steps) != fmt.Sprint([]call.Progress{call.Calling, call.Ringing}) {
			t.Errorf("steps %v", steps)
		}
		if p := leg.Party(); p.Number != "600#****" || p.Called != "600#****" || !strings.Contains(p.Product, "Test System") || p.Address != "198.51.100.9:1720" {
			t.Errorf("party %+v", p)
		}
		if !leg.Outgoing() || w.streams[0].last().Send.IsZero() {
			t.Errorf("agreed %+v", w.streams[0].last())
		}
		s.mu.Lock()
		got := s.setup
		s.mu.Unlock()
		if got.Caller.Name != "Board" || len(got.Called) != 1 || got.Called[0].Text != "600#48219" {
			t.Errorf("the system is called by %+v", got)
		}
		leg.Hangup(cause.Ended)
		s.over()
	})
}

// What becomes of a call that is not answered is told apart.
func TestDialInVain(t *testing.T) {
	for name, tt := range map[string]struct {
		take func(*call.Call)
		want cause.Cause
	}{
		"busy":     {func(c *call.Call) { c.Release(call.Reason{Cause: 17, Release: call.ReleaseInConf}) }, cause.Busy},
		"rejected": {func(c *call.Call) { c.Release(call.Reason{Cause: 21}) }, cause.Rejected},
		"unknown":  {func(c *call.Call) { c.Release(call.Reason{Cause: 1}) }, cause.Unreachable},
		"rings":    {func(c *call.Call) { c.Alert() }, cause.NoAnswer},
		"is mute":  {func(*call.Call) {}, cause.NoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, w *world) {
				w.answers("198.51.100.9:1720", tt.take)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				_, err := w.srv.Dial(ctx, Call{To: Address{Host: "198.51.100.9"}}, nil)
				if !errors.Is(err, tt.want) {
					t.Errorf("%v, want %s\n%s", err, tt.want, w.log)
				}
			})
		})
	}
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		_, err := w.srv.Dial(t.Context(), Call{To: Address{Host: "198.51.100.10"}}, nil)
		if !errors.Is(err, cause.Unreachable) {
			t.Errorf("nobody there: %v", err)
		}
		if _, err = w.srv.Dial(t.Context(), Call{To: Address{Alias: "600#48219"}}, nil); strings.Contains(err.Error(), "48219") || !errors.Is(err, cause.Unreachable) {
			t.Errorf("no gatekeeper: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.answers("198.51.100.9:1720", func(c *call.Call) { c.Alert(); cancel() })
		if _, err = w.srv.Dial(ctx, Call{To: Address{Host: "198.51.100.9"}}, nil); !errors.Is(err, cause.Cancelled) {
			t.Errorf("given up: %v", err)
		}
	})
}

// Shutdown ends the calls with a farewell and waits for it.
func TestShutdown(t *testing.T) {
	inVirtualTime(t, nil, func(t *testing.T, w *world) {
		s := w.calls("198.51.100.7", nil)
		leg := w.leg()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := w.srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if leg.Cause() != cause.Draining {
			t.Errorf("ended for %s", leg.Cause())
		}
		if r := s.over(); r.Cause != 41 || !r.Peer {
			t.Errorf("told %+v", r)
		}
	})
}
