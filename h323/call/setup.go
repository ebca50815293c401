package call

import "net/netip"

// Setup is what an incoming Setup says (H.225.0 §7.3.10), put into order.
type Setup struct {
	Caller Party
	// Called are the numbers or names that were called, from the place that counts
	// most to the one that counts least, without repeats: destinationAddress,
	// CalledPartyNumber, remoteExtensionAddress, destExtraCallInfo. None: a bare
	// address was called. They may hold a PIN: log none of them.
	Called []Called
	// CallID and ConferenceID identify call and conference.
	CallID, ConferenceID ID
	// CallReference is that of Q.931.
	CallReference uint16
	// Local and Remote are the ends of the call signalling connection.
	Local, Remote netip.AddrPort
	// FastConnect, Tunnelling and ParallelControl say what the caller offers.
	FastConnect, Tunnelling, ParallelControl bool
}

// Called is a number or name that was called.
type Called struct {
	// Text is without "h323:", "@host" and "host##"; an extension with a PIN stays
	// one text: "600#1234", "600##1234".
	Text string
	Kind AliasKind
	From Place
}

// Place is where in a Setup a called number stood.
type Place uint8

// The places, in the order in which they count.
const (
	DestinationAddress Place = iota
	CalledPartyNumber
	RemoteExtensionAddress
	DestExtraCallInfo
)

// Party is who calls, or who was called and answered.
type Party struct {
	Name    string // Display or displayName, else the first h323-ID
	Number  string // CallingPartyNumber, else the first dialled digits
	Aliases []Alias
	Product string // vendor's product and version, printable
	Version string
	Vendor  Vendor
}

// Alias is one name of an endpoint (H.225.0 AliasAddress).
type Alias struct {
	Kind AliasKind
	Text string
}

// AliasKind is what kind of name an Alias is.
type AliasKind uint8

// The kinds of alias.
const (
	H323ID AliasKind = iota
	DialedDigits
	URLID
	EmailID
	PartyNumber
)
