package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
)

type doctorCmd struct{}

// finding is one thing the doctor looked at.
type finding struct {
	Check  string `json:"check"`
	Result string `json:"result"` // ok, warning, failed
	Detail string `json:"detail"`
}

// The results, from good to bad.
const (
	fine    = "ok"
	warning = "warning"
	failed  = "failed"
)

// examination is the doctor at work.
type examination struct {
	c        *console
	cfg      *configs.Config
	running  bool
	findings []finding
}

func (x *examination) add(check, result, detail string, args ...any) {
	x.findings = append(x.findings, finding{check, result, fmt.Sprintf(detail, args...)})
}

// Run looks at everything and fails if anything would keep the gateway from
// working.
func (doctorCmd) Run(c *console) error {
	cfg, problems, err := configs.Load(c.file)
	x := &examination{c: c, cfg: cfg}
	var mistakes configs.Problems
	switch {
	case errors.As(err, &mistakes):
		for _, p := range mistakes {
			x.add("configuration", failed, "%s", p)
		}
	case err != nil:
		return c.fileError(err)
	default:
		x.configuration(problems)
		for _, look := range []func(){x.serve, x.dataDir, x.files, x.ports, x.page, x.messages, x.address, x.buffers, x.descriptors, x.clock} {
			look()
		}
	}
	bad := slices.ContainsFunc(x.findings, func(f finding) bool { return f.Result == failed })
	if c.json {
		if err := c.printJSON(map[string]any{"healthy": !bad, "findings": x.findings}); err != nil {
			return err
		}
	} else {
		for _, f := range x.findings {
			fmt.Fprintf(c.out, "%-8s %s: %s\n", f.Result, f.Check, f.Detail)
		}
	}
	if bad {
		return exitNow(exitFailed)
	}
	return nil
}

func (x *examination) configuration(problems configs.Problems) {
	if x.cfg.File == "" {
		x.add("configuration", fine, "none given: the defaults")
		return
	}
	for _, p := range problems {
		x.add("configuration", warning, "%s", p)
	}
	if len(problems) == 0 {
		x.add("configuration", fine, "%s has no mistakes", x.cfg.File)
	}
}

func (x *examination) serve() {
	s, err := control.NewClient(x.cfg.Server.DataDir).Status(x.c.ctx)
	switch {
	case err == nil:
		x.running = true
		x.add("gateway", fine, "runs as process %d since %s, %s", s.PID, s.Started.Local().Format(time.DateTime), plural(s.Calls, "call"))
		if !s.Ready || s.Draining {
			x.add("gateway", warning, "takes no calls (ready %v, draining %v)", s.Ready, s.Draining)
		}
		x.gatekeeper(s.Gatekeeper)
	case errors.Is(err, control.ErrNotRunning):
		x.add("gateway", fine, "is not running")
	default:
		x.add("gateway", warning, "%s", err)
	}
}

// gatekeeper tells whether the H.323 gatekeeper knows the gateway that runs.
func (x *examination) gatekeeper(gk *control.Gatekeeper) {
	switch {
	case gk == nil:
	case gk.Registered:
		x.add("gatekeeper", fine, "%s knows us since %s by %s", cmp.Or(gk.Identifier, gk.Address),
			gk.Since.Local().Format(time.DateTime), plural(len(gk.Aliases), "name"))
		if n := len(gk.Taken); n > 0 {
			x.add("gatekeeper", warning, "other endpoints have %s of ours: %s; calls to them do not come here",
				plural(n, "name"), strings.Join(gk.Taken[:min(n, 10)], ", "))
		}
	default:
		x.add("gatekeeper", warning, "%s: %s; calls go on without it", gk.Phase, cmp.Or(gk.Error, "no answer yet"))
	}
}

// dataDir tries to write where the gateway will.
func (x *examination) dataDir() {
	dir := x.cfg.Server.DataDir
	st, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		x.add("data directory", fine, "%s is made at the first start", dir)
		return
	}
	if err != nil || !st.IsDir() {
		x.add("data directory", failed, "%s is no directory", dir)
		return
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		x.add("data directory", failed, "%s cannot be written: %s", dir, err)
		return
	}
	f.Close()
	os.Remove(f.Name())
	if free, ok := freeSpace(dir); ok && free < 100<<20 {
		x.add("data directory", warning, "%s has only %d MiB left", dir, free>>20)
		return
	}
	x.add("data directory", fine, "%s can be written", dir)
}

