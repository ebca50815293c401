package ras

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/trace"
)

// Ports and group of RAS (H.225.0 Appendix IV).
const (
	Port          = 1719
	DiscoveryPort = 1718
)

// DiscoveryGroup is where gatekeepers listen for GRQs of strangers.
func DiscoveryGroup() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 1, 41}), DiscoveryPort)
}

// Config is what a Client is told. It is read only.
type Config struct {
	// Address is the gatekeeper's, host or host:port; empty: one is looked for
	// by multicast.
	Address string
	// Identifier is the gatekeeper's wanted name (gatekeeperIdentifier); empty: any.
	Identifier string
	// Alternates are asked, in this order, when the gatekeeper is away, before
	// those that a gatekeeper itself names.
	Alternates []string

	// Signal are our call signalling addresses, RAS the address where answers
	// reach us. An unspecified IP is replaced by that of the route to the
	// gatekeeper; RAS's port 0 is replaced by the socket's.
	Signal []netip.AddrPort
	RAS    netip.AddrPort
	// Aliases are our names, see h225.ParseAlias; SetAliases changes them.
	Aliases []h225.AliasAddress
	// Vendor says who we are; nil: nobody.
	Vendor *h225.VendorIdentifier
	// Terminal says that we are a terminal; else an MCU.
	Terminal bool
	// TimeToLive is how long a registration is to last without a refresh; the
	// gatekeeper may say another time. 0: 60 s.
	TimeToLive time.Duration

	// Incoming is told of calls that a traversal gatekeeper holds for us
	// (H.460.18 §7): open a connection to To, send a Facility with the CallID
	// (reason undefinedReason), and the Setup comes on it. nil: H.460.18 is not
	// offered, and the gatekeeper connects to us.
	Incoming func(IncomingCall)
	// Changed is told of each new Status whose Phase or Error is another; may be nil.
	Changed func(Status)
	Log     *slog.Logger
	// Tap is shown each message, without what is secret in it; it does not block. Hide
	// says how a number or name is shown to it; nil: not at all.
	Tap  trace.Tap
	Hide func(string) string

	// Resolve finds a gatekeeper's addresses; nil: by the system's resolver.
	Resolve func(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error)
	// Route says which address of ours packets to a gatekeeper leave from; nil:
	// the system is asked.
	Route func(to netip.AddrPort) (netip.Addr, error)
	// Group is where GRQs by multicast go; zero: DiscoveryGroup.
	Group netip.AddrPort
}

// IncomingCall is a call that waits behind a traversal gatekeeper (H.460.18).
type IncomingCall struct {
	To     netip.AddrPort // open the call signalling connection to it
	CallID h225.GloballyUniqueID
}

// What is wrong with a Config.
var (
	errNoSignal = errors.New("ras: no call signalling address to register")
	errAlias    = errors.New("ras: alias that cannot be encoded")
	errAliases  = errors.New("ras: aliases do not fit into one datagram")
)

func (c Config) withDefaults(conn net.PacketConn) (Config, error) {
	if len(c.Signal) == 0 {
		return c, errNoSignal
	}
	if c.RAS.Port() == 0 {
		port := uint16(0)
		if a, ok := conn.LocalAddr().(*net.UDPAddr); ok {
			port = a.AddrPort().Port()
		}
		c.RAS = netip.AddrPortFrom(c.RAS.Addr(), port)
	}
	if c.TimeToLive <= 0 {
		c.TimeToLive = time.Minute
	}
	if c.Vendor == nil {
		c.Vendor = &h225.VendorIdentifier{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Resolve == nil {
		c.Resolve = resolve
	}
	if c.Route == nil {
		c.Route = route
	}
	if !c.Group.IsValid() {
		c.Group = DiscoveryGroup()
	}
	c.Aliases = slices.Clone(c.Aliases)
	return c, checkAliases(c.Aliases)
}

// mostAliases is how many octets all aliases may take: an RRQ is one datagram.
const mostAliases = 48 << 10

// checkAliases finds what would make every registration fail.
func checkAliases(aliases []h225.AliasAddress) error {
	size := 0
	for i := range aliases {
		data, err := per.Marshal(&aliases[i])
		if err != nil {
			return fmt.Errorf("%w: %q: %w", errAlias, aliases[i].Text(), err)
		}
		size += len(data)
	}
	if size > mostAliases {
		return fmt.Errorf("%w: %d octets, at most %d", errAliases, size, mostAliases)
	}
	return nil
}

// resolve asks the system for a host's addresses.
func resolve(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	addrs := make([]netip.AddrPort, len(ips))
	for i, ip := range ips {
		addrs[i] = netip.AddrPortFrom(ip.Unmap(), port)
	}
	return addrs, nil
}

// route asks the system where packets to an address leave from. Nothing is sent.
func route(to netip.AddrPort) (netip.Addr, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}
