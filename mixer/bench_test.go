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
