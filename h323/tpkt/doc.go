// Package tpkt frames packets on a TCP connection (RFC 1006 §6), as H.225.0
// call signalling and H.245 connections need it (H.225.0 Appendix IV, H.245
// Annex D).
//
// A frame is a header of four octets (version 3, a reserved octet, the length of
// the whole frame in two octets) and its payload. Reader cuts a stream of octets
// into payloads; Writer and Append put the header before one.
//
// Real peers bend the RFC, and this package lets them: the reserved octet may be
// anything, and a frame may be empty, which serves as a keep-alive. A frame that
// breaks the stream's boundaries (another version, a length below the header's or
// over the limit) is an error after which the connection can only be closed.
//
// Ownership: a Reader and a Writer belong to one goroutine each. A payload that
// Next returned belongs to the caller and is never written to again.
package tpkt
