package codec

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/zaf/g711"
)

const tick = 20 * time.Millisecond

// sine is n samples of a frequency with its peak at level dBFS.
func sine(rate, n int, freq, level float64) []int16 {
	out := make([]int16, n)
	amp := 32767 * math.Pow(10, level/20)
	for i := range out {
		out[i] = int16(math.Round(amp * math.Sin(2*math.Pi*freq*float64(i)/float64(rate))))
	}
	return out
}

// toneSNR fits a sine of freq to pcm and returns its level (peak, dBFS) and how
// far above the rest it is, in dB.
func toneSNR(pcm []int16, rate int, freq float64) (level, snr float64) {
	var c, s, total float64
	for i, v := range pcm {
		w := 2 * math.Pi * freq * float64(i) / float64(rate)
		c += float64(v) * math.Cos(w)
		s += float64(v) * math.Sin(w)
		total += float64(v) * float64(v)
	}
	n := float64(len(pcm))
	amp := 2 * math.Hypot(c, s) / n
	tone := amp * amp / 2
	return 20 * math.Log10(amp/32768+1e-9), 10 * math.Log10(tone/max(total/n-tone, 1e-9))
}

// through codes and decodes pcm by 20 ms.
func through(t testing.TB, enc Encoder, dec Decoder, f Format, pcm []int16) []int16 {
	t.Helper()
	n := f.FrameSamples(tick)
	buf := make([]byte, MaxPayload)
	out := make([]int16, 0, len(pcm))
	frame := make([]int16, 6*n)
	for i := 0; i+n <= len(pcm); i += n {
		k, err := enc.Encode(buf, pcm[i:i+n])
		if err != nil {
			t.Fatal(err)
		}
		if d := Duration(f, buf[:k]); d != tick {
			t.Fatalf("duration of a 20 ms payload is %v", d)
		}
		m, err := dec.Decode(frame, buf[:k])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, frame[:m]...)
	}
	return out
}

func TestG711FollowsReference(t *testing.T) {
	for _, c := range []struct {
		law    *law
		encode func(int16) uint8
		decode func(uint8) int16
	}{
		{ulaw, g711.EncodeUlawFrame, g711.DecodeUlawFrame},
		{alaw, g711.EncodeAlawFrame, g711.DecodeAlawFrame},
	} {
		for s := -32768; s <= 32767; s++ {
			if got, want := c.law.code[uint16(int16(s))>>2], c.encode(int16(s)); got != want {
				t.Fatalf("encode %d: %#x, want %#x", s, got, want)
			}
		}
		for b := range 256 {
			got, want := c.law.linear[b], c.decode(uint8(b))
			if got != want && (want != 0 || got != -1) {
				t.Errorf("decode %#x: %d, want %d", b, got, want)
			}
		}
	}
}

func TestG711TranscodesBitExactly(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, n := range []Name{PCMU, PCMA} {
		enc, dec := mustCodec(t, Standard(n))
		pcm, out := make([]int16, 256), make([]byte, 256)
		if _, err := dec.Decode(pcm, all); err != nil {
			t.Fatal(err)
		}
		if _, err := enc.Encode(out, pcm); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out, all) {
			t.Errorf("%s: octets change in transcoding: %x", n, out)
		}
	}
}

func TestG711Sine(t *testing.T) {
	for _, n := range []Name{PCMU, PCMA} {
		f := Standard(n)
		for level := -30.0; level <= -3; level += 3 {
			enc, dec := mustCodec(t, f)
			out := through(t, enc, dec, f, sine(8000, 8000, 1020, level))
			if _, snr := toneSNR(out, 8000, 1020); snr < 33 {
				t.Errorf("%s at %v dBFS: SNR %.1f dB", n, level, snr)
			}
		}
	}
}

func TestL16IsExact(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		f := Format{Name: L16, ClockRate: rate, SampleRate: rate}
		enc, dec := mustCodec(t, f)
		in := ruggedSignal(rate / 10)
		out := through(t, enc, dec, f, in)
		for i := range out {
			if out[i] != in[i] {
				t.Fatalf("%d Hz: sample %d is %d, want %d", rate, i, out[i], in[i])
			}
		}
	}
}

func TestG722KeepsItsBand(t *testing.T) {
	f := Standard(G722)
	for _, freq := range []float64{50, 100, 300, 1020, 3000, 5000, 6000, 7000} {
		enc, dec := mustCodec(t, f)
		out := through(t, enc, dec, f, sine(16000, 16000, freq, -10))
		level, snr := toneSNR(out[3200:], 16000, freq)
		t.Logf("%5.0f Hz: %+.2f dB, SNR %.1f dB", freq, level+10, snr)
		if math.Abs(level+10) > 1 {
			t.Errorf("%v Hz: level changes by %.2f dB", freq, level+10)
		}
		if want := 13.0; snr < want {
			t.Errorf("%v Hz: SNR %.1f dB", freq, snr)
		}
		if freq == 1020 && snr < 40 {
			t.Errorf("%v Hz: SNR %.1f dB", freq, snr)
		}
	}
}

// A listener that goes from the shared encoder to its own and back hears nothing
// of it.
func TestG722RejoinIsSeamless(t *testing.T) {
	f := Standard(G722)
	shared, dec := mustCodec(t, f)
	own, straight := mustCodec(t, f)
	pcm := sine(16000, 32000, 440, -12)
	a, b := make([]byte, 160), make([]byte, 160)
	x, y := make([]int16, 320), make([]int16, 320)
	onOwn := false
	for i := 0; i+320 <= len(pcm); i += 320 {
		if i/320%3 == 0 {
			if onOwn = !onOwn; onOwn {
				own.Rejoin(shared)
			}
		}
		_, _ = shared.Encode(a, pcm[i:i+320])
		copy(b, a)
		if onOwn {
			_, _ = own.Encode(b, pcm[i:i+320])
		}
		_, _ = dec.Decode(x, b)
		_, _ = straight.Decode(y, a)
		for j := range x {
			if x[j] != y[j] {
				t.Fatalf("sample %d differs after a switch: %d, %d", i+j, x[j], y[j])
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, n := range []Name{PCMU, PCMA, G722, Opus, L16} {
		f := Standard(n)
		_, dec := mustCodec(t, f)
		dst := make([]int16, f.FrameSamples(120*time.Millisecond))
		if _, err := dec.Decode(dst, nil); err == nil {
			t.Errorf("%s: an empty payload is decoded", n)
		}
		if n != Opus {
			if _, err := dec.Decode(dst, make([]byte, MaxPayload)); err == nil {
				t.Errorf("%s: a payload of %d bytes is decoded", n, MaxPayload)
			}
		}
	}
	for _, f := range []Format{{Name: "GSM", SampleRate: 8000}, {Name: PCMU, SampleRate: 16000}, {Name: Opus, SampleRate: 44100}} {
		if _, err := NewEncoder(f); err == nil {
			t.Errorf("encoder for %+v", f)
		}
		if _, err := NewDecoder(f); err == nil {
			t.Errorf("decoder for %+v", f)
		}
	}
}
