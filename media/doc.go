// Package media moves sound between the network and the rooms.
//
// In come RTP and RTCP packets on a few shared UDP ports; a table for each port
// tells by address, SSRC and sequence whose they are (see table). A Stream turns
// one call's packets into 20 ms of PCM a tick and one tick's coded packets into
// RTP. An Engine, one a core, does it all in steps of 5 ms: it drains its ports,
// takes what other engines read for it, applies commands, ticks the units (rooms)
// of the phase and sends in batches.
//
// The engine's goroutine owns its units, its streams and its batches. Other
// goroutines post commands (Engine.Do, Engine.Call, Stream.Update), which are
// applied between ticks. A port has one reader, the engine it was opened for; a
// packet for a stream that another engine steps passes through a ring with one
// producer and one consumer.
//
// RTP and RTCP: RFC 3550, RFC 3551; mux: RFC 5761; SRTP by SDES keys: RFC 3711,
// RFC 7714, RFC 4568; telephone-event: RFC 4733; comfort noise: RFC 3389; audio
// level: RFC 6464.
package media