// files looks at secrets and certificates.
func (x *examination) files() {
	cfg := x.cfg
	secrets := []struct{ key, file string }{
		{"key file", filepath.Join(cfg.Server.DataDir, store.KeyFile)},
		{"sip.tls.key_file", cfg.SIP.TLS.KeyFile},
		{"web.tls.key_file", cfg.Web.TLS.KeyFile},
		{"webrtc.turn.secret_file", cfg.WebRTC.TURN.SecretFile},
		{"mail.password_file", cfg.Mail.PasswordFile},
		{"mail.dkim.key_file", cfg.Mail.DKIM.KeyFile},
		{"sms.kannel.password_file", cfg.SMS.Kannel.PasswordFile},
		{"sms.webhook.secret_file", cfg.SMS.Webhook.SecretFile},
	}
	for _, t := range cfg.Trunks {
		secrets = append(secrets, struct{ key, file string }{"trunk " + t.Name + " password_file", t.Auth.PasswordFile})
	}
	for _, s := range secrets {
		if s.file != "" {
			x.secret(s.key, s.file)
		}
	}
	for _, f := range []struct{ key, file string }{
		{"sip.tls.cert_file", cfg.SIP.TLS.CertFile},
		{"web.tls.cert_file", cfg.Web.TLS.CertFile},
		{"sms.webhook.template", cfg.SMS.Webhook.Template},
		{"reception.prompts_dir", cfg.Reception.PromptsDir},
	} {
		if f.file == "" {
			continue
		}
		if _, err := os.Stat(f.file); err != nil {
			x.add(f.key, failed, "%s", err)
		}
	}
}

func (x *examination) secret(key, file string) {
	st, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist) && key == "key file":
		return // made at the first start
	case err != nil:
		x.add(key, failed, "%s", err)
	case st.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/':
		x.add(key, warning, "%s can be read by others (mode %04o): chmod 600", file, st.Mode().Perm())
	default:
		x.add(key, fine, "%s", file)
	}
}

// ports tries to open what the gateway will open.
func (x *examination) ports() {
	if x.running {
		return
	}
	type port struct {
		key string
		l   configs.Listener
	}
	var all []port
	for i, l := range x.cfg.SIP.Listen {
		all = append(all, port{fmt.Sprintf("sip.listen[%d]", i), l})
	}
	if !x.cfg.H323.Listen.Off() {
		all = append(all, port{"h323.listen", x.cfg.H323.Listen})
		if x.cfg.H323.Gatekeeper.Mode != "none" {
			all = append(all, port{"h323.ras_listen", x.cfg.H323.RASListen})
		}
	}
	all = append(all, port{"web.listen", x.cfg.Web.Listen}, port{"telemetry.metrics", x.cfg.Telemetry.Metrics})
	for i, l := range x.cfg.WebRTC.Listen {
		all = append(all, port{fmt.Sprintf("webrtc.listen[%d]", i), l})
	}
	for _, p := range all {
		if p.l.Off() {
			continue
		}
		if err := tryListen(p.l); err != nil {
			x.add(p.key, failed, "%s cannot be opened: %s", p.l, err)
		} else {
			x.add(p.key, fine, "%s can be opened", p.l)
		}
	}
	x.rtp()
}

func tryListen(l configs.Listener) error {
	if l.Scheme == "udp" {
		c, err := net.ListenPacket("udp", l.Address())
		if err == nil {
			c.Close()
		}
		return err
	}
	c, err := net.Listen("tcp", l.Address())
	if err == nil {
		c.Close()
	}
	return err
}

// rtp counts how much of the range of RTP ports is free.
func (x *examination) rtp() {
	r := x.cfg.SIP.RTPPorts
	if r.Max == 0 {
		return
	}
	taken, all := 0, 0
	for _, a := range rtpBind(x.cfg) {
		for p := int(r.Min); p <= int(r.Max); p++ {
			all++
			c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(p))))
			if err != nil {
				taken++
				continue
			}
			c.Close()
		}
	}
	switch {
	case taken == all:
		x.add("sip.rtp_ports", failed, "none of %s can be opened", r)
	case taken > 0:
		x.add("sip.rtp_ports", warning, "%d of the %d ports %s are taken", taken, all, r)
	default:
		x.add("sip.rtp_ports", fine, "%s are free", r)
	}
}

// address compares what we say with what we have.
func (x *examination) address() {
	local := map[netip.Addr]bool{}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				local[ip.Unmap()] = true
			}
		}
	}
	for _, l := range x.cfg.SIP.Listen {
		if a, err := netip.ParseAddr(l.Host); err == nil && !a.IsUnspecified() && !local[a.Unmap()] && !a.IsLoopback() {
			x.add("sip.listen", failed, "this machine has no address %s", a)
		}
	}
	if len(x.cfg.Server.PublicIP) == 0 {
		route := outwards()
		a, _ := netip.ParseAddr(route)
		if a.IsPrivate() || a.IsLoopback() {
			x.add("public address", warning, "%s is private: callers from the Internet need server.public_ip", route)
		} else {
			x.add("public address", fine, "%s, by the route outwards", route)
		}
		return
	}
	for _, a := range x.cfg.Server.PublicIP {
		switch {
		case local[a]:
			x.add("public address", fine, "%s is this machine's", a)
		case a.IsPrivate() || a.IsLoopback():
			x.add("public address", warning, "%s is private and not this machine's", a)
		default:
			x.add("public address", fine, "%s is not this machine's: a NAT must map it one to one, SIP and %s alike", a, x.cfg.SIP.RTPPorts)
		}
	}
}

// clock looks for a clock that was never set: certificates and lock-outs need
// it.
func (x *examination) clock() {
	now := time.Now()
	if now.Year() < 2025 {
		x.add("clock", failed, "it says %s: set it", now.Format(time.RFC3339))
		return
	}
	x.add("clock", fine, "%s", now.Format(time.RFC3339))
}
