package codec

import "encoding/binary"

// l16Encoder writes samples in network byte order (RFC 3551 §4.5.11).
type l16Encoder struct{}

func (l16Encoder) Encode(dst []byte, pcm []int16) (int, error) {
	if len(dst) < 2*len(pcm) {
		return 0, errShort
	}
	for i, s := range pcm {
		binary.BigEndian.PutUint16(dst[2*i:], uint16(s))
	}
	return 2 * len(pcm), nil
}

func (l16Encoder) Reset()         {}
func (l16Encoder) Rejoin(Encoder) {}

type l16Decoder struct{ plc *concealer }

func (d *l16Decoder) Decode(dst []int16, payload []byte) (int, error) {
	n := len(payload) / 2
	if n == 0 || len(payload)%2 != 0 {
		return 0, ErrPayload
	}
	if len(dst) < n {
		return 0, errShort
	}
	for i := range dst[:n] {
		dst[i] = int16(binary.BigEndian.Uint16(payload[2*i:]))
	}
	d.plc.heard(dst[:n])
	return n, nil
}

func (d *l16Decoder) DecodeFEC([]int16, []byte) (int, error) { return 0, nil }
func (d *l16Decoder) Conceal(dst []int16)                    { d.plc.conceal(dst) }
func (d *l16Decoder) Reset()                                 { d.plc.reset() }
