package configs

import (
	"net/netip"
	"time"

	"github.com/partyline/partyline/dialplan"
)

// Trunk is a carrier or PBX.
type Trunk struct {
	Name  string         `yaml:"name" check:"name"`
	Peers []Peer         `yaml:"peers"`
	Allow []netip.Prefix `yaml:"allow"`
	// Auth is what we say to the trunk, InboundAuth what the trunk says to us.
	Auth        Auth        `yaml:"auth"`
	InboundAuth InboundAuth `yaml:"inbound_auth"`
	// Register with each of Registrar (empty: the host of the first peer).
	Register            bool          `yaml:"register"`
	Registrar           []string      `yaml:"registrar" check:"sip"`
	RegisterExpires     time.Duration `yaml:"register_expires" min:"60s" max:"24h"`
	RegisterContactUser string        `yaml:"register_contact_user" check:"user"` // empty: a token of ours
	OutboundProxy       string        `yaml:"outbound_proxy" check:"sip"`
	TLS                 TrunkTLS      `yaml:"tls"`
	// DNS are the name servers for this trunk; empty: as under server.
	DNS              []string       `yaml:"dns" check:"resolver"`
	Codecs           []string       `yaml:"codecs" enum:"opus,g722,pcma,pcmu"`
	SRTP             string         `yaml:"srtp" enum:"off,preferred,required"`
	OptionsPing      time.Duration  `yaml:"options_ping" min:"0s" max:"1h"`
	MaxCalls         int            `yaml:"max_calls" min:"0" max:"100000"`
	InvitesPerSecond int            `yaml:"invites_per_second" min:"0" max:"100000"` // in
	CallsPerSecond   int            `yaml:"calls_per_second" min:"0" max:"100000"`   // out
	Media            []netip.Prefix `yaml:"media"`
	ExclusivePorts   bool           `yaml:"exclusive_ports"`
	SymmetricRTP     bool           `yaml:"symmetric_rtp"`
	NumbersIn        NumbersIn      `yaml:"numbers_in"`
	NumbersOut       NumbersOut     `yaml:"numbers_out"`
	Identity         string         `yaml:"identity" enum:"p-asserted-identity,remote-party-id,from"`
	TrustIdentity    bool           `yaml:"trust_identity"`
	CallerID         string         `yaml:"caller_id" check:"e164"`
	FromDomain       string         `yaml:"from_domain" check:"host"`
	Redirects        string         `yaml:"redirects" enum:"refuse,same_trunk,follow"`
	NoAnswer         time.Duration  `yaml:"no_answer" min:"5s" max:"10m"`
}

// Peer is one address of a trunk. Of several the lowest priority is tried
// first; among equal ones the weight is the share (RFC 2782).
type Peer struct {
	URI      string `yaml:"uri" check:"sip"`
	Priority int    `yaml:"priority" min:"1" max:"65535"` // default: its place in the list
	Weight   int    `yaml:"weight" min:"0" max:"65535"`
}

// String is the peer as the configuration writes it.
func (p Peer) String() string { return p.URI }

// Auth is a digest account.
type Auth struct {
	Username     string `yaml:"username"`
	Realm        string `yaml:"realm"`
	PasswordFile string `yaml:"password_file" check:"path"`
}

// InboundAuth is the digest account by which a trunk's calls are known.
type InboundAuth struct {
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file" check:"path"`
}

// TrunkTLS is how a trunk's certificate is checked, and ours for it.
type TrunkTLS struct {
	ServerName string `yaml:"server_name" check:"host"` // default: the peer's host
	CAFile     string `yaml:"ca_file" check:"path"`     // default: the system's authorities
	CertFile   string `yaml:"cert_file" check:"path"`
	KeyFile    string `yaml:"key_file" check:"path"`
}

// NumbersIn is how a trunk writes the numbers that it sends.
type NumbersIn struct {
	Country string `yaml:"country" check:"country"`
	Format  string `yaml:"format" enum:"e164,national,auto"`
	Strip   string `yaml:"strip" check:"dial"`
	Prefix  string `yaml:"prefix" check:"dial"`
}

// NumbersOut is how a trunk wants numbers written. Its country is that of
// NumbersIn unless it says otherwise.
type NumbersOut struct {
	Country string `yaml:"country" check:"country"`
	Format  string `yaml:"format" enum:"e164,plain,national,international"`
	Strip   string `yaml:"strip" check:"dial"`
	Prefix  string `yaml:"prefix" check:"dial"`
}

// setDefaults fills in what a list's new element has when nothing is said.
func (t *Trunk) setDefaults() {
	t.SymmetricRTP = true
	t.OptionsPing = 30 * time.Second
	t.RegisterExpires = 10 * time.Minute
	t.NumbersIn.Format = "auto"
	t.NumbersOut.Format = "e164"
	t.Identity = "p-asserted-identity"
	t.TrustIdentity = true
	t.Redirects = "refuse"
	t.NoAnswer = time.Minute
}

// In reads the numbers that the trunk sends.
func (t *Trunk) In() dialplan.Numbering {
	n := t.NumbersIn
	return dialplan.Numbering{Form: dialplan.ParseForm(n.Format), Country: n.Country, Strip: n.Strip, Prefix: n.Prefix}
}

// Out writes numbers as the trunk wants them.
func (t *Trunk) Out() dialplan.Numbering {
	n := t.NumbersOut
	country := n.Country
	if country == "" {
		country = t.NumbersIn.Country
	}
	return dialplan.Numbering{Form: dialplan.ParseForm(n.Format), Country: country, Strip: n.Strip, Prefix: n.Prefix}
}

// Resolvers are the name servers to ask for a trunk's peers, as ADDRESS:PORT;
// none: the system's.
func (c *Config) Resolvers(t *Trunk) []string {
	servers := t.DNS
	if len(servers) == 0 {
		servers = c.Server.DNS
	}
	var addresses []string
	for _, s := range servers {
		if s == "system" {
			return nil
		}
		addresses = append(addresses, resolverAddress(s))
	}
	return addresses
}
