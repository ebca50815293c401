package main

import (
	"context"
	"crypto/tls"
	"net/http"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/telemetry"
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

// openHTTP opens the page's listener, which has the health checks, and the one
// of the metrics.
func (g *gateway) openHTTP(_ context.Context, cfg *configs.Config) error {
	g.registerMetrics()
	log := g.log.With("part", "http")
	if m := cfg.Telemetry.Metrics; !m.Off() {
		l, err := listenTCP("telemetry.metrics", m)
		if err != nil {
			return err
		}
		s := telemetry.Open(l, g.metrics.Handler(g.health()), log)
		g.servers, g.listeners.Metrics = append(g.servers, s), s.Addr().String()
	}
	switch {
	case cfg.Web.Listen.Off():
		return nil
	case cfg.Web.Listen.Scheme == "https" && cfg.Web.TLS.CertFile == "":
		// There is no page yet, only the health checks: no reason to ask an
		// authority for a certificate.
		g.log.Warn("web.listen is not opened: certificates by ACME come with the page")
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
	if cfg.Web.Listen.Scheme == "https" {
		c := g.webCert.config(tls.VersionTLS12)
		c.NextProtos = []string{"http/1.1"}
		l = tls.NewListener(l, c)
	}
	mux := http.NewServeMux()
	g.health().Routes(mux)
	s := telemetry.Open(l, mux, log)
	g.servers, g.listeners.Web = append(g.servers, s), cfg.Web.Listen.Scheme+"://"+s.Addr().String()
	return nil
}
