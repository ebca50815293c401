// Package endpoint is an H.323 endpoint for tests: it calls and is called, says a
// tone or nothing, keeps what it hears, and keys, pauses and misbehaves as a
// script has it.
//
// Signalling is that of h323/call. Sound goes over UDP sockets of the endpoint's
// own on 127.0.0.1: G.711 and G.722 by media/codec, RFC 2833 events, H.235.6 by
// h323/secure. What h323/call would never say is put in on the way: Options.Edit
// changes each message of the call signalling channel before it leaves, Call.Say
// adds one, Call.Control adds H.245.
//
// Beside it stands a Gatekeeper that confirms what it is asked.
//
// A Call owns its sockets and three goroutines (sound out, sound in, RTCP in);
// Close ends them. Its other methods may be called from any goroutine.
package endpoint
