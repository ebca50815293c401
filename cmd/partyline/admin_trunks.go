package main

import (
	"cmp"
	"time"

	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/web/api"
)

// adminTrunks are the trunks with their state.
func (g *gateway) adminTrunks() (list []api.TrunkStatus) {
	for _, t := range g.sip.Trunks() {
		s := api.TrunkStatus{
			Name: t.Name, State: trunkState(t), CallsIn: t.CallsIn, CallsOut: t.CallsOut, MaxCalls: t.Max, Failures: t.Failures,
			Peers: []api.TrunkPeer{}, Registrations: []api.Registration{},
		}
		for _, p := range t.Peers {
			address := p.Address
			if address != "" && p.Network != "" {
				address = p.Network + "://" + address
			}
			s.Peers = append(s.Peers, api.TrunkPeer{
				URI: withoutSecrets(p.URI), Address: address, State: cmp.Or(p.State, sip.PeerUnknown), Since: p.Since,
				RTTMS: float64(p.RTT) / float64(time.Millisecond), LastStatus: p.LastStatus, LastError: p.LastError,
			})
		}
		for _, r := range t.Registered {
			s.Registrations = append(s.Registrations, api.Registration{
				Registrar: withoutSecrets(r.Registrar), State: r.State, ExpiresAt: r.Expires, Since: r.Since, LastError: r.LastError,
			})
		}
		list = append(list, s)
	}
	return list
}

// trunkState is that of a trunk's peers and registrations together. Those that
// nobody asks are no sign of anything.
func trunkState(t sip.TrunkState) string {
	good, bad := 0, 0
	count := func(up, down bool) {
		if up {
			good++
		} else if down {
			bad++
		}
	}
	for _, p := range t.Peers {
		count(p.State == sip.PeerUp, p.State == sip.PeerDown)
	}
	for _, r := range t.Registered {
		count(r.State == sip.Registered, r.LastError != "")
	}
	switch {
	case good > 0 && bad > 0:
		return "partly"
	case good > 0:
		return "up"
	case bad > 0:
		return "down"
	}
	return "unknown"
}
