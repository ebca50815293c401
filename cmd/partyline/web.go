package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/telemetry"
	"github.com/partyline/partyline/web"
	"github.com/partyline/partyline/web/api"
	"github.com/partyline/partyline/web/live"
)

// health says how the gateway is, to load balancers and people.
func (g *gateway) health() telemetry.Health {
	alive := snapshot(g.alive)
	return telemetry.Health{Alive: func() string {
		if !alive() {
			return "an engine does not answer"
		}
		return ""
	}, Ready: func() string {
		switch {
		case g.draining.Load():
			return "shutting down"
		case !g.ready.Load():
			return "starting"
		case g.media.Load() >= sip.Overloaded:
			return "the engines are busy"
		}
		return ""
	}}
}

// openHTTP opens the metrics' listener and the page's.
func (g *gateway) openHTTP(_ context.Context, cfg *configs.Config) error {
	g.registerMetrics()
	log := g.log.With("part", "http")
	if m := cfg.Telemetry.Metrics; !m.Off() {
		l, err := listenTCP("telemetry.metrics", m)
		if err != nil {
			return err
		}
		g.scraped = web.Serve(l, g.metrics.Handler(g.health()), nil, log)
		g.listeners.Metrics = g.scraped.Addr().String()
	}
	if cfg.Web.Listen.Off() {
		return nil
	}
	l, err := listenTCP("web.listen", cfg.Web.Listen)
	if err != nil {
		if cfg.Given("web.listen") {
			return err
		}
		// Nobody asked for this address, and phones do not need it.
		g.log.Warn("the page's address is taken; set web.listen", "err", err)
		return nil
	}
	// Before the first request, which tells of it.
	g.listeners.Web = cfg.Web.Listen.Scheme + "://" + l.Addr().String()
	if err := g.openPage(cfg, l); err != nil {
		l.Close()
		return err
	}
	return nil
}

// openPage serves the page on a listener.
func (g *gateway) openPage(cfg *configs.Config, l net.Listener) error {
	site, err := web.New(g.siteConfig(cfg))
	if err != nil {
		return err
	}
	relay, err := relayOf(cfg)
	if err != nil {
		return err
	}
	g.live = live.New(live.Config{
		Bridge: g.bridge, Legs: browserLegs{g}, Entrance: browserEntrance{g},
		User: site.SignedIn, Source: site.Source, MOS: mosOf, Text: site.Say,
		Relay: func() live.Relay { return relay }, Did: g.noteLive, Logger: g.log.With("part", "live"),
	})
	site.Serve(g.live)
	g.live.Start()
	g.page = web.Listen(l, site, g.pageTLS(cfg), g.log.With("part", "http"))
	return g.openRedirect(cfg)
}

func (g *gateway) siteConfig(cfg *configs.Config) web.Config {
	return web.Config{
		API: api.Config{
			Store: g.store, SignIn: g.signIn, Link: g.followLink, Directory: g.directory,
			NewRoom: g.newRoom, Book: g.book, NewMeeting: g.newMeeting, Write: g.write, Can: g.can, Calls: pageCalls{g},
			Record: g.store.RecordChange, Admin: g.adminOf(), Reserved: cfg.Reception.TestExtension, Version: versionText(),
		},
		Accounts: g.store, Sessions: g.store.Sessions(),
		Languages: cfg.Web.Languages, Secure: isSecure(cfg), Proxies: cfg.Web.Proxies,
		TestCall: func() string { return g.testCall(cfg) },
		Routes:   func(mux *http.ServeMux) { g.health().Routes(mux) },
		Answered: func(status int) {
			g.metrics.Count("partyline_page_requests_total", strconv.Itoa(status/100)+"xx")
		},
		Logger: g.log.With("part", "page"),
	}
}

// pageTLS is how the page's listener speaks TLS, nil if it does not.
func (g *gateway) pageTLS(cfg *configs.Config) *tls.Config {
	if cfg.Web.Listen.Scheme != "https" {
		return nil
	}
	if cfg.Web.TLS.CertFile == "" {
		g.acme = acmeManager(cfg)
		return acmeTLS(g.acme)
	}
	c := g.webCert.config(tls.VersionTLS12)
	c.NextProtos = []string{"h2", "http/1.1"}
	return c
}

// signIn implements api.Config.SignIn.
func (g *gateway) signIn(ctx context.Context, email, password string, from netip.Addr) (store.User, time.Duration, error) {
	u, wait, err := g.admission.SignIn(ctx, email, password, admission.SourceOf("", "", from))
	g.noteSignIn(ctx, email, from, err)
	return u, wait, err
}

// followLink implements api.Config.Link.
func (g *gateway) followLink(ctx context.Context, token string, from netip.Addr) (api.Followed, error) {
	v := g.admission.Link(ctx, token, admission.SourceOf("", "", from))
	f := api.Followed{Cause: v.Cause, Wait: v.Backoff}
	if v.Room == nil {
		return f, nil
	}
	var err error
	f.Room, f.Who, f.Current, f.Opens = v.Room, v.Who, v.Current, v.Opens
	f.PIN, err = g.guestPIN(ctx, v)
	return f, err
}

// guestPIN is the PIN that somebody let in by a guest link keys on the phone: their
// own, by which they are known there, or the room's.
func (g *gateway) guestPIN(ctx context.Context, v admission.Verdict) (string, error) {
	if v.Who.InviteeID != "" {
		if _, pin, err := g.store.InviteeKeys(ctx, v.Who.InviteeID); err != nil || pin != "" {
			return pin, err
		}
	}
	pin, _, err := g.store.PINs(ctx, v.Room.ID)
	return pin, err
}

// newRoom is a room that a host is about to add.
func (g *gateway) newRoom(ctx context.Context) (store.NewRoom, error) {
	cfg := g.cfg.Load()
	extension, err := g.store.FreeExtension(ctx, cfg.Reception.ExtensionLength)
	d := cfg.Rooms.Defaults
	return store.NewRoom{
		Extension: extension, MaxParticipants: d.MaxParticipants, Lobby: d.Lobby, WaitForHost: d.WaitForHost,
		MuteOnEntry: d.MuteOnEntry, Tones: d.Tones,
	}, err
}
