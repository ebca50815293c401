package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	msg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"
)

// mostTargets bounds how many addresses one URI leads to.
const mostTargets = 16

// target is where a request may be sent.
type target struct {
	network string // "UDP", "TCP", "TLS"
	addr    netip.AddrPort
}

// find is where a SIP URI leads, in the order to be tried (RFC 3263 §4). fits says
// what can be sent to from here.
func (n *names) find(ctx context.Context, u *msg.Uri, fits func(network string, a netip.Addr) bool) ([]target, error) {
	host := strings.Trim(u.Host, "[]")
	network := asked(u)
	if a, err := netip.ParseAddr(host); err == nil {
		if network == "" {
			network = usual(u)
		}
		return []target{{network, netip.AddrPortFrom(a.Unmap(), portOr(network, u.Port))}}, nil
	}
	places, err := n.places(ctx, u, network, host)
	if err != nil {
		return nil, err
	}
	var found []target
	for _, p := range places {
		addrs, e := n.addresses(ctx, p.host)
		if e != nil {
			err = e
		}
		for _, a := range addrs {
			t := target{p.network, netip.AddrPortFrom(a, p.port)}
			if fits(p.network, a) && len(found) < mostTargets && !slices.Contains(found, t) {
				found = append(found, t)
			}
		}
	}
	if found == nil && err == nil {
		err = fmt.Errorf("%w: %s", errNoName, host)
	}
	if found != nil {
		err = nil
	}
	return found, err
}

// reach finds the address of a host whose transport is known, as within a dialog;
// t may be nil.
func (s *Server) reach(ctx context.Context, t *Trunk, network, host string, port int) (netip.AddrPort, error) {
	u := msg.Uri{Scheme: "sip", Host: host, Port: port}
	u.UriParams.Add("transport", strings.ToLower(network))
	found, err := s.names(t).find(ctx, &u, s.transport.fits)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return found[0].addr, nil
}

// asked is the transport that a URI asks for; empty: it leaves it open.
func asked(u *msg.Uri) string {
	t, ok := u.UriParams.Get("transport")
	if !ok {
		return ""
	}
	switch t = strings.ToUpper(t); {
	case t == "TLS", t == "TCP" && strings.EqualFold(u.Scheme, "sips"):
		return "TLS"
	case t == "TCP", t == "UDP" && !strings.EqualFold(u.Scheme, "sips"):
		return t
	}
	return ""
}

// usual is the transport where nothing says otherwise.
func usual(u *msg.Uri) string {
	if strings.EqualFold(u.Scheme, "sips") {
		return "TLS"
	}
	return "UDP"
}

// place is a host that NAPTR, SRV or the URI itself names.
type place struct {
	network, host string
	port          uint16
}

// places are the hosts of a URI (RFC 3263 §4.1, §4.2).
func (n *names) places(ctx context.Context, u *msg.Uri, network, host string) ([]place, error) {
	if u.Port > 0 {
		if network == "" {
			network = usual(u)
		}
		return []place{{network, host, portOr(network, u.Port)}}, nil
	}
	var all []place
	var err error
	for _, s := range n.services(ctx, u, network, host) {
		var some []place
		if some, err = n.served(ctx, s.network, s.name); err != nil {
			break
		}
		all = append(all, some...)
		if len(some) > 0 && !s.more {
			break
		}
	}
	if all != nil {
		return all[:min(len(all), mostTargets)], nil
	}
	if err != nil {
		return nil, err
	}
	if network == "" {
		network = usual(u)
	}
	return []place{{network, host, portOr(network, 0)}}, nil
}

// service is a name to ask SRV records of.
type service struct {
	network, name string
	more          bool // the next one's are taken beside
}

