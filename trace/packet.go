package trace

import (
	"net/netip"
	"time"
)

// Packet is one message of signalling, as it was read from or written to the
// network, or one line of the log.
type Packet struct {
	At       time.Time
	Protocol string // "sip", "h225", "h245", "ras", "rtcp", "log"
	Network  string // "UDP", "TCP", "TLS"; empty for "log"
	// Local and Remote are the ends; zero where they are not known.
	Local, Remote netip.AddrPort
	Out           bool // we sent it
	// CallID is the protocol's own name of the call, LegID ours. Either suffices
	// once the other has come with it.
	CallID, LegID string
	// Data is the message without secrets: text of SIP, octets of the others (Q.931
	// with its user-user element; H.245 and RAS in PER). It belongs to whoever gets
	// the Packet. Empty: it cannot be shown.
	Data []byte
	// Summary is the message's name: "INVITE", "200 OK", "Setup".
	Summary string
	// Detail says more of what Data cannot say to this package, a line each.
	Detail string
}

// Tap is given each Packet. It must not block, and is called from the readers and
// writers of transports.
type Tap func(Packet)

// The protocols of Packets.
const (
	SIP  = "sip"
	H225 = "h225"
	H245 = "h245"
	RAS  = "ras"
	RTCP = "rtcp"
	Log  = "log"
)
