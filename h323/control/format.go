package control

import (
	"strconv"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// Codec is a format of sound.
type Codec uint8

// The formats that a Session can agree on.
const (
	NoCodec Codec = iota
	G722          // G.722 at 64 kbit/s
	ALaw          // G.711 A-law at 64 kbit/s
	MuLaw         // G.711 µ-law at 64 kbit/s
)

func (c Codec) String() string {
	return [...]string{"none", "G.722", "G.711 A-law", "G.711 µ-law"}[c]
}

// payloadType is the static one of RFC 3551.
func (c Codec) payloadType() uint8 {
	return [...]uint8{G722: 9, ALaw: 8, MuLaw: 0}[c]
}

// Format is a Codec and how much of it a packet holds.
type Format struct {
	Codec Codec
	// Frames is how many frames of 1 ms a packet holds at most (H.245 §7.2.2.4,
	// H.225.0 Annex C). Peers do not keep to it.
	Frames int
}

func (f Format) String() string {
	return f.Codec.String() + "/" + strconv.Itoa(f.Frames) + " ms"
}

// DefaultAudio is G.722, A-law and µ-law, in packets of 20 ms.
func DefaultAudio() []Format {
	return []Format{{G722, 20}, {ALaw, 20}, {MuLaw, 20}}
}

// maxFrames is that of the integer in AudioCapability.
const maxFrames = 256

// capability is f as H.245 writes it.
func (f Format) capability() *h245.AudioCapability {
	n := min(max(f.Frames, 1), maxFrames)
	switch f.Codec {
	case G722:
		return &h245.AudioCapability{G72264k: &n}
	case ALaw:
		return &h245.AudioCapability{G711Alaw64k: &n}
	case MuLaw:
		return &h245.AudioCapability{G711Ulaw64k: &n}
	}
	return nil
}

// formatOf is the Format of a capability; Codec is NoCodec if we have no such one.
func formatOf(a *h245.AudioCapability) Format {
	switch {
	case a == nil:
	case a.G72264k != nil:
		return Format{G722, *a.G72264k}
	case a.G711Alaw64k != nil:
		return Format{ALaw, *a.G711Alaw64k}
	case a.G711Ulaw64k != nil:
		return Format{MuLaw, *a.G711Ulaw64k}
	}
	return Format{}
}

// mode is c as a RequestMode writes it.
func (c Codec) mode() *h245.AudioMode {
	switch c {
	case G722:
		return &h245.AudioMode{G72264k: &per.Null{}}
	case ALaw:
		return &h245.AudioMode{G711Alaw64k: &per.Null{}}
	case MuLaw:
		return &h245.AudioMode{G711Ulaw64k: &per.Null{}}
	}
	return nil
}

func codecOfMode(m *h245.AudioMode) Codec {
	switch {
	case m == nil:
	case m.G72264k != nil:
		return G722
	case m.G711Alaw64k != nil:
		return ALaw
	case m.G711Ulaw64k != nil:
		return MuLaw
	}
	return NoCodec
}