// services are the names of a host's SRV records, by NAPTR where there is a choice.
func (n *names) services(ctx context.Context, u *msg.Uri, network, host string) []service {
	label := map[string]string{"UDP": "_sip._udp.", "TCP": "_sip._tcp.", "TLS": "_sips._tcp."}
	if network != "" {
		return []service{{network, label[network] + host, false}}
	}
	secure := usual(u) == "TLS"
	records, _ := n.lookup(ctx, host, dns.TypeNAPTR)
	var all []service
	for _, r := range preferred(records) {
		network := map[string]string{"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}[strings.ToUpper(r.Service)]
		if network == "" || secure && network != "TLS" || !strings.EqualFold(r.Flags, "s") || r.Replacement == "." {
			continue
		}
		all = append(all, service{network, r.Replacement, true})
	}
	switch {
	case all != nil:
		return all
	case secure:
		return []service{{"TLS", label["TLS"] + host, false}}
	}
	return []service{{"UDP", label["UDP"] + host, false}, {"TCP", label["TCP"] + host, false}, {"TLS", label["TLS"] + host, false}}
}

// preferred are NAPTR records in their order (RFC 3403 §4.1).
func preferred(records []dns.RR) []*dns.NAPTR {
	var all []*dns.NAPTR
	for _, rr := range records {
		if r, ok := rr.(*dns.NAPTR); ok {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b *dns.NAPTR) int {
		if a.Order != b.Order {
			return int(a.Order) - int(b.Order)
		}
		return int(a.Preference) - int(b.Preference)
	})
	return all
}

// served are the hosts of a name's SRV records, in an order of RFC 2782.
func (n *names) served(ctx context.Context, network, name string) ([]place, error) {
	records, err := n.lookup(ctx, name, dns.TypeSRV)
	if err != nil {
		return nil, err
	}
	var all []*dns.SRV
	for _, rr := range records {
		if r, ok := rr.(*dns.SRV); ok && r.Target != "." { // ".": not served here
			all = append(all, r)
		}
	}
	var places []place
	for _, r := range inOrder(all, func(r *dns.SRV) (int, int) { return int(r.Priority), int(r.Weight) }) {
		places = append(places, place{network, strings.TrimSuffix(r.Target, "."), r.Port})
	}
	return places, nil
}

// inOrder puts things of the lowest priority first; among those of one priority
// chance decides by weight (RFC 2782). Those without weight come last among them,
// in the order given.
func inOrder[T any](things []T, rank func(T) (priority, weight int)) []T {
	things = slices.Clone(things)
	slices.SortStableFunc(things, func(a, b T) int {
		pa, wa := rank(a)
		pb, wb := rank(b)
		switch {
		case pa != pb:
			return pa - pb
		case (wa == 0) != (wb == 0):
			return wb - wa
		}
		return 0
	})
	for i := range things {
		priority, _ := rank(things[i])
		sum, end := 0, i
		for ; end < len(things); end++ {
			p, w := rank(things[end])
			if p != priority {
				break
			}
			sum += w
		}
		if sum == 0 {
			continue
		}
		left := rand.IntN(sum)
		for j := i; j < end; j++ {
			_, w := rank(things[j])
			if left -= w; left < 0 {
				chosen := things[j]
				copy(things[i+1:j+1], things[i:j])
				things[i] = chosen
				break
			}
		}
	}
	return things
}

// addresses are the addresses of a host, IPv4 first.
func (n *names) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	var found []netip.Addr
	if n.hosts != nil {
		for _, text := range n.hosts(host) {
			if a, err := netip.ParseAddr(text); err == nil {
				found = append(found, a.Unmap())
			}
		}
	}
	if found != nil {
		return found, nil
	}
	full := []string{dns.Fqdn(host)}
	if n.search != nil {
		full = n.search(host)
	}
	var err error
	for _, name := range full {
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
			records, e := n.lookup(ctx, name, kind)
			if e != nil {
				err = e
			}
			for _, rr := range records {
				switch r := rr.(type) {
				case *dns.A:
					if a, ok := netip.AddrFromSlice(r.A); ok {
						found = append(found, a.Unmap())
					}
				case *dns.AAAA:
					if a, ok := netip.AddrFromSlice(r.AAAA); ok {
						found = append(found, a.Unmap())
					}
				}
			}
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, err
}
