// Package webrtc is the browsers' legs.
//
// In go offers and trickled candidates, which a page sends by whatever signalling
// there is (this package knows no HTTP); out come answers, and a bridge.Leg whose
// sound is a media.Stream without a port: this package's transport feeds it.
//
// A transport is one ICE agent of pion's with a DTLS connection over it. ICE is
// lite (RFC 8445 §2.5): the gateway is at a known address and answers checks, it
// never sends any, nor anything to an address out of an SDP. All browsers share
// one UDP port, told apart by their checks, and one TCP port for networks that let
// no UDP through (RFC 6544, passive). The keys out of the DTLS handshake
// (RFC 5764) go to the stream, so that SRTP, RTP, RTCP and the figures of quality
// are the same code as for every other leg.
//
// A browser that changes its network restarts ICE within its transport; a page
// that was loaded again brings a new transport, which takes the old one's place
// under the same leg once it is up. Without either a leg that has fallen silent
// waits for a while (Limits.Interrupted) and ends.
//
// Ownership: a leg's mutex guards its state; who offers holds the leg's turn; one
// goroutine a transport does the handshake and then waits for its end, another
// one reads. Both end with the transport, and Server.Close waits for all.
//
// ICE: RFC 8445, RFC 8838 (trickle), RFC 8839 (SDP), RFC 6544 (TCP); DTLS-SRTP:
// RFC 5763, RFC 5764, RFC 8842; JSEP: RFC 9429.
package webrtc
