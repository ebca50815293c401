package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/h323"
	"github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
)

// openH323 opens the port that room systems call. It comes after SIP's: the limits
// are counted there, for both.
func (g *gateway) openH323(ctx context.Context, cfg *configs.Config) error {
	if cfg.H323.Listen.Off() {
		return nil
	}
	way := roomSystems{g}
	c := h323Config(cfg, g.log.With("part", "h323"))
	c.Tap, c.Unanswered = g.tap, g.unansweredH323
	s := h323.New(c, h323.MediaStreams(g.media, rtpBind(cfg)...), way, way, way)
	if err := s.Start(ctx); err != nil {
		if errors.Is(err, h323.ErrGatekeeper) {
			return fmt.Errorf("h323.ras_listen: %w", err)
		}
		if cfg.Given("h323.listen") {
			return fmt.Errorf("h323.listen: %w", err)
		}
		// Nobody asked for this address, and phones do not need it.
		g.log.Warn("the address for room systems is taken; set h323.listen", "err", err)
		s.Close()
		return nil
	}
	g.h323 = s
	g.listeners.H323 = "tcp://" + s.Addrs()[0].String()
	if at := s.RASAddr(); at.IsValid() {
		g.listeners.RAS = "udp://" + at.String()
		go g.keepNames()
	} else {
		close(g.named)
	}
	return nil
}

// h323Config puts the configuration into the words of the H.323 server.
func h323Config(cfg *configs.Config, log *slog.Logger) h323.Config {
	c := h323.Config{
		Listen: cfg.H323.Listen.Address(), PublicIP: cfg.Server.PublicIP,
		H245Ports: call.PortRange{Low: cfg.H323.H245Ports.Min, High: cfg.H323.H245Ports.Max},
		Name:      "Partyline", Product: "Partyline", Version: versionText(),
		Codecs: codecs(cfg.SIP.Codecs), Limits: h323.DefaultLimits(), Logger: log,
	}
	c.Encryption, _ = secure.ParsePolicy(cfg.H323.Encryption) // it was checked
	if gk := cfg.H323.Gatekeeper; gk.Mode != "none" {
		c.Gatekeeper = &h323.Gatekeeper{
			Address: gk.Address, Identifier: gk.Identifier, Listen: cfg.H323.RASListen.Address(),
			Aliases: h323Names(cfg), Traversal: gk.Traversal,
		}
	}
	return c
}

// roomSystems is the gateway as h323.Gate, h323.Router and h323.Attendant.
type roomSystems struct{ *gateway }

// Enter implements h323.Gate: trunks and limits are those of SIP calls.
func (g roomSystems) Enter(from netip.Addr) (h323.Pass, cause.Cause, string) {
	trunk, leave, c, why := g.sip.Enter(from)
	p := h323.Pass{Leave: leave}
	if trunk != nil {
		p.Trunk, p.Media, p.Exclusive = trunk.Name, trunk.Media, trunk.ExclusivePorts
	}
	return p, c, why
}

// Route implements h323.Router.
func (g roomSystems) Route(_ context.Context, in h323.Inbound) (h323.Target, error) {
	q := inbound{
		protocol: "h323", trunk: in.Trunk, caller: in.Caller, callID: in.CallID,
		source: in.Source.Addr(), time: in.Time,
	}
	for _, called := range in.Called {
		if !g.isOurs(called) {
			q.called = append(q.called, calledAddress{user: called})
		}
	}
	return g.route(q)
}

// isOurs says whether what was called is a name of the gateway itself, as the bare
// address is.
func (g roomSystems) isOurs(called string) bool {
	if _, err := netip.ParseAddr(strings.Trim(called, "[]")); err == nil {
		return true
	}
	if host, _, err := net.SplitHostPort(called); err == nil {
		if _, err := netip.ParseAddr(host); err == nil {
			return true
		}
	}
	cfg := g.cfg.Load()
	if strings.EqualFold(called, cfg.Server.Domain) {
		return true
	}
	for _, name := range h323Names(cfg) {
		if strings.EqualFold(called, name) {
			return true
		}
	}
	return false
}

// h323Names are the names that lead to reception.
func h323Names(cfg *configs.Config) []string {
	switch {
	case len(cfg.H323.Gatekeeper.Aliases) > 0:
		return cfg.H323.Gatekeeper.Aliases
	case cfg.Server.Domain != "":
		return []string{cfg.Server.Domain}
	}
	return []string{"partyline"}
}

// Attend implements h323.Attendant.
func (g roomSystems) Attend(_ context.Context, leg bridge.Leg, to h323.Target) { g.attend(leg, to) }
