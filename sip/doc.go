// Package sip answers and makes calls by SIP (RFC 3261) and keeps them until they end.
//
// In flow requests over UDP, TCP and TLS; out flow responses, the requests of
// our own dialogs, and one bridge.Leg for every call that was answered, given to
// an Attendant. Where a call goes is asked of a Router; its sound is a Stream of
// the media engine, which this package opens, describes by SDP offer and answer
// (RFC 3264) and closes. Calls out (Dial) go over trunks or straight to an address;
// once they are answered their legs are like any other.
//
// The files are the RFC's layers, from the wire up:
//
//	transport*.go, framing.go   sockets, connections, deadlines, caps (§18)
//	pktinfo*.go                 which address of ours was spoken to (§18.2.2)
//	malformed.go, validate.go   what is refused before it is understood (§8.2, RFC 4475)
//	transaction.go              matching messages to transactions (§17)
//	uas.go, refuse.go           requests outside of dialogs (§8, §11)
//	invite.go                   a call from INVITE to ACK (§13, RFC 3262)
//	dialog.go, request.go       dialog state and our requests in it (§12)
//	uac*.go, prack.go           a call of ours, from hop to hop, to its answer (§13.2)
//	trunk*.go, resolve*.go      whom calls come from and go to (RFC 3263)
//	digest*.go, register*.go    who we are to trunks, and they to us (§10, §22)
//	leg*.go                     what happens within a call (§14, §15, RFC 3311, RFC 6086)
//	refer*.go                   moving a party elsewhere (RFC 3515)
//	timer.go                    session timers (RFC 4028)
//	probe.go                    is a silent party still there
//
// Messages, their parser and the transaction state machines are sipgo's. Its
// transport is not used: a gateway on the open Internet must answer malformed
// messages, send responses over the MTU, bound connections and forget the
// addresses it has heard, and sipgo's does none of these.
//
// What a call does is posted to it by sockets' readers, timers and the bridge, and
// done one after the other (Leg.run): that owns the dialog, the offer/answer state
// and the timers. A call that rests has no goroutine of this package but the one
// of its attendant. A call of ours is driven by the goroutine of its Dial, and each of
// its INVITEs has one (invitation.run) that acknowledges and ends what nobody wants any
// more, whatever has become of the call.
// Attend runs in a goroutine of its own, so that a fault there ends that call
// only. A PIN that came in a URI is passed on to the Router and to nobody else:
// whatever is logged or kept goes through Redact.
package sip
