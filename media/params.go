package media

import (
	"log/slog"
	"net/netip"

	"github.com/partyline/partyline/media/codec"
)

// Candidates says where a call's media may come from, as far as signalling knows.
type Candidates struct {
	// Announced is the peer's RTP address (SDP c= and m=); AnnouncedRTCP where its
	// RTCP is, if it is not the next port. Zero: not known yet.
	Announced, AnnouncedRTCP netip.AddrPort
	// Signalling is where the peer's signalling comes from: a phone behind NAT
	// sends its media from there too, from a port nobody announced.
	Signalling netip.Addr
	// Nets are the networks of a trunk's media.
	Nets []netip.Prefix
}

// known says whether anything can be expected from anywhere.
func (c Candidates) known() bool {
	return c.Announced.IsValid() || c.Signalling.IsValid() || len(c.Nets) > 0
}

// StreamConfig is what a stream is born with.
type StreamConfig struct {
	// Local is the bound address the stream lies on.
	Local netip.Addr
	// Peer is what is known of the peer. With the zero value (late offer, forked
	// dial-out) the stream has a port of its own.
	Peer Candidates
	// Exclusive gives the stream a port of its own for life.
	Exclusive bool
	// FollowLatch sends to where the peer's media comes from; without, always to
	// the announced address.
	FollowLatch bool
	// OnKey gets each key pressed, once, on the goroutine of the stream's engine;
	// it must not block.
	OnKey func(Key)
	// SSRC of what is sent; 0: a random one. CNAME likewise (RFC 7022).
	SSRC  uint32
	CNAME string
	// Logger has the call's attributes; nil: the Media's.
	Logger *slog.Logger
}

// EventFormat is a payload type of telephone-event and its clock in Hz.
type EventFormat = struct {
	PT    uint8
	Clock int
}

// Params is what offer and answer agreed upon. It replaces what was before as a
// whole.
type Params struct {
	Peer Candidates
	// Mux puts RTCP on the RTP port (RFC 5761).
	Mux bool
	// Feed is the transport of a stream that NewFedStream made; nil: none yet, or
	// no more. Such a stream has no Peer.
	Feed *Feed
	// Send is how to send; zero: nothing is sent.
	Send codec.Format
	// Receive is every format the peer may send, each with its payload type.
	Receive []codec.Format
	// EventPT and EventClock are for keys sent (0: none), ReceiveEvents for keys
	// received. Without ReceiveEvents keys are looked for in the sound.
	EventPT       uint8
	EventClock    int
	ReceiveEvents []EventFormat
	// NoTones: keys never come as sound, whatever was negotiated. Pages have keys
	// of their own.
	NoTones bool
	// ComfortPT is the payload type of comfort noise; 0: only the static 13.
	ComfortPT uint8
	// Hold: the peer holds us. Its sound is dropped and none is sent to it.
	Hold bool
	// SRTP are the keys; nil: plain RTP.
	SRTP *Crypto
	// Cipher encrypts the payloads and nothing else; nil: they are plain. It is for
	// protocols that have no SRTP, and not used beside it.
	Cipher Cipher
	// LevelExt is the id of the audio level header extension (RFC 6464), 1–14; 0:
	// none.
	LevelExt uint8
}

// Crypto is one pair of SDES keys (RFC 4568): master key and salt, concatenated.
type Crypto struct {
	Suite         string // AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM, AEAD_AES_256_GCM
	Local, Remote []byte // what we send with; what the peer sends with
	// RemoteMKI is the master key identifier in the packets of the peer; none in
	// those of most. What we send has none.
	RemoteMKI []byte
}

func (c *Crypto) equal(d *Crypto) bool {
	if c == nil || d == nil {
		return c == d
	}
	return c.Suite == d.Suite && string(c.Local) == string(d.Local) && string(c.Remote) == string(d.Remote) &&
		string(c.RemoteMKI) == string(d.RemoteMKI)
}
