// Package quality measures how the gateway sounds, against the original speech
// and against what a plain playout would have made of the same packets.
//
// In goes the speech of the recorded prompts; a Peer codes and sends it, a
// Network does to the packets what networks do, and two receivers play the one
// Trace out in virtual time: Ours, which is media/playout with the decoders of
// media/codec, driven as a leg drives it, and Naive, a fixed buffer of 60 ms that
// drops what is late and is silent where something is missing. What each gave is
// aligned with the original and scored: ESTOI (Jensen and Taal, 2016) says how
// much of the speech can be understood, the log-spectral distance how alike it
// sounds, and the delay is counted by itself. Rows lists the impairments.
//
// Beside it stand the curves of the room's sound (SNR, frequency response,
// aliases, levelling) through the real mixer and codecs.
//
// Everything follows from seeds: the same run gives the same figures. There is no
// goroutine, clock or socket here. It is used by tests and by the command in
// test/quality, never by the gateway.
package quality
