package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/dialplan"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/telemetry"
)

// sipTrunks puts the trunks into the words of the SIP server and reads their
// passwords and certificates.
func sipTrunks(cfg *configs.Config) ([]sip.Trunk, error) {
	var all []sip.Trunk
	for i := range cfg.Trunks {
		t, err := sipTrunk(cfg, &cfg.Trunks[i])
		if err != nil {
			return nil, fmt.Errorf("trunk %s: %w", cfg.Trunks[i].Name, err)
		}
		all = append(all, t)
	}
	return all, nil
}

func sipTrunk(cfg *configs.Config, t *configs.Trunk) (sip.Trunk, error) {
	trunk := sip.Trunk{
		Name: t.Name, Allow: t.Allow, Media: t.Media, Codecs: codecs(t.Codecs),
		ExclusivePorts: t.ExclusivePorts, FixedRTP: !t.SymmetricRTP,
		MaxCalls: t.MaxCalls, InvitesPerSecond: t.InvitesPerSecond, CallsPerSecond: t.CallsPerSecond,
		Register: t.Register, Registrars: t.Registrar, RegisterExpires: t.RegisterExpires,
		ContactUser: t.RegisterContactUser, OutboundProxy: t.OutboundProxy, OptionsPing: t.OptionsPing,
		DNS: cfg.Resolvers(t), TrustIdentity: t.TrustIdentity, CallerID: t.CallerID, FromDomain: t.FromDomain,
		NumberIn: numberIn(t.In()), NumberOut: t.Out().Written, NoAnswer: t.NoAnswer,
		Identity: map[string]sip.Identity{
			"p-asserted-identity": sip.IdentityAsserted, "remote-party-id": sip.IdentityRemote, "from": sip.IdentityFrom,
		}[t.Identity],
		Redirects: map[string]sip.Redirects{
			"refuse": sip.RedirectsRefuse, "same_trunk": sip.RedirectsSameTrunk, "follow": sip.RedirectsFollow,
		}[t.Redirects],
	}
	for _, p := range t.Peers {
		trunk.Peers = append(trunk.Peers, sip.Peer{URI: p.URI, Priority: p.Priority, Weight: p.Weight})
	}
	if t.SRTP != "" {
		policy := srtp(t.SRTP)
		trunk.SRTP = &policy
	}
	var err error
	if trunk.Auth, err = account(t.Auth.Username, t.Auth.Realm, t.Auth.PasswordFile); err != nil {
		return trunk, fmt.Errorf("auth: %w", err)
	}
	if trunk.InboundAuth, err = account(t.InboundAuth.Username, "", t.InboundAuth.PasswordFile); err != nil {
		return trunk, fmt.Errorf("inbound_auth: %w", err)
	}
	trunk.TLS, err = trunkTLS(t.TLS)
	return trunk, err
}

// numberIn makes what a trunk sends E.164; what is no number stays.
func numberIn(n dialplan.Numbering) func(string) string {
	return func(written string) string {
		if number, ok := n.E164(written); ok {
			return number
		}
		return written
	}
}

func account(user, realm, file string) (sip.Account, error) {
	a := sip.Account{Username: user, Realm: realm}
	if file == "" {
		return a, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return a, err
	}
	a.Password = strings.TrimRight(string(text), "\r\n")
	if a.Password == "" {
		return a, fmt.Errorf("%s: the file is empty", file)
	}
	return a, nil
}

// trunkTLS is what connections to a trunk are made with; nil: nothing special.
func trunkTLS(t configs.TrunkTLS) (*tls.Config, error) {
	if t == (configs.TrunkTLS{}) {
		return nil, nil
	}
	c := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		text, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Trunks implements control.TrunkKeeper.
func (g *gateway) Trunks() []control.Trunk {
	all := []control.Trunk{}
	for _, t := range g.sip.Trunks() {
		shown := control.Trunk{
			Name: t.Name, CallsIn: t.CallsIn, CallsOut: t.CallsOut, Max: t.Max, Failures: t.Failures,
			Registered: []control.Registration{}, Peers: []control.TrunkPeer{},
		}
		for _, r := range t.Registered {
			shown.Registered = append(shown.Registered, control.Registration{
				Registrar: r.Registrar, State: r.State, Contact: r.Contact, Since: r.Since, Expires: r.Expires, Error: r.LastError,
			})
		}
		for _, p := range t.Peers {
			shown.Peers = append(shown.Peers, trunkPeer(p))
		}
		all = append(all, shown)
	}
	return all
}

func trunkPeer(p sip.PeerState) control.TrunkPeer {
	return control.TrunkPeer{
		URI: p.URI, Network: p.Network, Address: p.Address, State: p.State, Since: p.Since,
		RTT: p.RTT.Seconds() * 1000, Status: p.LastStatus, Error: p.LastError,
	}
}

// TestTrunk implements control.TrunkKeeper.
func (g *gateway) TestTrunk(ctx context.Context, name string) (control.TrunkTest, error) {
	found, err := g.sip.TestTrunk(ctx, name)
	if errors.Is(err, sip.ErrNoTrunk) {
		return control.TrunkTest{}, control.ErrNotFound
	}
	test := control.TrunkTest{Peers: []control.TrunkPeer{}}
	if err != nil {
		test.Error = strings.TrimPrefix(err.Error(), "sip: ")
	}
	for _, p := range found {
		shown := trunkPeer(p.PeerState)
		shown.Certificate = p.Certificate
		test.Peers = append(test.Peers, shown)
	}
	return test, nil
}

// trunkMetrics are read from one look at the trunks a scrape.
func (g *gateway) trunkMetrics() {
	trunks := snapshot(func() []sip.TrunkState {
		if g.sip == nil {
			return nil
		}
		return g.sip.Trunks()
	})
	m := g.metrics
	m.Read("partyline_trunk_registered", func(emit telemetry.Emit) {
		for _, t := range trunks() {
			if len(t.Registered) == 0 {
				continue
			}
			up := 0
			for _, r := range t.Registered {
				up += int(oneIf(r.State == sip.Registered))
			}
			emit(float64(up)/float64(len(t.Registered)), t.Name)
		}
	})
	m.Read("partyline_trunk_peer_up", func(emit telemetry.Emit) {
		for _, t := range trunks() {
			up := map[string]float64{}
			for _, p := range t.Peers {
				if p.State != sip.PeerUnknown { // nobody has asked
					up[p.URI] = max(up[p.URI], oneIf(p.State == sip.PeerUp))
				}
			}
			for uri, v := range up {
				emit(v, t.Name, uri)
			}
		}
	})
	m.Read("partyline_trunk_calls", func(emit telemetry.Emit) {
		for _, t := range trunks() {
			emit(float64(t.CallsIn), t.Name, "in")
			emit(float64(t.CallsOut), t.Name, "out")
		}
	})
	m.Read("partyline_trunk_failovers_total", func(emit telemetry.Emit) {
		for _, t := range trunks() {
			emit(float64(t.Failures), t.Name)
		}
	})
}
