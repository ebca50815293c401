package codec

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"
)

// ruggedSignal has noise, triangles and squares up to full scale, in integers
// only, so that it is the same everywhere.
func ruggedSignal(n int) []int16 {
	x, phase := uint32(1), uint32(0)
	out := make([]int16, n)
	for i := range out {
		x = x*1664525 + 1013904223
		noise := int32(x>>16) - 32768
		seg := uint32(i/4000) % 8
		phase = (phase + 300 + seg*1700) & 0xffff
		tri, square := int32(phase)*2-32768, int32(32767)
		if phase >= 32768 {
			tri, square = int32(65535-phase)*2-32768, -32768
		}
		v := [8]int32{
			noise >> 9, tri >> 1, noise, tri>>2 + noise>>5,
			square, 0, tri>>6 + noise>>9, noise>>2 + tri>>2,
		}[seg]
		out[i] = int16(max(-32768, min(32767, v)))
	}
	return out
}

func ruggedBytes(n int) []byte {
	x := uint32(7)
	out := make([]byte, n)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = byte(x >> 24)
	}
	return out
}

func digest(pcm []int16) string {
	b := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func mustCodec(t testing.TB, f Format) (Encoder, Decoder) {
	t.Helper()
	e, err := NewEncoder(f)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

// The digests were checked against spandsp, which follows the Recommendation bit
// by bit save that it wraps where the output must saturate:
// every other sample is the same.
func TestG722BitExact(t *testing.T) {
	enc, dec := mustCodec(t, Standard(G722))
	pcm := ruggedSignal(64000)
	code := make([]byte, 32000)
	n, err := enc.Encode(code, pcm)
	if err != nil || n != 32000 {
		t.Fatal(n, err)
	}
	sum := sha256.Sum256(code)
	if got, want := hex.EncodeToString(sum[:]), "e8c5dfd1452e0829b8196824fcbd3aceba43aec85dde520c68ed7fc12aa85a57"; got != want {
		t.Errorf("encoder: %s, want %s", got, want)
	}
	for _, c := range []struct {
		name, want string
		code       []byte
	}{
		{"its own encoding", "0587c5397841218e0029c820753e825b9e46fe604f63ecf37c54b13168ab39a1", code},
		{"random octets", "6cb987268469c22492937c3b770cd021475ba177af6548c6239e3603f56da9ec", ruggedBytes(32000)},
	} {
		dec.Reset()
		got := make([]int16, 64000)
		for i := 0; i < len(c.code); i += 160 {
			if _, err := dec.Decode(got[2*i:2*i+320], c.code[i:i+160]); err != nil {
				t.Fatal(err)
			}
		}
		if d := digest(got); d != c.want {
			t.Errorf("decoder of %s: %s, want %s", c.name, d, c.want)
		}
	}
}

// However a sound is cut into packets, also of an odd number of octets, the code is
// the same, and so is what is heard.
func TestG722InPieces(t *testing.T) {
	f := Standard(G722)
	enc, dec := mustCodec(t, f)
	pieces, unpieces := mustCodec(t, f)
	pcm := ruggedSignal(16000)
	whole, cut := make([]byte, 8000), make([]byte, 8000)
	if _, err := enc.Encode(whole, pcm); err != nil {
		t.Fatal(err)
	}
	want, got := make([]int16, 16000), make([]int16, 16000)
	if _, err := dec.Decode(want, whole); err != nil {
		t.Fatal(err)
	}
	for at, k := 0, 1; at < len(cut); at, k = at+k, k%170+1 {
		k = min(k, len(cut)-at)
		if _, err := pieces.Encode(cut[at:], pcm[2*at:2*(at+k)]); err != nil {
			t.Fatal(err)
		}
		if _, err := unpieces.Decode(got[2*at:], cut[at:at+k]); err != nil {
			t.Fatal(err)
		}
	}
	if digest(got) != digest(want) || string(cut) != string(whole) {
		t.Error("cut into pieces, it is coded differently")
	}
}
