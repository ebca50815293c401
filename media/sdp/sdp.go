// Package sdp negotiates audio by SDP offer and answer (RFC 8866, RFC 3264).
//
// In go bodies of SIP messages and what this end can do (Local); out come the
// bodies to send and what was agreed (Negotiated), in the words of the media
// engine. Nothing here has state beyond one exchange: the caller keeps the last
// Negotiated of a call and gives it back as Local.Current in the next offer or
// answer, so that payload types, keys and the order of the media lines stay.
//
// Parsing is tolerant of what real peers send (bare LF, missing lines, unknown
// attributes) and strict about size. Keys come by SDES (RFC 4568, RFC 7714),
// RTCP by RFC 3605 and RFC 5761, telephone-event by RFC 4733, the audio level
// by RFC 6464, Opus by RFC 7587. Video, T.38 and BFCP lines are refused with
// port 0 in their places.
package sdp

import (
	"errors"
	"net/netip"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// Limits on a body of foreign SDP; more is ErrMalformed.
const (
	MaxBody       = 64 << 10
	MaxMedia      = 16
	MaxCandidates = 64
	maxAttributes = 1024
	maxFormats    = 128
)

// The ways an exchange fails. Errors wrap one of them: SIP answers ErrMalformed
// with 400, the others with 488 and a Warning that has the error's text.
var (
	ErrMalformed  = errors.New("sdp: malformed")
	ErrNoCodec    = errors.New("sdp: no acceptable audio")
	ErrEncryption = errors.New("sdp: encryption is required")
)

// Policy is what we do about SRTP.
type Policy int

// Off sends and takes plain RTP only; Preferred encrypts with whoever can;
// Required refuses plain RTP.
const (
	SRTPOff Policy = iota
	SRTPPreferred
	SRTPRequired
)

// Direction is the flow of media as we see it: SendOnly means that we send.
type Direction int

// The directions of RFC 8866 §6.7.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// Sends says that we send media, Receives that we get some.
func (d Direction) Sends() bool    { return d == SendRecv || d == SendOnly }
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

// String is the attribute's name.
func (d Direction) String() string {
	return [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}[d&3]
}

// reverse is the same flow seen from the other end.
func (d Direction) reverse() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	}
	return d
}

// Local is what this end offers or answers with.
type Local struct {
	// Addr is the address the peer shall send to (c=), RTPPort and RTCPPort the
	// ports there. RTCPPort 0 means RTPPort+1.
	Addr              netip.Addr
	RTPPort, RTCPPort int
	// Codecs in order of preference.
	Codecs []codec.Name
	SRTP   Policy
	// MKI says that the media engine can take SRTP packets with a master key
	// identifier; without it, crypto lines that have one are passed over.
	MKI bool
	// SessionID stays for the call, Version grows with each body that differs
	// (RFC 3264 §5, §8).
	SessionID, Version uint64
	// Ptime is the packet time asked of the peer; 0: 20 ms, or in an answer the
	// one it asked of us.
	Ptime time.Duration
	// Events offers and takes telephone-event.
	Events bool
	// Direction is what we want; the zero value is both ways.
	Direction Direction
	// Current is what was agreed before in this call; nil the first time.
	Current *Negotiated
}

// Event is a telephone-event payload type and its RTP clock in Hz.
type Event struct {
	PT    uint8
	Clock int
}

// Crypto is a pair of SDES keys. Local and Remote are master key and salt, one
// after the other.
type Crypto struct {
	Suite         string
	Tag           int
	Local, Remote []byte
	// RemoteMKI precedes the authentication tag in the packets of the peer; nil
	// but for peers that want it and a Local that has MKI.
	RemoteMKI []byte
}

// The suites of SDES that are spoken here, by their names on the wire.
const (
	AESCM128SHA180 = "AES_CM_128_HMAC_SHA1_80"
	AEADAES128GCM  = "AEAD_AES_128_GCM"
	AEADAES256GCM  = "AEAD_AES_256_GCM"
)

// Negotiated is what an exchange agreed on.
type Negotiated struct {
	// Remote and RemoteRTCP are where the peer wants its media; with a.Mux they
	// are the same. The address is invalid (the port is known) where the peer
	// gave a host name, a multicast group or no address, and the whole is zero
	// where it gave 0.0.0.0 to be on hold.
	Remote, RemoteRTCP netip.AddrPort
	Mux                bool
	// Send is how we code what we send; zero if we may not send.
	Send codec.Format
	// Receive is all that may come, the agreed codec first.
	Receive []codec.Format
	// EventPT and EventClock are how we send keys; EventClock is 0 if we can't.
	EventPT    uint8
	EventClock int
	// ReceiveEvents are the telephone-events that may come.
	ReceiveEvents []Event
	// ComfortPT is the payload type of comfort noise (RFC 3389); 0: none.
	ComfortPT uint8
	// Direction is ours. PeerHold says that the peer has put us on hold
	// (sendonly, inactive or 0.0.0.0): what it sends is music, not a talker.
	Direction Direction
	PeerHold  bool
	// Crypto is nil for plain RTP.
	Crypto *Crypto
	// Index is the place of the audio among the media lines.
	Index int
	// LevelExt is the id of the RFC 6464 header extension; 0: none.
	LevelExt uint8
	// Ptime is the sound in a packet we send, 10 to 60 ms.
	Ptime time.Duration

	// layout is every media line of the session, so that an offer of ours later
	// in the call can repeat them (RFC 3264 §8).
	layout []line
}

// line is a media line as it must be repeated.
type line struct{ kind, proto, format string }
