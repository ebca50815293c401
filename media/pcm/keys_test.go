package pcm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// keyed are the keys that are detected in pcm, by 20 ms.
func keyed(rate int, pcm []int16) string {
	d := NewKeyDetector(rate)
	var keys []byte
	n := rate / 50
	for i := 0; i < len(pcm); i += n {
		if k, ok := d.Process(pcm[i:min(i+n, len(pcm))]); ok {
			keys = append(keys, k)
		}
	}
	return string(keys)
}

// press describes how keys are pressed.
type press struct {
	rate         int
	level, twist float64 // dBFS of the high group; low group over it
	off          float64 // deviation of the frequencies
	on, pause    float64 // ms
	noise        float64 // dBFS
}

// dial plays keys, each beginning at a time of its own within a block.
func dial(keys string, p press) []int16 {
	r := rand.New(rand.NewPCG(3, 4))
	ms := func(v float64) int { return int(v * float64(p.rate) / 1000) }
	out := make([]int16, ms(100))
	for _, k := range []byte(keys) {
		i := strings.IndexByte(keyLayout, k)
		low, high := keyRows[i/4]*(1+p.off), keyColumns[i%4]*(1-p.off)
		n := ms(p.on)
		for j := range n {
			at := 2 * math.Pi * float64(j) / float64(p.rate)
			v := Amplitude(p.level+p.twist)*math.Sin(low*at) + Amplitude(p.level)*math.Sin(high*at+1)
			out = append(out, Clamp(int32(32768*math.Sqrt2*v)))
		}
		out = append(out, make([]int16, ms(p.pause)+r.IntN(p.rate/50))...)
	}
	out = append(out, make([]int16, ms(100))...)
	for i := range out {
		out[i] = Clamp(int32(out[i]) + int32(math.Round(r.NormFloat64()*32768*Amplitude(p.noise))))
	}
	return out
}

func TestKeysAreDetected(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers and no goroutines: nothing for the race detector")
	}
	all := strings.Repeat("1234567890*#ABCD55", 3)
	usual := press{rate: 8000, level: -12, on: 80, pause: 80, noise: -70}
	for _, c := range []struct {
		name   string
		change func(*press)
	}{
		{"usual", func(*press) {}},
		{"16 kHz", func(p *press) { p.rate = 16000 }},
		{"48 kHz", func(p *press) { p.rate = 48000 }},
		{"40 ms", func(p *press) { p.on, p.pause = 40, 40 }},
		{"loud", func(p *press) { p.level = -7 }},
		{"quiet", func(p *press) { p.level = -36 }},
		{"quiet, 40 ms", func(p *press) { p.level, p.on, p.pause = -36, 40, 40 }},
		{"high group 4 dB up", func(p *press) { p.twist = -4 }},
		{"low group 8 dB up", func(p *press) { p.level, p.twist = -20, 8 }},
		{"low group 8 dB up, 40 ms", func(p *press) { p.level, p.twist, p.on, p.pause = -20, 8, 40, 40 }},
		{"1.5 % off", func(p *press) { p.off = 0.015 }},
		{"-1.5 % off", func(p *press) { p.off = -0.015 }},
		{"noise 15 dB below", func(p *press) { p.level, p.noise = -15, -27 }},
		{"a second each", func(p *press) { p.on = 1000 }},
	} {
		p := usual
		c.change(&p)
		if got := keyed(p.rate, dial(all, p)); got != all {
			t.Errorf("%s: %d of %d keys: %s", c.name, len(got), len(all), got)
		}
	}
}

func TestKeysAreNot(t *testing.T) {
	p := press{rate: 8000, level: -12, on: 80, pause: 80, noise: -70}
	for _, c := range []struct {
		name   string
		change func(*press)
	}{
		{"20 ms", func(p *press) { p.on = 20 }},
		{"too quiet", func(p *press) { p.level = -52 }},
		{"4 % off", func(p *press) { p.off = 0.04 }},
		{"-4 % off", func(p *press) { p.off = -0.04 }},
		{"low group alone", func(p *press) { p.level, p.twist = -60, 45 }},
		{"twist of 14 dB", func(p *press) { p.level, p.twist = -26, 14 }},
	} {
		q := p
		c.change(&q)
		if got := keyed(8000, dial("1234567890*#ABCD", q)); got != "" {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// An interruption of 10 ms is no second press.
func TestKeyInterrupted(t *testing.T) {
	pcm := dial("5", press{rate: 8000, level: -12, on: 300, pause: 50, noise: -90})
	for at := range 80 {
		cut := append([]int16(nil), pcm...)
		clear(cut[1600+at : 1680+at])
		if got := keyed(8000, cut); got != "5" {
			t.Errorf("interrupted at %d: %q", at, got)
		}
	}
}

func TestDTMFIsDetected(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		var pcm []int16
		block := make([]int16, rate/50)
		for i := range len(keyLayout) {
			for n := range 4 {
				DTMF(block, rate, keyLayout[i], n*len(block))
				pcm = append(pcm, block...)
			}
			clear(block)
			pcm = append(pcm, block...)
			pcm = append(pcm, block...)
			pcm = append(pcm, block...)
		}
		if got := keyed(rate, pcm); got != keyLayout {
			t.Errorf("%d Hz: %s", rate, got)
		}
	}
	if DTMF(make([]int16, 160), 8000, 'x', 0) {
		t.Error("there is no key x")
	}
}

func TestSpeechHasNoKeys(t *testing.T) {
	for _, level := range []float64{-12, -20, -30} {
		if got := keyed(8000, speechAt(t, 8000, level)); got != "" {
			t.Errorf("at %v dBFS: %s", level, got)
		}
	}
}

const talk = `Good morning, everybody. Before we look at the numbers, who is missing? I heard
nine beeps, eleven at most. Please mute when you don't speak: we hear the wind, a dog and the dishwasher.
Oh, yes, I see. Eeh, well, no. Whoa! Zero, one, two, three, four, five, six, seven, eight, nine, ten.
Alpha, Bravo, Charlie, Delta, Echo, Foxtrot, Golf, Hotel, India, Juliett, Kilo, Lima, Mike, November,
Oscar, Papa, Quebec, Romeo, Sierra, Tango, Uniform, Victor, Whiskey, X-ray, Yankee, Zulu.
La la la, the moon is blue. Sure, we choose shoes. How now brown cow? Mmmm, I am humming a song. `

// Ten minutes of many voices have no key in them.
func TestTalkOff(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	seconds := 0
	for i, voice := range []string{
		"en-us", "en-us+f2", "en-gb+m3", "en-gb+f4", "de", "de+f1", "fr", "fr+f5",
		"es", "it+f3", "en-us+croak", "en-us+whisper", "en-us+klatt2", "nl+m7", "pt+f2", "en-us+m5",
	} {
		pcm := synthesise(t, voice, 130+10*(i%5), talk)
		seconds += len(pcm) / 8000
		level := -16 - 5*float64(i%3)
		if got := keyed(8000, scaled(pcm, 8000, level)); got != "" {
			t.Errorf("%s at %v dBFS: %s", voice, level, got)
		}
	}
	t.Log(fmt.Sprint(seconds, " s of speech"))
	if seconds < 600 {
		t.Errorf("only %d s of speech", seconds)
	}
}
