//go:build unix

package webrtc

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// window is how long is measured.
const window = 8 * time.Second

// share is what the process uses of a core, in percent.
func share(b *testing.B) float64 {
	before, began := cpu(b), time.Now()
	wait(window)
	return 100 * float64(cpu(b)-before) / float64(time.Since(began))
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkListener is what a browser costs that listens to two talkers: with DTX,
// as browsers send. Its packets go through ICE, DTLS's keys and the kernel of a
// real socket; the browsers are a process of their own. Run it with -benchtime 1x.
func BenchmarkListener(b *testing.B) {
	for range b.N {
		const listeners = 40
		h, f := newHouse(b, nil), newFleet(b)
		h.join(f, order{Talk: true})
		h.join(f, order{Talk: true, After: 7 * time.Millisecond})
		h.join(f, order{})
		wait(2 * time.Second)
		before, goroutines, bytes := share(b), runtime.NumGoroutine(), heap()
		for range listeners {
			h.join(f, order{})
		}
		wait(2 * time.Second)
		b.ReportMetric((share(b)-before)/listeners, "%core/listener")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/listeners, "goroutines/browser")
		b.ReportMetric((heap()-bytes)/listeners/1024, "KiB/browser")
	}
}

// BenchmarkTalker is what a browser costs that talks and is mixed, so that it
// hears a mix of its own.
func BenchmarkTalker(b *testing.B) {
	for range b.N {
		const talkers = 8
		h, f := newHouse(b, nil), newFleet(b)
		h.join(f, order{})
		wait(time.Second)
		before := share(b)
		for i := range talkers {
			h.join(f, order{Talk: true, After: time.Duration(i) * 2 * time.Millisecond})
		}
		wait(2 * time.Second)
		b.ReportMetric((share(b)-before)/talkers, "%core/talker")
	}
}

// BenchmarkMouthToEar is how late a browser's click is heard by another: from the
// time at which its first sample was said (a frame before its packet is sent) to
// the arrival of that sample, with the coders' own delay, over five clickers 4 ms
// apart in phase. The listener's playout comes on top.
func BenchmarkMouthToEar(b *testing.B) {
	for range b.N {
		h, f := newHouse(b, nil), newFleet(b)
		h.join(f, order{Ear: true})
		var legs []*Leg
		for i := range 5 {
			legs = append(legs, h.join(f, order{Click: 1 + 10*i, After: time.Duration(4*i) * time.Millisecond}))
		}
		wait(3 * time.Second)
		f.ask(order{Do: "clicks"})
		wait(20 * time.Second)
		d := f.ask(order{Do: "clicks"}).Clicks
		if len(d) < 50 {
			b.Fatalf("%d clicks heard", len(d))
		}
		slices.Sort(d)
		if c := h.media.Engines()[0].Counters(); c.Skipped > 0 {
			b.Logf("the machine had no time for us: %d ticks were left out, playout waits for %v", c.Skipped, legs[0].Quality().PlayoutDelay)
		}
		ms := func(d time.Duration) float64 { return float64(d)/float64(time.Millisecond) + 20 }
		b.ReportMetric(ms(d[len(d)/2]), "ms-p50")
		b.ReportMetric(ms(d[len(d)*99/100]), "ms-p99")
	}
}
