// Package load puts callers into the rooms of a gateway on this machine and
// measures what they hear, how late they hear it, and what that costs the
// gateway.
//
// A Fleet is a set of phones. Each has a loopback address of its own, 127.1.x.y,
// calls by SIP over UDP (INVITE, ACK, BYE; RFC 3261) or by H.323 (h323/call, H.245
// tunnelled) and sends 20 ms of PCMU, PCMA, G.722 or Opus by RTP: talkers a steady tone each, clickers a short sweep
// at known times, listeners what they are told to. Out come a Setup for the calls
// made and a Report for each window of time measured. Phones that send in the same
// millisecond share a socket, so that few system calls do for hundreds of them.
//
// Three goroutines do the work, from Open to Close: the pacer owns what a phone
// sends, the receiver what it has received, the third takes what comes by SIP. A
// Fleet's methods are for one goroutine. Nothing leaves the loopback interface.
package load
