package pcm

import (
	"fmt"
	"testing"
)

// each runs f on 20 ms blocks of speech.
func each(b *testing.B, rate int, f func(block []int16)) {
	in := speechAt(b, rate, -25)
	block := make([]int16, rate/50)
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		copy(block, in[at:])
		at = (at + len(block)) % (len(in) - len(block))
		f(block)
	}
}

func BenchmarkResampler(b *testing.B) {
	for _, p := range ratePairs {
		b.Run(fmt.Sprintf("%d→%d", p[0]/1000, p[1]/1000), func(b *testing.B) {
			r := NewResampler(p[0], p[1])
			dst := make([]int16, 960)
			each(b, p[0], func(block []int16) { r.Process(dst, block) })
		})
	}
}

func BenchmarkBlock(b *testing.B) {
	for _, rate := range []int{8000, 16000, 48000} {
		for name, f := range map[string]func([]int16){
			"level":    func(p []int16) { LevelDBov(p) },
			"leveller": NewLeveller(rate).Process,
			"keys":     func() func(p []int16) { d := NewKeyDetector(rate); return func(p []int16) { d.Process(p) } }(),
		} {
			b.Run(fmt.Sprintf("%s/%dk", name, rate/1000), func(b *testing.B) { each(b, rate, f) })
		}
		for name, gain := range map[string]int32{"fits": 1, "limits": 30} {
			b.Run(fmt.Sprintf("limiter-%s/%dk", name, rate/1000), func(b *testing.B) {
				l, sum := NewLimiter(rate), make([]int32, rate/50)
				each(b, rate, func(p []int16) {
					for i, v := range p {
						sum[i] = int32(v) * gain
					}
					l.Process(p, sum)
				})
			})
		}
	}
}
