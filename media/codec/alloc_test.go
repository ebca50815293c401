//go:build !race

package codec

import "testing"

func TestNoAllocations(t *testing.T) {
	plain := Standard(Opus)
	plain.FEC = false
	for _, f := range append(formats(), plain) {
		enc, dec := mustCodec(t, f)
		n := f.FrameSamples(tick)
		pcm, buf, out := hum(f.SampleRate, n*50), make([]byte, MaxPayload), make([]int16, 6*n)
		i, size := 0, 0
		if a := testing.AllocsPerRun(200, func() {
			size, _ = enc.Encode(buf, pcm[i:i+n])
			i = (i + n) % len(pcm)
			if i == 0 {
				enc.Rejoin(nil)
			}
		}); a != 0 {
			t.Errorf("%s: encode allocates %v times", f, a)
		}
		if a := testing.AllocsPerRun(200, func() { _, _ = dec.Decode(out, buf[:size]) }); a != 0 {
			t.Errorf("%s: decode allocates %v times", f, a)
		}
		if follower, ok := enc.(Follower); ok {
			leader, _ := mustCodec(t, f)
			if a := testing.AllocsPerRun(200, func() {
				_, _ = leader.Encode(buf, pcm[:n])
				follower.Follow(buf[:n/2], leader, 0)
				follower.InStep(leader)
			}); a != 0 {
				t.Errorf("%s: following allocates %v times", f, a)
			}
		}
		if s, ok := dec.(Skipper); ok {
			if a := testing.AllocsPerRun(200, func() {
				for range g722Warm + 2 {
					s.Level(buf[:size])
					s.Skip(buf[:size])
				}
				s.Wake()
				_, _ = dec.Decode(out, buf[:size])
			}); a != 0 {
				t.Errorf("%s: skipping allocates %v times", f, a)
			}
		}
		if f.Name == Opus {
			continue // gopus allocates a little when it conceals, recovers or adds redundancy
		}
		if a := testing.AllocsPerRun(200, func() {
			dec.Conceal(out[:n])
			_, _ = dec.Decode(out, buf[:size])
		}); a != 0 {
			t.Errorf("%s: concealment allocates %v times", f, a)
		}
		if a := testing.AllocsPerRun(200, func() { _, _ = dec.DecodeFEC(out[:n], buf[:size]) }); a != 0 {
			t.Errorf("%s: recovery allocates %v times", f, a)
		}
	}
}
