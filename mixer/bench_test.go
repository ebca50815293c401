package mixer

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/partyline/partyline/media/codec"
)

// bench is a room whose inputs are made beforehand.
type bench struct {
	m       *Mixer
	ports   []*Port
	formats []codec.Format
	loops   [][][]int16 // by port: what it says, tick by tick
	at      int
	packets int
}

const loopTicks = 50

func newBench(n, talkers int, formats ...codec.Format) *bench {
	b := &bench{m: New(Config{Levelling: true})}
	made := map[string][][]int16{}
	for i := range n {
		f := formats[i%len(formats)]
		b.ports = append(b.ports, b.m.Add(f.SampleRate))
		b.formats = append(b.formats, f)
		say, key := noise(1, -74), fmt.Sprint("noise", f.SampleRate)
		if i < talkers {
			say, key = tone(f.SampleRate, float64(300+200*i), -20), fmt.Sprint(i)
		}
		if made[key] == nil {
			for tick := range loopTicks {
				frame := make([]int16, f.SampleRate/50)
				say(tick, frame)
				made[key] = append(made[key], frame)
			}
		}
		b.loops = append(b.loops, made[key])
	}
	return b
}

func (b *bench) tick() {
	for i, p := range b.ports {
		copy(p.Buffer(), b.loops[i][b.at])
		p.Put()
	}
	b.at = (b.at + 1) % loopTicks
	b.m.Mix()
	for i, p := range b.ports {
		b.packets += len(p.Output(b.formats[i]))
	}
}

// benchRoom is a bench whose ports' sound comes coded and is decoded first: what a
// room costs but for its packets. Only the first so many ports send anything.
type benchRoom struct {
	*bench
	decoders []codec.Decoder
	payloads [][][]byte // by port that sends
}

func newBenchRoom(b *testing.B, n, talkers, senders int, f codec.Format) *benchRoom {
	r := &benchRoom{bench: newBench(n, talkers, f)}
	coded := map[*int16][][]byte{}
	for _, loop := range r.loops[:senders] {
		dec, err := codec.NewDecoder(f)
		if err != nil {
			b.Fatal(err)
		}
		r.decoders = append(r.decoders, dec)
		key := &loop[0][0]
		if coded[key] == nil {
			enc, err := codec.NewEncoder(f)
			if err != nil {
				b.Fatal(err)
			}
			for _, frame := range loop {
				payload := make([]byte, codec.MaxPayload)
				n, err := enc.Encode(payload, frame)
				if err != nil {
					b.Fatal(err)
				}
				coded[key] = append(coded[key], payload[:n])
			}
		}
		r.payloads = append(r.payloads, coded[key])
	}
	return r
}

func (r *benchRoom) tick() {
	for i, dec := range r.decoders {
		if _, err := dec.Decode(r.ports[i].Buffer(), r.payloads[i][r.at]); err == nil {
			r.ports[i].Put()
		}
	}
	r.at = (r.at + 1) % loopTicks
	r.m.Mix()
	for i, p := range r.ports {
		r.packets += len(p.Output(r.formats[i]))
	}
}

// BenchmarkRoom is a tick of large rooms of one codec with all coding and decoding:
// 100 callers of G.722 of whom three are always heard and the others send their
// line's noise, and three talkers before 100 listeners of Opus who send nothing.
func BenchmarkRoom(b *testing.B) {
	opus := codec.Standard(codec.Opus)
	plain := opus
	plain.FEC = false
	for _, c := range []struct {
		name                string
		n, talkers, senders int
		f                   codec.Format
	}{
		{"G722-100", 100, 3, 100, codec.Standard(codec.G722)},
		{"Opus-103", 103, 3, 3, opus},
		{"Opus-103-without-redundancy", 103, 3, 3, plain},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := newBenchRoom(b, c.n, c.talkers, c.senders, c.f)
			for range 150 {
				r.tick()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				r.tick()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.n), "ns/port")
		})
	}
}

func (b *bench) listenTick() { // nobody but the talkers gives anything
	for i, p := range b.ports[:2] {
		copy(p.Buffer(), b.loops[i][b.at])
		p.Put()
	}
	b.at = (b.at + 1) % loopTicks
	b.m.Mix()
	for i, p := range b.ports {
		b.packets += len(p.Output(b.formats[i]))
	}
}

func BenchmarkTick(b *testing.B) {
	pcmu, g722, opus := codec.Standard(codec.PCMU), codec.Standard(codec.G722), codec.Standard(codec.Opus)
	for _, c := range []struct {
		name    string
		n       int
		muted   bool
		formats []codec.Format
	}{
		{"G711-10", 10, false, []codec.Format{pcmu}},
		{"G711-100", 100, false, []codec.Format{pcmu}},
		{"G711-400", 400, false, []codec.Format{pcmu}},
		{"G711-400-listeners-silent", 400, true, []codec.Format{pcmu}},
		{"G722-100", 100, false, []codec.Format{g722}},
		{"Opus-100", 100, false, []codec.Format{opus}},
		{"Mixed-99", 99, false, []codec.Format{pcmu, g722, opus}},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := newBench(c.n, 2, c.formats...)
			tick := x.tick
			if c.muted {
				tick = x.listenTick
			}
			for range 150 {
				tick()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				tick()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.n), "ns/port")
		})
	}
}

func BenchmarkSilentRoom(b *testing.B) {
	x := newBench(100, 0, codec.Standard(codec.PCMU))
	for b.Loop() {
		x.m.Mix()
		for i, p := range x.ports {
			x.packets += len(p.Output(x.formats[i]))
		}
	}
}

func TestMemoryOfAPort(t *testing.T) {
	measure := func(n int) uint64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		b := newBench(n, 2, codec.Standard(codec.PCMU))
		for range 20 {
			b.tick()
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(b)
		return after.HeapAlloc - before.HeapAlloc
	}
	small, large := measure(100), measure(1100)
	per := (large - small) / 1000
	t.Logf("%d bytes a port", per)
	if large > small && per > 8192 {
		t.Errorf("%d bytes a port at 8 kHz, want at most 8192", per)
	}
}
