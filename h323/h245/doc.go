// Package h245 has the messages of H.245, the control protocol for multimedia
// communication: capabilities, master/slave determination, logical channels, user
// input.
//
// In flow octets from the H.245 connection or the tunnel, out flows a
// [MultimediaSystemControlMessage], and the other way round ([Unmarshal],
// [Marshal]). The package holds no state; a message belongs to its caller. The
// types are generated from the Recommendation's module (H.245 Annex A); the
// procedures of H.245 Annex C are elsewhere.
package h245

//go:generate go run ../per/gen -modules ../../../shared/asn1 -root .. -package h245
