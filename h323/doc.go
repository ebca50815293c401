// Package h323 answers calls of room systems by H.323, makes calls to them, and
// keeps them until they end.
//
// In flow connections to the call signalling port (H.225.0), and addresses to
// call; out flows one bridge.Leg for every call that was answered, given to an
// Attendant. Where a call goes is asked of a Router, whether it may come in of a
// Gate; its sound is a Stream of the media engine, which this package opens,
// announces by H.245 and closes. With a gatekeeper (H.225.0 RAS) the Server
// registers its names there and asks it about each call; without an answer of it
// calls go on as they would without a gatekeeper.
//
// The packages below are the protocol, usable without this one: h323/call is one
// call's signalling, h323/control its H.245 procedures, h323/ras the endpoint's
// side of a gatekeeper, h323/q931, h323/tpkt and h323/per the encodings.
//
// A call's loop (of h323/call) tells the Leg what happens and owns the protocol's
// state. The Leg's own few fields are guarded by its mutex; nothing is called out
// with it held. What the loop must not wait for (a gatekeeper, the Router, an
// Attendant) runs in goroutines that Close waits for.
//
// A PIN that came in a called number is passed on to the Router and to nobody
// else: what is logged or kept goes through Redact.
package h323
