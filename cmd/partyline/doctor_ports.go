package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"github.com/partyline/partyline/configs"
)

// opened is a listener that the configuration asks for.
type opened struct {
	key string
	l   configs.Listener
}

// listeners are all of a configuration that are not off.
func (x *examination) listeners() []opened {
	var all []opened
	for i, l := range x.cfg.SIP.Listen {
		all = append(all, opened{fmt.Sprintf("sip.listen[%d]", i), l})
	}
	all = append(all, opened{"h323.listen", x.cfg.H323.Listen})
	if !x.cfg.H323.Listen.Off() && x.cfg.H323.Gatekeeper.Mode != "none" {
		all = append(all, opened{"h323.ras_listen", x.cfg.H323.RASListen})
	}
	all = append(all, opened{"web.listen", x.cfg.Web.Listen}, opened{"web.redirect", x.cfg.Web.Redirect},
		opened{"telemetry.metrics", x.cfg.Telemetry.Metrics})
	for i, l := range x.cfg.WebRTC.Listen {
		all = append(all, opened{fmt.Sprintf("webrtc.listen[%d]", i), l})
	}
	on := all[:0]
	for _, o := range all {
		if !o.l.Off() {
			on = append(on, o)
		}
	}
	return on
}

// ports tries to open what the gateway will open.
func (x *examination) ports() {
	x.ephemeral()
	if x.running != nil {
		return
	}
	for _, o := range x.listeners() {
		err := tryListen(o.l)
		switch {
		case err == nil:
			x.add(o.key, fine, "%s can be opened", o.l)
		case errors.Is(err, syscall.EADDRINUSE):
			by := holder(network(o.l), o.l.Port)
			x.add(o.key, failed, "%s cannot be opened: the port is taken%s", o.l, by).
				advise("stop what has it, or choose another port in %s", o.key)
		case errors.Is(err, fs.ErrPermission):
			x.add(o.key, warning, "%s cannot be opened by this user", o.l).
				advise("the unit may (CAP_NET_BIND_SERVICE); elsewhere: sysctl net.ipv4.ip_unprivileged_port_start=%d", o.l.Port)
		default:
			x.add(o.key, failed, "%s cannot be opened: %s", o.l, err).advise("give an address of this machine in %s", o.key)
		}
	}
	x.rtp()
}

// network is that of a listener's sockets.
func network(l configs.Listener) string {
	if l.Scheme == "udp" {
		return "udp"
	}
	return "tcp"
}

func tryListen(l configs.Listener) error {
	if network(l) == "udp" {
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
	taken, all, first := 0, 0, uint16(0)
	for _, a := range rtpBind(x.cfg) {
		for p := int(r.Min); p <= int(r.Max); p++ {
			all++
			c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(p))))
			if err != nil {
				if taken++; first == 0 {
					first = uint16(p)
				}
				continue
			}
			c.Close()
		}
	}
	switch {
	case taken == all:
		x.add("sip.rtp_ports", failed, "none of %s can be opened", r).advise("choose another range, and open it in the firewall")
	case taken > 0:
		x.add("sip.rtp_ports", warning, "%d of the %d ports %s are taken%s", taken, all, r, holder("udp", first)).
			advise("keep other programs out of the range: another RTP server, or net.ipv4.ip_local_port_range")
	default:
		x.add("sip.rtp_ports", fine, "%s are free", r)
	}
}

// answers asks the gateway that runs on each of its listeners for phones.
func (x *examination) answers() {
	if x.running == nil {
		return
	}
	for _, l := range x.running.Listeners.SIP {
		scheme, address, _ := strings.Cut(l, "://")
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			continue
		}
		if at.Addr().IsUnspecified() {
			home := netip.MustParseAddr("127.0.0.1")
			if at.Addr().Is6() && !strings.HasPrefix(address, "[::]") {
				home = netip.IPv6Loopback()
			}
			at = netip.AddrPortFrom(home, at.Port())
		}
		if _, err := askOptions(x.c.ctx, scheme, at.String(), ""); err != nil {
			x.add("sip", failed, "%s does not answer OPTIONS: %s", l, err).
				advise("look for a firewall on this machine (nft list ruleset) and into the log: journalctl -u partyline")
			continue
		}
		x.add("sip", fine, "%s answers", l)
	}
}
