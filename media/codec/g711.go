package codec

import "github.com/zaf/g711"

// law is one of G.711's two companding laws as tables, small enough to stay in
// the first-level cache: the decision levels of both laws are multiples of 4 in
// 16 bits, so 14 bits tell a sample's code.
type law struct {
	code   [1 << 14]byte
	linear [256]int16
	square [256]uint32 // of linear
}

// ulaw and alaw are computed once and never written to again.
var (
	ulaw = newLaw(g711.EncodeUlawFrame, g711.DecodeUlawFrame)
	alaw = newLaw(g711.EncodeAlawFrame, g711.DecodeAlawFrame)
)

func newLaw(encode func(int16) uint8, decode func(uint8) int16) *law {
	l := new(law)
	for i := range l.code {
		l.code[i] = encode(int16(uint16(i << 2)))
	}
	for i := range l.linear {
		l.linear[i] = decode(uint8(i))
		// μ-law has two zeros. The negative one becomes the smallest negative
		// sample instead, so that every octet survives decoding and encoding:
		// a lone talker's payload reaches a listener of the same law unchanged.
		if l.code[uint16(l.linear[i])>>2] != uint8(i) {
			l.linear[i]--
		}
		v := int32(l.linear[i])
		l.square[i] = uint32(v * v)
	}
	return l
}

func lawOf(n Name) *law {
	if n == PCMU {
		return ulaw
	}
	return alaw
}

func (l *law) encode(dst []byte, pcm []int16) {
	dst = dst[:len(pcm)]
	for i, s := range pcm {
		dst[i] = l.code[uint16(s)>>2]
	}
}

func (l *law) decode(dst []int16, payload []byte) {
	dst = dst[:len(payload)]
	for i, b := range payload {
		dst[i] = l.linear[b]
	}
}

type g711Encoder struct{ law *law }

func (e g711Encoder) Encode(dst []byte, pcm []int16) (int, error) {
	if len(dst) < len(pcm) {
		return 0, errShort
	}
	e.law.encode(dst, pcm)
	return len(pcm), nil
}

func (g711Encoder) Reset()         {}
func (g711Encoder) Rejoin(Encoder) {}

type g711Decoder struct {
	law *law
	plc *concealer
}

func (d *g711Decoder) Decode(dst []int16, payload []byte) (int, error) {
	n := len(payload)
	if n == 0 {
		return 0, ErrPayload
	}
	if len(dst) < n {
		return 0, errShort
	}
	d.law.decode(dst, payload)
	d.plc.heard(dst[:n])
	return n, nil
}

func (d *g711Decoder) DecodeFEC([]int16, []byte) (int, error) { return 0, nil }
func (d *g711Decoder) Conceal(dst []int16)                    { d.plc.conceal(dst) }
func (d *g711Decoder) Reset()                                 { d.plc.reset() }
