// Package control is the H.245 control of one H.323 call: its procedures as the
// state machines of H.245 Annex C, and what H.323 wants done with them.
//
// In flow the messages of the peer (Receive, ReceivePDU), the elements of fast
// connect (Propose, Choose, Adopt) and what the call's owner wants: Start, SendKey,
// Probe, Pause, Close. Out flow messages for the peer (Config.Send) and Events: what
// the peer can do, channels that opened and closed, keys, the end.
//
// A Session has no goroutine, no socket and no lock. One goroutine, the call's, owns
// it and calls its methods; timers run through Config.After on that same goroutine.
// Events and Send are called when the state is settled, from inside the method that
// caused them: they may call the Session again. Media is ready to come before the peer
// reads that a channel is open: Events go before the messages of the same step.
//
// The files are the signalling entities of the Recommendation:
//
//	msdse.go               master/slave determination (C.2)
//	cese.go                capability exchange (C.3)
//	remote.go, entry.go    what the peer's sets say
//	audio.go               when our channel opens, and in which format
//	lcse_out.go            our logical channel (C.4, H.323 §8.3)
//	lcse_in.go, blcse.go   the peer's, one way and both ways (C.4, C.5)
//	clcse.go               requests to close one (C.6)
//	rmse.go                request mode (C.9)
//	rtdse.go               round trip delay (C.10)
//	refuse.go              what is politely not done: loops, multiplex tables, conference control
//	command.go             flow control, miscellaneous commands
//	input.go               user input (§7.12.6)
//	pause.go               the empty capability set (H.323 §8.4.6)
//	faststart.go           fast connect (H.323 §8.1.7)
//
// Media encryption (H.235.6) is h323/secure's: its Keys look at each capability set and
// channel on the way out and in.
//
// Peers are read leniently: what they get wrong is logged and costs them at most the
// channel that it is about, never the call.
package control
