// Package ras is the endpoint's side of a gatekeeper: registration, admission and
// status (H.225.0 §7.7 to §7.20, H.323 §7.2 and §8).
//
// In go a socket, the names we want to be known by, and calls that ask to be
// admitted; out come the gatekeeper's decisions, a Status to be shown, and the
// calls that the gatekeeper wants ended. A Client finds a gatekeeper (GRQ, unicast
// or multicast), registers (RRQ), keeps the registration alive with lightweight
// RRQs, registers anew when the gatekeeper forgot us or asked for it (URQ), goes to
// alternate gatekeepers when it is away, and takes the registration back at the
// end. While there is no registration an admission fails at once with
// ErrNotRegistered, so that its owner may go on without a gatekeeper.
//
// Each request is a transaction of its own with its own timer and retries
// (H.225.0 §7.19): a call whose answer does not come keeps no other one waiting.
// Retries carry the sequence number and the octets of the first try; answers to
// the gatekeeper's own retries come out of a small memory.
//
// With an Incoming function the client offers H.460.18: a gatekeeper outside of
// our firewall announces calls by SCI, and the function's owner opens the call
// signalling connection from within.
//
// Requests are taken only from the address of the gatekeeper that we are
// registered with, answers only from whom the request went to. Messages carry no
// H.235 tokens of ours; what a gatekeeper's ACF carries for the Setup is handed on.
//
// Ownership: one goroutine owns a client's state (file client.go) and calls the
// functions of Config and Admission, which must return at once; another one reads
// the socket. Both end before Close returns. Methods may be called from anywhere.
package ras
