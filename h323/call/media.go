package call

import (
	"net/netip"

	"github.com/partyline/partyline/h323/secure"
)

// Media is the sound of one call, as its owner sends and receives it. Its methods
// are called on the call's loop and do not wait.
type Media interface {
	// Local says where we receive RTP and RTCP. It is asked once, when the
	// addresses are first needed: a call that is refused opens no port. An error
	// refuses the call (no resource available).
	Local() (rtp, rtcp netip.AddrPort, err error)
	// Send says what to send from now on, and where to; nil: nothing, because the
	// channel is closed or the peer has paused us. RTCP goes to c.RTCP.
	Send(c *Channel)
	// Receive says what may come from now on: none (closed or paused), one, or two
	// while the peer changes its format.
	Receive(channels []Channel)
}

// Channel is one logical channel of sound that is open (H.245 §C.4).
type Channel struct {
	Codec   Codec
	Payload uint8 // RTP payload type
	// Frames is how many milliseconds (G.711, G.722) a packet holds at most. Peers
	// do not keep to it.
	Frames int
	// RTP is where sound goes (Send), zero in Receive. RTCP is the peer's, zero if
	// it was not said.
	RTP, RTCP netip.AddrPort
	// Events is the payload type of RFC 2833 telephone events, 0: the peer takes
	// none (Send), or none may come (Receive).
	Events uint8
	// Number and Session are the channel's in H.245, for logs.
	Number, Session int
	// Encrypted sound (H.235.6) has Keys, the newest last; in Send, one. Encrypted
	// without Keys: nothing may be sent, and what comes is noise.
	Encrypted bool
	Keys      []secure.Key
}

// Codec names a format of sound.
type Codec string

// The formats that a call can agree on.
const (
	G722  Codec = "g722"
	G711A Codec = "pcma"
	G711U Codec = "pcmu"
)
