package webrtc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media/sdp"
)

func (h *house) leg() *Leg {
	h.Helper()
	leg, err := h.server.NewLeg(bridge.Party{})
	if err != nil {
		h.Fatal(err)
	}
	return leg
}

// What a browser may not ask for is refused, and harms nothing.
func TestBounds(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits.Offers, c.Limits.OfferEvery = 1000, time.Millisecond })
	good := newBrowser(t, browserConfig{}).offer(nil, false)
	replace := func(old, new string) string {
		s := strings.ReplaceAll(good, old, new)
		if s == good {
			t.Fatalf("no %q in the offer", old)
		}
		return s
	}
	for name, c := range map[string]struct {
		offer string
		err   error
	}{
		"empty":            {"", sdp.ErrMalformed},
		"64 KiB":           {good + "a=" + strings.Repeat("x", 64<<10), sdp.ErrMalformed},
		"media lines":      {good + strings.Repeat("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", 16), sdp.ErrMalformed},
		"candidates":       {good + strings.Repeat("a=candidate:1 1 udp 1 127.0.0.1 1 typ host\r\n", 65), sdp.ErrMalformed},
		"plain RTP":        {replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), sdp.ErrTransport},
		"no mux":           {replace("a=rtcp-mux\r\n", ""), sdp.ErrTransport},
		"no password":      {replace("a=ice-pwd", "a=x-pwd"), sdp.ErrTransport},
		"odd name":         {replace("a=ice-ufrag:", "a=ice-ufrag:a b|c"), sdp.ErrTransport},
		"no certificate":   {replace("a=fingerprint", "a=x-print"), sdp.ErrTransport},
		"SHA-1":            {replace("fingerprint:sha-256", "fingerprint:sha-1"), sdp.ErrTransport},
		"unknown codec":    {replace("opus/48000", "sonar/48000"), sdp.ErrNoCodec},
		"audio turned off": {replace("m=audio 9", "m=audio 0"), sdp.ErrTransport},
	} {
		leg := h.leg()
		if _, err := leg.Offer(context.Background(), c.offer); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
		if s := leg.State(); s != StateNew {
			t.Errorf("%s: %v", name, s)
		}
	}
}

func TestRates(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits.Offers, c.Limits.Legs = 2, 2 })
	leg := h.leg()
	for i, want := range []error{sdp.ErrMalformed, sdp.ErrMalformed, ErrTooOften} {
		if _, err := leg.Offer(context.Background(), ""); !errors.Is(err, want) {
			t.Error(i, err)
		}
	}
	for i := range sdp.MaxCandidates + 1 {
		err := leg.Candidate("candidate:1 1 udp 2130706431 192.0.2.1 9 typ host")
		if want := i == sdp.MaxCandidates; want != errors.Is(err, ErrTooOften) {
			t.Error(i, err)
		}
	}
	for _, bad := range []string{"x", strings.Repeat("candidate ", 200), "candidate:1 1 udp 1 a 9 typ host\r\na=x"} {
		if err := leg.Candidate(bad); !errors.Is(err, ErrCandidate) {
			t.Error(bad, err)
		}
	}
	h.leg()
	if _, err := h.server.NewLeg(bridge.Party{}); !errors.Is(err, ErrLimit) {
		t.Error(err)
	}
}

// Whatever an offer is, the answer has a line for each of its own.
func FuzzOffer(f *testing.F) {
	h := newHouse(f, func(c *Config) { c.Limits.Offers, c.Limits.OfferEvery = 1<<30, time.Nanosecond })
	f.Add(newBrowser(f, browserConfig{}).offer(nil, false))
	f.Add(newBrowser(f, browserConfig{video: true, data: true, events: true}).offer(nil, false))
	f.Add(newBrowser(f, browserConfig{listen: true}).offer(nil, true))
	f.Add("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:\x7f\r\n")
	f.Fuzz(func(t *testing.T, offer string) {
		leg, err := h.server.NewLeg(bridge.Party{})
		if err != nil {
			t.Fatal(err)
		}
		defer leg.Hangup(0)
		answer, err := leg.Offer(context.Background(), offer)
		if err != nil {
			return
		}
		theirs, _ := sdp.Parse([]byte(offer))
		ours, err := sdp.Parse([]byte(answer))
		if err != nil || len(ours.Media) != len(theirs.Media) {
			t.Fatalf("%v: %q", err, answer)
		}
		open := 0
		for i := range ours.Media {
			if ours.Media[i].Port != 0 {
				open++
			}
		}
		if open != 1 {
			t.Fatalf("%d lines are open", open)
		}
	})
}
