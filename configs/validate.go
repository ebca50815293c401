package configs

import (
	"fmt"
	"net/url"
	"strings"
)

// at is where a path's value stands: the value itself, its key, or the nearest
// thing around it.
func (d *decoder) at(path string) mark { return place(d.marks, path) }

func place(marks map[string]mark, path string) mark {
	for {
		if m, ok := marks[path]; ok {
			return m
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return mark{line: 1, column: 1, width: 1}
		}
		path = path[:i]
	}
}

func (d *decoder) wrong(path, format string, args ...any) {
	d.report(d.at(path), fmt.Sprintf(format, args...))
}

func (d *decoder) wrongHint(path, message, hint string) {
	d.reportHint(d.at(path), message, hint)
}

func (d *decoder) warn(path, format string, args ...any) {
	d.wrong(path, format, args...)
	d.problems[len(d.problems)-1].Warning = true
}

// validate checks what needs more than one value to be judged.
func (d *decoder) validate() {
	c := d.config
	d.server(c)
	d.listeners(c)
	d.trunks(c)
	d.numbers(c)
	d.inbound(c)
	d.outbound(c)
	d.keys(c)
	d.meetings(c)
	d.mail(c)
	d.sms(c)
	d.privacy(c)
	if len(c.WebRTC.TURN.URLs) > 0 && c.WebRTC.TURN.SecretFile == "" {
		d.wrong("webrtc.turn", "TURN credentials need secret_file")
	}
	d.outboundLimits(c)
	d.telemetry(c)
}

func (d *decoder) server(c *Config) {
	seen := map[bool]bool{}
	for i, a := range c.Server.PublicIP {
		path := fmt.Sprintf("server.public_ip[%d]", i)
		if a.IsValid() && seen[a.Is4()] {
			d.wrong(path, "two addresses of one family: at most one IPv4 and one IPv6 address")
		}
		if a.IsValid() && (a.IsUnspecified() || a.IsMulticast()) {
			d.wrong(path, "%s cannot be reached by anyone", a)
		}
		seen[a.Is4()] = true
	}
	if c.Reception.TestExtension != "" && len(c.Reception.TestExtension) == c.Reception.ExtensionLength {
		d.wrong("reception.test_extension", "the test extension %s is as long as a room's (%d digits): it would hide that room",
			c.Reception.TestExtension, c.Reception.ExtensionLength)
	}
	d.gatekeeper(c)
	if len(c.SIP.Codecs) == 0 && c.Given("sip.codecs") {
		d.wrong("sip.codecs", "without a codec no call can be answered")
	}
	d.twice("sip.codecs", c.SIP.Codecs)
	d.twice("web.languages", c.Web.Languages)
}

func (d *decoder) gatekeeper(c *Config) {
	g := &c.H323.Gatekeeper
	if g.Mode == "address" && g.Address == "" {
		d.wrong("h323.gatekeeper.mode", "mode is address, but there is no address")
	}
	if g.Address != "" && g.Mode != "address" {
		d.wrong("h323.gatekeeper.address", "the address is used only with mode: address")
	}
	if g.Mode == "none" && len(g.Aliases) > 0 {
		d.wrong("h323.gatekeeper.aliases", "aliases are registered with a gatekeeper, and mode is none")
	}
	if g.Mode != "none" && c.H323.Listen.Off() {
		d.wrong("h323.gatekeeper.mode", "calls that the gatekeeper sends need h323.listen")
	}
	if g.Mode != "none" && c.H323.RASListen.Off() {
		d.wrong("h323.gatekeeper.mode", "a gatekeeper is spoken to from h323.ras_listen")
	}
	d.twice("h323.gatekeeper.aliases", g.Aliases)
}

func (d *decoder) twice(path string, words []string) {
	seen := map[string]bool{}
	for i, w := range words {
		if w != "" && seen[w] {
			d.wrong(fmt.Sprintf("%s[%d]", path, i), "%q is in the list twice", w)
		}
		seen[w] = true
	}
}

