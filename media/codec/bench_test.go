package codec

import "testing"

func benchmarkFormats() []Format {
	narrow := Standard(Opus)
	narrow.SampleRate = 16000
	return append(formats(), Standard(Opus), narrow)
}

func BenchmarkEncode(b *testing.B) {
	for _, f := range benchmarkFormats() {
		b.Run(f.String()+"@"+itoa(f.SampleRate), func(b *testing.B) {
			enc, _ := mustCodec(b, f)
			n := f.FrameSamples(tick)
			pcm, buf := hum(f.SampleRate, n*50), make([]byte, MaxPayload)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				at := i % 50 * n
				_, _ = enc.Encode(buf, pcm[at:at+n])
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, f := range benchmarkFormats() {
		b.Run(f.String()+"@"+itoa(f.SampleRate), func(b *testing.B) {
			enc, dec := mustCodec(b, f)
			n := f.FrameSamples(tick)
			pcm, out := hum(f.SampleRate, n*50), make([]int16, 6*n)
			var packets [50][]byte
			for i := range packets {
				buf := make([]byte, MaxPayload)
				k, _ := enc.Encode(buf, pcm[i*n:i*n+n])
				packets[i] = buf[:k]
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_, _ = dec.Decode(out, packets[i%50])
			}
		})
	}
}

func BenchmarkConceal(b *testing.B) {
	for _, f := range formats() {
		b.Run(f.String(), func(b *testing.B) {
			enc, dec := mustCodec(b, f)
			n := f.FrameSamples(tick)
			buf, out := make([]byte, MaxPayload), make([]int16, 6*n)
			through(b, enc, dec, f, hum(f.SampleRate, f.SampleRate/2))
			k, _ := enc.Encode(buf, hum(f.SampleRate, n))
			b.ReportAllocs()
			for b.Loop() {
				dec.Conceal(out[:n])
				_, _ = dec.Decode(out, buf[:k])
			}
		})
	}
}

func itoa(n int) string { return map[int]string{8000: "8k", 16000: "16k", 48000: "48k"}[n] }
