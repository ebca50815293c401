// Package h450 has the types of H.450.1, the frame of H.323's supplementary
// services: the service APDU that H.225.0 messages carry in
// h4501SupplementaryService, and the remote operations (X.880) inside it.
//
// In flow octets, out flow structs, by way of package per. Arguments, results and
// parameters are open types: which type they hold depends on the operation's code
// in H.450.2 and its siblings.
package h450

//go:generate go run ../per/gen -modules ../../../shared/asn1 -root .. -package h450
