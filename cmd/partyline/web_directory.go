package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/web/live"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// directory is how people get here, as configured now.
func (g *gateway) directory() live.Directory { return directoryOf(g.cfg.Load(), g.listeners) }

// directoryOf is how people get to a gateway that listens like this.
func directoryOf(cfg *configs.Config, l control.Listeners) live.Directory {
	d := live.Directory{Direct: map[string][]live.Number{}, Backup: cfg.Server.BackupGateway}
	if l.Web != "" {
		d.Base = pageURL(cfg, l.Web)
	}
	if len(l.SIP) > 0 {
		d.SIP = dialAddress(cfg, l.SIP)
	}
	_, bound, _ := strings.Cut(l.H323, "://")
	d.H323 = h323Address(cfg, bound)
	for _, n := range cfg.Numbers {
		number := live.Number{Number: n.Number, Label: n.Label, Language: n.Language}
		switch n.To.Kind {
		case "reception":
			d.Numbers = append(d.Numbers, number)
		case "room":
			d.Direct[n.To.Room] = append(d.Direct[n.To.Room], number)
		}
	}
	return d
}

// directory is how people get to the gateway that runs by this configuration, or to
// one that will.
func (c *console) directory(cfg *configs.Config) live.Directory {
	if s, err := control.NewClient(cfg.Server.DataDir).Status(c.ctx); err == nil {
		return directoryOf(cfg, s.Listeners)
	}
	var l control.Listeners
	if w := cfg.Web.Listen; !w.Off() {
		l.Web = w.String()
	}
	for _, s := range cfg.SIP.Listen {
		if s.Port != 0 {
			l.SIP = append(l.SIP, s.String())
		}
	}
	if h := cfg.H323.Listen; !h.Off() && h.Port != 0 {
		l.H323 = h.String()
	}
	return directoryOf(cfg, l)
}

// testCall is the address at which a phone can test itself.
func (g *gateway) testCall(cfg *configs.Config) string {
	if cfg.Reception.TestExtension == "" || len(g.listeners.SIP) == 0 {
		return ""
	}
	return "sip:" + cfg.Reception.TestExtension + "@" + g.dialAddress()
}

// isSecure says whether browsers see HTTPS: of ours, or of a proxy before us.
func isSecure(cfg *configs.Config) bool {
	if cfg.Web.URL != "" {
		return strings.HasPrefix(cfg.Web.URL, "https://")
	}
	return cfg.Web.Listen.Scheme == "https"
}

// relayOf reads the secret that is shared with the TURN servers.
func relayOf(cfg *configs.Config) (live.Relay, error) {
	r := live.Relay{URLs: cfg.WebRTC.TURN.URLs}
	if file := cfg.WebRTC.TURN.SecretFile; file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return r, fmt.Errorf("webrtc.turn.secret_file: %w", err)
		}
		if r.Secret = []byte(strings.TrimSpace(string(text))); len(r.Secret) == 0 {
			return r, fmt.Errorf("webrtc.turn.secret_file: %s is empty", file)
		}
	}
	return r, nil
}

// acmeManager gets certificates from an ACME authority and renews them. The proof is
// given in the TLS handshake (tls-alpn-01), for which the authority connects to port
// 443: no second port is needed. With web.redirect it may be given there too.
func acmeManager(cfg *configs.Config) *autocert.Manager {
	m := &autocert.Manager{
		Prompt: autocert.AcceptTOS, Email: cfg.Web.TLS.ACME.Email,
		Cache:      autocert.DirCache(filepath.Join(cfg.Server.DataDir, "acme")),
		HostPolicy: autocert.HostWhitelist(cfg.Server.Domain),
	}
	if d := cfg.Web.TLS.ACME.Directory; d != "" {
		m.Client = &acme.Client{DirectoryURL: d}
	}
	return m
}

// acmeTLS is a listener's configuration with the certificates of an authority.
func acmeTLS(m *autocert.Manager) *tls.Config {
	c := m.TLSConfig() // h2, http/1.1 and acme-tls/1
	c.MinVersion = tls.VersionTLS12
	return c
}
