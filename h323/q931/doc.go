// Package q931 parses and makes Q.931 messages as H.225.0 §7.2 and §7.3 profile
// them for call signalling.
//
// In goes the payload of a TPKT frame; out comes a Message: its type, its call
// reference and its information elements, raw and in the order of arrival.
// Elements that this package does not know, of any codeset, are kept as they
// came, so that Append gives back the octets that Parse took. Typed views
// (BearerCapability, Cause, PartyNumber, …) are read from and put into a message
// one by one: an element that cannot be read spoils only itself.
//
// The user-user element carries the H.225.0 message in PER, which is no business
// of this package: UserUser and SetUserUser hand its octets over.
//
// Ownership: a Message shares its elements' octets with what was parsed, and
// writes to none of them; a setter puts new octets in place of the old. Messages
// have no lock and belong to one goroutine at a time.
//
// ITU-T Q.931 §4 (general message format and coding), H.225.0 §7.2 (use of Q.931
// messages) and Tables 4 to 18, Q.850 (causes).
package q931
