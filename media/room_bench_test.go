//go:build unix

package media

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/mixer"
)

// deafSocket stands in for the system: packets lie ready, and what is sent is
// only lined up. So what is left to measure is what the program itself costs.
type deafSocket struct {
	rawSocket
	ready []packet
	sent  int
}

func (d *deafSocket) receive(in *inbox) int {
	n := copy(in.packets[:], d.ready)
	d.ready = d.ready[n:]
	return n
}

func (d *deafSocket) send(p *page, head int32) int {
	n := d.fill(p, head)
	d.sent += n
	return n
}

func (d *deafSocket) close() {}

func (d *deafSocket) holds() int { return 1 << 20 }

// roomBench is a room of PCMU callers as the bridge steps it.
type roomBench struct {
	*bench
	socket  *deafSocket
	streams []*Stream
	ports   []*mixer.Port
	mix     *mixer.Mixer
	wire    [][]byte // each caller's next packet
	from    []key
	loop    [][160]byte
	evict   []byte // as large as the second-level cache: what else runs between ticks
	step    int
}

func newRoomBench(b *testing.B, n int) *roomBench {
	x := &roomBench{bench: newBench(b, Config{CallsPerPort: n}), mix: mixer.New(mixer.Config{Levelling: true})}
	x.evict = make([]byte, 4<<20)
	for i := range n {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}), 4000)
		s := x.stream(StreamConfig{Peer: Candidates{Announced: at}, FollowLatch: true})
		x.update(s, plain(Candidates{Announced: at}))
		x.streams = append(x.streams, s)
		x.ports = append(x.ports, x.mix.Add(8000))
		x.from = append(x.from, keyOf(at))
		w := make([]byte, rtpHeaderSize+160)
		w[0] = 0x80
		binary.BigEndian.PutUint32(w[8:], uint32(i+1))
		x.wire = append(x.wire, w)
	}
	p := x.streams[0].port
	p.rtp.close()
	x.socket = &deafSocket{}
	p.rtp = x.socket
	enc, _ := codec.NewEncoder(pcmu)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var pcm [160]int16
		var f [160]byte
		for i := range pcm {
			pcm[i] = int16(rng.IntN(23) - 11) // -74 dBFS
		}
		enc.Encode(f[:], pcm[:])
		x.loop = append(x.loop, f)
	}
	return x
}

// tick is 20 ms of the room: callers send evenly over it, two of them talk.
func (x *roomBench) tick(b *testing.B) {
	e := x.engines[0]
	n := len(x.streams)
	for phase := range Phases {
		b.StopTimer()
		for i := 0; i < len(x.evict); i += 64 {
			x.evict[i]++
		}
		x.clock.hand.Add(int64(phaseDuration))
		now := x.now()
		lo, hi := n*phase/Phases, n*(phase+1)/Phases
		x.socket.ready = x.socket.ready[:0]
		for i := lo; i < hi; i++ {
			w := x.wire[i]
			binary.BigEndian.PutUint16(w[2:], uint16(x.step))
			binary.BigEndian.PutUint32(w[4:], uint32(x.step*160))
			copy(w[rtpHeaderSize:], x.loop[(x.step+i)%len(x.loop)][:])
			if i < 2 {
				for j := range 160 {
					w[rtpHeaderSize+j] = byte(0x90 + (x.step+j*(i+3))%0x60 + j&1<<7)
				}
			}
			x.socket.ready = append(x.socket.ready, packet{data: w, from: x.from[i], arrival: now - int64(time.Millisecond)})
		}
		b.StartTimer()
		e.drain(false)
		if phase == Phases-1 {
			x.mixTick(&Tick{Now: now, Nominal: now, out: e.out})
			e.out.flush()
		}
	}
	x.step++
}

func (x *roomBench) mixTick(t *Tick) {
	for i, s := range x.streams {
		p := x.ports[i]
		if l, known := s.Level(); known && p.Quiet(l) {
			s.Receive(t, nil)
			continue
		}
		if s.Receive(t, p.Buffer()) != Silent {
			p.Put()
		}
	}
	x.mix.Mix()
	for i, s := range x.streams {
		s.Send(t, x.ports[i].Output(s.SendFormat()))
	}
}

// BenchmarkRoom is what a room of PCMU callers costs beyond the system's calls:
// two talk, the others' lines are silent but for their noise. Between the steps
// the processor's nearer caches are emptied, as by whatever else runs.
func BenchmarkRoom(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"100", 100}, {"400", 400}, {"1500", 1500}} {
		b.Run(c.name, func(b *testing.B) {
			x := newRoomBench(b, c.n)
			for range 100 {
				x.tick(b)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				x.tick(b)
			}
			if x.socket.sent < b.N*c.n {
				b.Fatalf("%d packets sent", x.socket.sent)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.n), "ns/caller")
		})
	}
}
