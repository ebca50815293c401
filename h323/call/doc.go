// Package call is the H.225.0 call signalling of one H.323 call, in either
// direction, over one TCP connection, with the H.245 control of that call
// wherever it goes: tunnelled in the call signalling (H.323 §8.2.1), on a
// connection of its own, or in the elements of fast connect (H.323 §8.1.7).
//
// In flow a connection that somebody else accepted (Accept), or an address to
// call (Dial), and what the call's owner wants: Proceed, Alert, Answer, Release,
// SendKey. Out flow the events of an Owner and the agreements of a Media: where
// to send sound and in which format, and what will come. No packet of sound
// passes through here.
//
// One goroutine a call, its loop, owns the call's state, its H.245 procedures and
// its timers. Connections' readers, timers and the owner's methods post functions
// to it. Besides it there are one reader and one writer a TCP connection; the
// queue between loop and writer is bounded and each write has a deadline, so that
// a peer who does not read loses its own call and holds up nothing else. Done is
// closed when all of them have ended. A panic in one of them ends that call.
//
// The files, from the wire up:
//
//	wire.go, network.go        TCP connections, their queues and deadlines
//	loop.go, mailbox.go        the call's goroutine and its timers
//	message.go, compose.go     messages of call signalling, read and made (H.225.0 §7.3)
//	callee.go, caller.go       the two sides of a call, states as in Q.931 §5
//	transport.go, separate.go  the way of H.245: tunnel or connection (H.323 §8.2)
//	sound.go                   what H.245 agrees on, told to the owner
//	called.go, party.go        who is called, and by whom
//	reason.go, end.go          why a call ends, and how (H.323 §8.5, Q.850)
//	probe.go                   is the peer still there
//
// Peers are not trusted. H.245 is connected to, and accepted from, the signalling
// peer's address alone; nothing of the owner's is opened before the owner answers;
// what waits is bounded; what cannot be read is counted, and costs the call only
// when there is much of it.
package call
