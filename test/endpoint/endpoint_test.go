package endpoint

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/control"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/media/pcm"
)

// pair is two endpoints in a call.
func pair(t *testing.T, a, b Options) (caller, called *Call) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	l, err := Listen(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	caller, err = Dial(ctx, l.Addr(), []call.Alias{{Kind: call.DialedDigits, Text: "600"}}, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { caller.Close() })
	called, err = l.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { called.Close() })
	if err := caller.Answered(ctx); err != nil {
		t.Fatal(err)
	}
	return caller, called
}

// hears waits until a call hears mostly a tone.
func hears(t *testing.T, c *Call, hz float64) {
	t.Helper()
	var heard []int16
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		more, rate := c.Heard()
		heard = append(heard, more...)
		if n := rate / 5; n > 0 && len(heard) > n {
			last := heard[len(heard)-n:]
			if all := float64(pcm.Energy(last)) / float64(n) / (32768 * 32768); all > 1e-4 && pcm.Goertzel(last, rate, hz) > 0.9*all {
				return
			}
		}
	}
	t.Errorf("%v Hz is not heard; %v", hz, c.Fault())
}

// Endpoints hear each other in every mode, and the keys of every form come.
func TestEndpoints(t *testing.T) {
	modes := map[string]Options{
		"fast":           {},
		"slow":           {Slow: true},
		"fast, separate": {Separate: true},
		"slow, separate": {Slow: true, Separate: true},
		"early":          {Early: true},
		"encrypted":      {Slow: true, Encryption: secure.Required},
		"1 ms":           {Audio: []call.Codec{call.G722}, Frames: 1, WideClock: true},
		"60 ms":          {Audio: []call.Codec{call.G711U}, Frames: 60},
		"A-law":          {Audio: []call.Codec{call.G711A}},
	}
	for name, o := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, o, Options{Encryption: o.Encryption})
			a.Tone(440)
			b.Tone(1000)
			hears(t, a, 1000)
			hears(t, b, 440)
			if _, _, plain := a.Counts(); plain > 0 {
				t.Errorf("%d packets cannot be decrypted", plain)
			}
			for n, f := range []Form{Digits, Whole, Signal, Keypad} { // one after the other: they go different ways
				if err := a.Press(f, "12#"); err != nil {
					t.Fatal(f, err)
				}
				until(t, string(f), func() bool { return len(b.Keys()) >= 3*(n+1) })
			}
			got := ""
			for _, k := range b.Keys() {
				got += string(k.Digit)
			}
			if got != "12#12#12#12#" {
				t.Errorf("keys %q", got)
			}
		})
	}
}

// A pause closes the channel to whom pauses, and the end of it opens it again.
func TestPause(t *testing.T) {
	t.Parallel()
	a, b := pair(t, Options{}, Options{})
	b.Tone(1000)
	hears(t, a, 1000)
	a.Control(func(s *control.Session) { s.Pause() })
	until(t, "b pauses", func() bool { send, _ := b.Channels(); return send == nil })
	a.Control(func(s *control.Session) { s.Resume() })
	hears(t, a, 1000)
}

// What becomes of calls that are not taken can be told.
func TestRefused(t *testing.T) {
	t.Parallel()
	l, err := Listen(Options{Take: func(c *Call, _ *call.Setup) { c.Release(call.Reason{Cause: 17}) }})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := Dial(t.Context(), l.Addr(), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Answered(t.Context()); err == nil || a.Why().Cause != 17 || !a.Why().Peer {
		t.Error(err, a.Why())
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(fmt.Sprint("not within 5 s: ", what))
		}
	}
}
