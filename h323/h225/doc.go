// Package h225 has the messages of H.225.0: call signalling, which travels in the
// user-user element of Q.931 messages ([H323UserInformation]), and RAS, which
// endpoints and gatekeepers speak over UDP ([RasMessage]).
//
// In flow octets, out flow structs, and the other way round. Beside the types,
// which are generated from the Recommendation's module (H.225.0 Annex H), stand
// the conversions that every user needs: alias addresses and text, transport
// addresses and netip, vendors, identifiers. The package holds no state; a
// message belongs to its caller.
package h225

//go:generate go run ../per/gen -modules ../../../shared/asn1 -root .. -package h225
