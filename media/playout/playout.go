// Package playout turns the packets of one RTP stream, which come when the
// network likes, into sound that goes on evenly: 20 ms in each tick.
//
// In go payloads with sequence number, timestamp and time of arrival (Put), and
// what else took a sequence number (Skip, Comfort); out come 20 ms of PCM at the
// format's rate (Pull). There is no socket and no clock: the caller's goroutine
// owns the Buffer and says what time it is.
//
// On a quiet network a tick plays what has arrived by then; nothing is held
// back. The delay grows with the jitter that is measured, at once, and shrinks
// again within ten seconds; both by whole pitch periods, which is not heard. The
// same follows the drift of the sender's clock. Lost packets are recovered from
// in-band redundancy or concealed. While nothing of that is needed the decoder's
// output is passed on bit by bit.
package playout

// Activity tells what a tick gave. The values are those of media.Activity.
type Activity uint8

const (
	// Silent: nothing was received or the peer sends silence; the PCM is not
	// touched.
	Silent Activity = iota
	// Voice: the PCM is what was said.
	Voice
	// Concealed: the PCM stands in for lost packets.
	Concealed
)

// Packet is one RTP packet of the stream's codec. Put copies the payload.
type Packet struct {
	Seq    uint16
	TS     uint32
	Marker bool // begins a talkspurt (RFC 3551 §4.1)
	// Level is the payload's level as its sender tells (RFC 6464), in -dBov;
	// NoLevel: it does not.
	Level   uint8
	Payload []byte
	Arrival int64 // monotonic, in ns, on the clock of Pull's now
}

// NoLevel is a level that is not known.
const NoLevel = 0xff

// Stats counts what became of the stream. Packets are told by sequence number.
type Stats struct {
	Concealed uint64 // ticks that were concealed, in whole or in part
	Late      uint64 // packets that came after their time
	Lost      uint64 // packets that were not there in time, late ones among them
	Recovered uint64 // lost packets that were recovered from redundancy
	Shrunk    uint64 // pitch periods left out to lower the delay
	Stretched uint64 // pitch periods repeated to raise it
}
