package main

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	msg "github.com/emiago/sipgo/sip"
	"github.com/partyline/partyline/configs"
)

// trunks looks whether the peers of the trunks have addresses and answer OPTIONS.
func (x *examination) trunks() {
	var asked sync.WaitGroup
	told := make([][]finding, len(x.cfg.Trunks))
	for i, t := range x.cfg.Trunks {
		asked.Go(func() {
			y := &examination{c: x.c, cfg: x.cfg}
			for _, p := range t.Peers {
				y.peer(t, p.URI)
			}
			told[i] = y.findings
		})
	}
	asked.Wait()
	for _, f := range told {
		x.findings = append(x.findings, f...)
	}
}

// peer looks at one peer of a trunk, as a SIP URI.
func (x *examination) peer(t configs.Trunk, text string) {
	key := "trunk " + t.Name
	var uri msg.Uri
	if err := msg.ParseUri(text, &uri); err != nil {
		x.add(key, failed, "%s: %s", text, err).advise("correct it in trunks")
		return
	}
	scheme := "udp"
	if transport, ok := uri.UriParams.Get("transport"); ok {
		scheme = strings.ToLower(transport)
	}
	if uri.IsEncrypted() {
		scheme = "tls"
	}
	ctx, cancel := context.WithTimeout(x.c.ctx, nameTime)
	defer cancel()
	targets, err := x.targets(ctx, uri.Host, uri.Port, scheme)
	if err != nil {
		x.add(key, warning, "%s: %s", uri.Host, lookupFault(err)).advise("look whether the carrier's name is right and this machine's name servers answer")
		return
	}
	var last error
	for _, at := range targets {
		said, err := askOptions(x.c.ctx, scheme, at, cmp.Or(t.TLS.ServerName, uri.Host))
		if err == nil {
			x.add(key, fine, "%s at %s answers %s", uri.Host, at, said)
			return
		}
		last = err
	}
	x.add(key, warning, "%s at %s does not answer OPTIONS: %s", uri.Host, strings.Join(targets, ", "), last).
		advise("ask the carrier whether it knows this address, open the way out, and see `partyline trunk show %s`", t.Name)
}

// targets are the addresses of a SIP host (RFC 3263 §4.2), the preferred first.
func (x *examination) targets(ctx context.Context, host string, port int, scheme string) ([]string, error) {
	if port == 0 && net.ParseIP(strings.Trim(host, "[]")) == nil {
		service, proto := "sip", scheme
		if scheme == "tls" {
			service, proto = "sips", "tcp"
		}
		if _, srvs, err := x.resolver().LookupSRV(ctx, service, proto, host); err == nil && len(srvs) > 0 {
			var all []string
			for _, s := range srvs[:min(len(srvs), 4)] {
				all = append(all, net.JoinHostPort(strings.TrimSuffix(s.Target, "."), strconv.Itoa(int(s.Port))))
			}
			return all, nil
		}
	}
	if port == 0 {
		port = 5060
		if scheme == "tls" {
			port = 5061
		}
	}
	found, err := x.resolver().LookupNetIP(ctx, "ip", strings.Trim(host, "[]"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, a := range slices.Compact(found[:min(len(found), 4)]) {
		all = append(all, net.JoinHostPort(a.Unmap().String(), strconv.Itoa(port)))
	}
	return all, nil
}
