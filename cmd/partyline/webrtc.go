package main

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/reception"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
	"github.com/partyline/partyline/webrtc"
)

// openWebRTC opens the ports of browsers' media.
func (g *gateway) openWebRTC(_ context.Context, cfg *configs.Config) error {
	if len(cfg.WebRTC.Listen) == 0 || cfg.Web.Listen.Off() {
		return nil
	}
	c := webrtc.Config{PublicIP: cfg.Server.PublicIP, Media: g.media, Logger: g.log.With("part", "webrtc")}
	c.Loopback = isLoopback(cfg.Web.Listen)
	for _, l := range cfg.WebRTC.Listen {
		c.Listen = append(c.Listen, l.String())
		c.Loopback = c.Loopback || isLoopback(l)
	}
	s, err := webrtc.Open(c)
	if err != nil {
		if cfg.Given("webrtc.listen") {
			return errors.Join(errors.New("webrtc.listen"), err)
		}
		g.log.Warn("the addresses for browsers' media are taken; set webrtc.listen", "err", err)
		return nil
	}
	g.webrtc, g.listeners.WebRTC = s, s.Listeners()
	return nil
}

func isLoopback(l configs.Listener) bool {
	a, err := netip.ParseAddr(l.Host)
	return l.Host == "localhost" || err == nil && a.IsLoopback()
}

// browserLegs is the gateway as live.Legs.
type browserLegs struct{ *gateway }

// NewLeg implements live.Legs.
func (g browserLegs) NewLeg(p bridge.Party) (live.Leg, error) { return g.webrtc.NewLeg(p) }

// browserEntrance is the gateway as live.Entrance.
type browserEntrance struct{ *gateway }

// Check implements live.Entrance.
func (g browserEntrance) Check(ctx context.Context, a live.Ask) live.Verdict {
	busy := g.refusesBrowsers()
	if a.Test {
		return live.Verdict{Cause: busy}
	}
	if a.Token == "" && a.UserID == "" { // a room's id is no key
		return live.Verdict{Cause: cause.Denied}
	}
	// A link that opens nothing says so, however busy the gateway is.
	v := g.admission.Admit(ctx, admission.Request{
		Token: a.Token, RoomID: a.RoomID, User: a.UserID, Source: admission.SourceOf("", "", a.Source),
	})
	if v.Cause != cause.None {
		g.metrics.Count("partyline_admissions_total", v.Cause.String())
		wait := v.Backoff
		if v.Cause == cause.TooEarly {
			wait = time.Until(v.Opens)
		}
		return live.Verdict{Cause: v.Cause, Wait: wait}
	}
	if busy != cause.None {
		return live.Verdict{Cause: busy}
	}
	return g.admit(ctx, a, v)
}

// refusesBrowsers is why no browser can be taken in at all.
func (g *gateway) refusesBrowsers() cause.Cause {
	switch {
	case g.draining.Load():
		return cause.Draining
	case g.webrtc == nil:
		return cause.Unsupported
	case g.isFull():
		return cause.Limit
	}
	return cause.None
}

// isFull says that no further call can be taken, or made.
func (g *gateway) isFull() bool {
	limit := g.cfg.Load().Limits.Calls
	return limit > 0 && g.calls.count() >= limit || g.media.Load() >= sip.Overloaded
}

// admit tells a seat of its room.
func (g *gateway) admit(ctx context.Context, a live.Ask, v admission.Verdict) live.Verdict {
	pin, err := g.guestPIN(ctx, v)
	token := a.Token
	if err == nil && token == "" {
		token, err = g.store.GuestLink(ctx, v.Room.ID)
	}
	if err != nil { // the invitation lacks it, the call does not
		g.log.Warn("the ways into a room cannot be read", "error", err)
	}
	return live.Verdict{
		Host: v.Role == store.Host, Own: v.Who.InviteeID != "", Name: v.Who.Name,
		Room: live.Room{
			ID: v.Room.ID, Extension: v.Room.Extension, Title: cmp.Or(v.Current.Title, v.Room.Name),
			Names: v.Room.Names, Invites: v.Room.GuestInvites,
			Ways: g.directory().Ways(v.Room.Extension, pin, token),
		},
	}
}

// Attend implements live.Entrance: a browser goes the way of every call.
func (g browserEntrance) Attend(leg bridge.Leg, a live.Ask) {
	g.browsers.started.Add(1)
	g.serve(leg, time.Now(), reception.Entry{
		Token: a.Token, RoomID: a.RoomID, User: a.UserID, Name: a.Name, Test: a.Test, Page: true,
		Language: a.Language, Source: admission.SourceOf("", "", a.Source),
	}, nil)
	g.browsers.ended.Add(leg.Cause())
}
