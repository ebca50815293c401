// Package h235 has the types of H.235, the security of H.323: tokens, keys and
// certificates as H.225.0 and H.245 messages carry them.
//
// It holds no state and no cryptography: in flow octets, out flow structs, by way
// of package per. The types are generated from the Recommendation's module.
package h235

//go:generate go run ../per/gen -modules ../../../shared/asn1 -root .. -package h235