// listeners finds addresses that are opened twice and TLS without certificate.
func (d *decoder) listeners(c *Config) {
	opened := map[string]string{}
	check := func(path string, l Listener) {
		if l.Off() || l.Port == 0 {
			return
		}
		network := "tcp"
		if l.Scheme == "udp" {
			network = "udp"
		}
		key := network + " " + l.Address()
		if before, twice := opened[key]; twice {
			where := path
			if !c.Given(path) {
				where = before
			}
			d.wrong(where, "%s opens %s, which %s opens already", path, l.Address(), before)
		}
		opened[key] = path
	}
	for i, l := range c.SIP.Listen {
		path := fmt.Sprintf("sip.listen[%d]", i)
		check(path, l)
		if l.Scheme == "tls" && (c.SIP.TLS.CertFile == "" || c.SIP.TLS.KeyFile == "") {
			d.wrong(path, "TLS needs a certificate: sip.tls.cert_file and sip.tls.key_file")
		}
	}
	d.pair("sip.tls", c.SIP.TLS.CertFile, c.SIP.TLS.KeyFile)
	d.pair("web.tls", c.Web.TLS.CertFile, c.Web.TLS.KeyFile)
	check("web.listen", c.Web.Listen)
	if c.Web.Listen.Scheme == "https" && c.Web.TLS.CertFile == "" && c.Web.TLS.ACME.Email == "" {
		d.wrong("web.listen", "https needs a certificate: web.tls.acme or web.tls.cert_file and key_file")
	}
	if c.Web.Listen.Scheme == "https" && c.Web.TLS.CertFile == "" && c.Server.Domain == "" {
		d.wrong("web.tls", "acme needs the name to certify: server.domain")
	}
	check("web.redirect", c.Web.Redirect)
	if !c.Web.Redirect.Off() && c.Web.Listen.Scheme != "https" {
		d.wrong("web.redirect", "it leads to HTTPS: web.listen must be an https address")
	}
	if u, err := url.Parse(c.Web.URL); err == nil && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "") {
		d.wrong("web.url", "links begin with scheme and host: %q has more than that", c.Web.URL)
	}
	check("h323.listen", c.H323.Listen)
	check("h323.ras_listen", c.H323.RASListen)
	for i, l := range c.WebRTC.Listen {
		check(fmt.Sprintf("webrtc.listen[%d]", i), l)
	}
	check("telemetry.metrics", c.Telemetry.Metrics)
	d.overlap(c)
}

func (d *decoder) pair(path, cert, key string) {
	if (cert == "") != (key == "") {
		d.wrong(path, "cert_file and key_file belong together")
	}
}

// overlap finds listeners inside the ranges of ports for RTP and H.245.
func (d *decoder) overlap(c *Config) {
	r := c.SIP.RTPPorts
	for i, l := range c.SIP.Listen {
		if l.Scheme == "udp" && l.Port != 0 && l.Port >= r.Min && l.Port <= r.Max {
			d.wrong(fmt.Sprintf("sip.listen[%d]", i), "port %d is among the RTP ports %s", l.Port, r)
		}
	}
	for i, l := range c.WebRTC.Listen {
		if l.Scheme == "udp" && l.Port != 0 && l.Port >= r.Min && l.Port <= r.Max {
			d.wrong(fmt.Sprintf("webrtc.listen[%d]", i), "port %d is among the RTP ports %s", l.Port, r)
		}
	}
	if l, p := c.H323.Listen, c.H323.H245Ports; !l.Off() && l.Port != 0 && l.Port >= p.Min && l.Port <= p.Max {
		path := "h323.listen"
		if !c.Given(path) {
			path = "h323.h245_ports"
		}
		d.wrong(path, "port %d is among the ports of H.245 %s", l.Port, p)
	}
	if l := c.H323.RASListen; l.Port != 0 && l.Port >= r.Min && l.Port <= r.Max {
		d.wrong("h323.ras_listen", "port %d is among the RTP ports %s", l.Port, r)
	}
	if r.Max != 0 && r.Max-r.Min < 1 {
		d.wrong("sip.rtp_ports", "the range has one port; RTP and RTCP need two")
	}
}

func (d *decoder) keys(c *Config) {
	k := c.Reception.Keys
	all := []struct{ name, keys string }{
		{"mute", k.Mute},
		{"hand", k.Hand},
		{"count", k.Count},
		{"help", k.Help},
		{"volume_up", k.VolumeUp},
		{"volume_down", k.VolumeDown},
		{"mute_all", k.MuteAll},
		{"lock", k.Lock},
		{"admit_one", k.AdmitOne},
		{"admit", k.Admit},
		{"end", k.End},
	}
	for i, a := range all {
		for _, b := range all[:i] {
			if a.keys == "" || b.keys == "" || !strings.HasPrefix(a.keys, b.keys) && !strings.HasPrefix(b.keys, a.keys) {
				continue
			}
			path := "reception.keys." + a.name
			if !c.Given(path) {
				path = "reception.keys." + b.name
			}
			d.wrong(path, "the keys %s (%s) and %s (%s) begin alike: the longer would never be heard", a.keys, a.name, b.keys, b.name)
		}
	}
}

func (d *decoder) outboundLimits(c *Config) {
	d.twice("limits.outbound.countries", c.Limits.Outbound.Countries)
}

func (d *decoder) telemetry(c *Config) {
	t := &c.Telemetry
	if t.HEP.PasswordFile != "" && t.HEP.To.Off() {
		d.warn("telemetry.hep.password_file", "nothing is sent: telemetry.hep.to names no server")
	}
	if !t.HEP.To.Off() && (t.HEP.To.Host == "" || t.HEP.To.Port == 0) {
		d.wrong("telemetry.hep.to", "%s names no server", t.HEP.To)
	}
}
