//go:build unix

package media

import (
	"syscall"
	"testing"
	"time"
)

// cpu is the CPU time this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPacketInAndOut is what the engine spends on one packet in and one out
// over loopback: 200 legs in pairs, PCMU of 20 ms, with playout, decoding and
// encoding. What the phones' sending costs is not counted.
func BenchmarkPacketInAndOut(b *testing.B) {
	const legs = 200
	for _, m := range []struct {
		name     string
		portable bool
	}{{"system", false}, {"portable", true}} {
		b.Run(m.name, func(b *testing.B) {
			x := newBench(b, Config{Portable: m.portable})
			b.ReportAllocs()
			streams := make([]*Stream, legs)
			phones := make([]*phone, legs)
			for i := range streams {
				p := newPhone(b, loopback)
				phones[i] = p
				streams[i] = x.stream(StreamConfig{Peer: p.peer(), FollowLatch: true})
				x.update(streams[i], plain(p.peer()))
				p.call(streams[i])
				p.send(p.packet(noise(160)))
				x.settle(1)
			}
			for i := 0; i < legs; i += 2 {
				x.join(streams[i], streams[i+1])
			}
			payload := noise(160)
			junk := make([]byte, maxPacket)
			var spent time.Duration
			b.ResetTimer()
			for range b.N {
				for _, p := range phones {
					p.send(p.packet(payload))
				}
				before := cpu(b)
				x.settle(legs)
				x.tick()
				spent += cpu(b) - before
				b.StopTimer()
				for _, p := range phones {
					p.rtp.SetReadDeadline(time.Now().Add(time.Second))
					p.rtp.Read(junk)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(spent.Nanoseconds())/1000/float64(b.N*legs), "µs/packet")
		})
	}
}
