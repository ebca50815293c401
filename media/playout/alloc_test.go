//go:build !race

package playout

import (
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/partyline/partyline/media/codec"
)

// A stream allocates nothing once its buffers have grown, whatever the network.
func TestNoAllocation(t *testing.T) {
	said := speech(8000, 20*time.Second, 12)
	n := network{
		format: g711(), phase: 3 * time.Millisecond,
		delay: func(r *rand.Rand, _ time.Duration) time.Duration { return time.Duration(r.Int64N(60 * ms)) },
		lost:  func(r *rand.Rand, at time.Duration) bool { return r.IntN(10) == 0 },
	}
	flights := n.flights(t, said, rand.New(rand.NewPCG(1, 1)))
	dec, _ := codec.NewDecoder(n.format)
	b := New(n.format, dec)
	pcm := make([]int16, 160)
	now := int64(n.phase)
	step := func() {
		for len(flights) > 0 && flights[0].arrival <= now {
			b.Put(flights[0].Packet)
			flights = flights[1:]
		}
		b.Pull(pcm, now)
		now += tick
	}
	for range 400 {
		step()
	}
	if a := testing.AllocsPerRun(500, step); a != 0 {
		t.Errorf("%v allocations a tick", a)
	}
	if b.Stats().Concealed == 0 {
		t.Error("nothing was concealed")
	}
}

// Nor does one that sleeps and wakes.
func TestNoAllocationAsleep(t *testing.T) {
	f := codec.Standard(codec.G722)
	enc, _ := codec.NewEncoder(f)
	dec, _ := codec.NewDecoder(f)
	b, pcm, payload := New(f, dec), make([]int16, 320), make([]byte, 160)
	var i uint16
	asleep := 0
	step := func() {
		for k := range pcm {
			pcm[k] = int16(k%7) - 3
		}
		n, _ := enc.Encode(payload, pcm)
		now := int64(i) * tick
		b.Put(Packet{Seq: i, TS: uint32(i) * 160, Payload: payload[:n], Arrival: now})
		i++
		if dBov, known := b.Level(); known && dBov > 62 && i%50 != 0 {
			b.Pull(nil, now)
			asleep++
			return
		}
		b.Pull(pcm, now)
	}
	for range 100 {
		step()
	}
	if a := testing.AllocsPerRun(500, step); a != 0 || asleep < 300 {
		t.Errorf("%v allocations a tick, %d ticks asleep", a, asleep)
	}
}

// One G.711 stream is small.
func TestMemory(t *testing.T) {
	dec, _ := codec.NewDecoder(g711())
	b := New(g711(), dec)
	pcm := make([]int16, 160)
	for i := range 200 { // as much as can wait
		b.Put(Packet{Seq: uint16(i), TS: uint32(i) * 160, Payload: make([]byte, 160)})
		if i == 0 {
			b.Pull(pcm, 0)
		}
	}
	size := int(unsafe.Sizeof(*b)) + 2*cap(b.out.pcm)
	for i := range b.in.slots {
		size += cap(b.in.slots[i].payload)
	}
	t.Logf("%d bytes", size)
	if size > 16<<10 {
		t.Errorf("%d bytes", size)
	}
}

func benchmark(b *testing.B, f codec.Format, decode bool) {
	dec, err := codec.NewDecoder(f)
	if err != nil {
		b.Fatal(err)
	}
	enc, _ := codec.NewEncoder(f)
	payload := make([]byte, codec.MaxPayload)
	n, _ := enc.Encode(payload, speech(f.SampleRate, 20*time.Millisecond, 1))
	buf := New(f, dec)
	pcm := make([]int16, f.SampleRate/50)
	if !decode {
		pcm = nil
	}
	p := Packet{Payload: payload[:n]}
	step := f.ClockTicks(20 * time.Millisecond)
	b.ReportAllocs()
	for b.Loop() {
		buf.Put(p)
		buf.Pull(pcm, p.Arrival+5*ms)
		p.Seq++
		p.TS += step
		p.Arrival += tick
	}
	if buf.Stats() != (Stats{}) {
		b.Fatalf("%+v", buf.Stats())
	}
}

func BenchmarkPutPullPCMU(b *testing.B)  { benchmark(b, g711(), true) }
func BenchmarkPutPullMuted(b *testing.B) { benchmark(b, g711(), false) }
func BenchmarkPutPullG722(b *testing.B)  { benchmark(b, codec.Standard(codec.G722), true) }

func BenchmarkDecodePCMU(b *testing.B) {
	dec, _ := codec.NewDecoder(g711())
	payload, pcm := make([]byte, 160), make([]int16, 960)
	for b.Loop() {
		_, _ = dec.Decode(pcm, payload)
	}
}

// A stream that is silent for good.
func BenchmarkPullIdle(b *testing.B) {
	dec, _ := codec.NewDecoder(g711())
	buf := New(g711(), dec)
	pcm := make([]int16, 160)
	buf.Put(Packet{Payload: make([]byte, 160)})
	now := int64(0)
	for b.Loop() {
		buf.Pull(pcm, now)
		now += tick
	}
}
