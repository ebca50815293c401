// Package trace remembers what was said to whom in the last calls, and draws it.
//
// In flow Packets: messages of signalling as the transports of sip and h323 read
// and write them, and log lines about a call. Beside them come what is known of a
// call (Begin, Link, End) and what failed (Fail). Out flow a Trace, which has all
// legs of one conversation in it, its ladder for a terminal or a page, and the last
// Failures.
//
// A Book owns all of it, under one mutex that is held for some hundred nanoseconds
// a message: nothing is parsed, rendered or copied with it held but slices. Its
// memory is bounded in calls, in messages of a call and in octets. Calls that were
// answered are bounded apart from those that were only tried, and both apart from
// everything that is no call: neither a scanner nor a ping pushes them out.
//
// Nothing here hides secrets: whoever gives a Packet has taken PINs, keys and
// digest responses out of it (sip.Redact, h323.Redact). The package knows no
// other of ours; of SIP and SDP it reads just enough to say in a line what a
// message is about.
package trace
