// Package h460 has the types of H.460.18 and H.460.19, with which calls pass
// firewalls and address translators: signalling that begins from inside, and
// media that both sides multiplex and keep alive.
//
// In flow octets, out flow structs, by way of package per. The values travel as
// parameters of GenericData in H.225.0 and H.245 messages.
package h460

//go:generate go run ../per/gen -modules ../../../shared/asn1 -root .. -package h460
