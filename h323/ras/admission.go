package ras

import (
	"net/netip"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
)

// Admission is what a call asks of the gatekeeper (H.225.0 §7.11, ARQ).
type Admission struct {
	// Answer says that the call came in; else we make it.
	Answer bool
	// CallID and ConferenceID are the Setup's; 16 octets each.
	CallID, ConferenceID h225.GloballyUniqueID
	// CallReference is the Q.931 call reference value.
	CallReference uint16
	// Source are the caller's names, Destination the called party's. For a call
	// that we make an empty Source means our own names.
	Source, Destination []h225.AliasAddress
	// SourceAddress and DestinationAddress are call signalling addresses, as far
	// as they are known.
	SourceAddress, DestinationAddress netip.AddrPort
	// Bandwidth is for both directions together, without headers, in units of
	// 100 bit/s; 0: 1280, two directions of 64 kbit/s.
	Bandwidth int64
	// Routed asks for a call whose signalling goes by the gatekeeper. It decides.
	Routed bool

	// Disengaged is told once if the gatekeeper wants the call ended (DRQ): end
	// it. No Disengage is needed after that. May be nil.
	Disengaged func(reason string)
	// Limited is asked whether the call can do with another bandwidth that the
	// gatekeeper wants (BRQ). nil: it can with what is no less than it has.
	Limited func(bandwidth int64) bool
}

// Grant is what the gatekeeper said to an admission (ACF).
type Grant struct {
	// Address is where the Setup goes; for a call that came in it means nothing.
	Address netip.AddrPort
	// Routed says that the Address is the gatekeeper's.
	Routed bool
	// Bandwidth is the most that the call may use, in units of 100 bit/s; 0 with
	// Pregranted: not limited.
	Bandwidth int64
	// Destination, RemoteExtension and ExtraInfo take the place of what was to
	// stand in the Setup; nil: the gatekeeper said nothing.
	Destination, RemoteExtension, ExtraInfo []h225.AliasAddress
	// Alternatives are further addresses of the called party.
	Alternatives []netip.AddrPort
	// Tokens and CryptoTokens go into the Setup as they are.
	Tokens       []h235.ClearToken
	CryptoTokens []h225.CryptoH323Token
	// Pregranted says that the gatekeeper allowed all calls of this kind when we
	// registered and was not asked about this one (preGrantedARQ).
	Pregranted bool
}

// CallInfo is what an IRR says about a call (perCallInfo).
type CallInfo struct {
	Signalling, Control Ends // call signalling and H.245 channels; zero: not known
	Audio               []Session
	Bandwidth           int64 // in use, in units of 100 bit/s; 0: what was granted
}

// Ends are the two ends of a channel.
type Ends struct{ Local, Remote netip.AddrPort }

// Session is an RTP session of a call.
type Session struct {
	ID        int // 1 to 255
	SSRC      uint32
	CNAME     string
	RTP, RTCP Ends
}
