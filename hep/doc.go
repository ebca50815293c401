// Package hep sends copies of signalling to a Homer server, by HEP3 (also called
// EEP: https://github.com/sipcapture/HEP).
//
// In flow trace.Packets, each with the Call-ID of the conversation that it belongs
// to; out flow UDP datagrams, or one TCP stream, with a HEP packet for each. Send
// puts a packet into a queue of a bounded length and returns: when the server or the
// network is too slow, copies are dropped and counted, and calls never wait. One
// goroutine owns the connection; Close waits for it.
//
// SIP goes out as it was written, but for what trace's givers have hidden. Of H.323
// the octets go out under HEP's type for it, and beside them a line of text that
// Homer can show. Reports on the sound are JSON in the shape of RTCP receiver and
// sender reports, log lines are text.
package hep
