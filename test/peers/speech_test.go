//go:build peers

package peers

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/partyline/partyline/media/pcm"
)

// Three texts, so that who is heard can be told apart.
var texts = []string{
	"The quick brown fox jumps over the lazy dog. Please call Stella and ask her to bring these things with her from the store. Six spoons of fresh snow peas and five thick slabs of blue cheese.",
	"When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow. The rainbow is a division of white light into many beautiful colours, with its path high above.",
	"Once upon a midnight dreary, while I pondered, weak and weary, over many a quaint and curious volume of forgotten lore, suddenly there came a tapping, as of someone gently rapping.",
}

var voices = []string{"en-gb", "en-us+f3", "en+m7"}

// speech makes real speech of the given rate and returns the file and its PCM. At
// 48 kHz the file has two channels, as baresip's Opus wants.
func speech(t *testing.T, i, rate int) (string, []int16) {
	t.Helper()
	dir, channels := t.TempDir(), "1"
	if rate == 48000 {
		channels = "2"
	}
	raw, out := filepath.Join(dir, "raw.wav"), filepath.Join(dir, fmt.Sprintf("speech-%d-%d.wav", i, rate))
	if b, err := exec.Command("espeak-ng", "-v", voices[i], "-s", "155", "-w", raw, texts[i]).CombinedOutput(); err != nil {
		t.Fatalf("espeak-ng: %v %s", err, b)
	}
	if b, err := exec.Command("sox", raw, "-r", fmt.Sprint(rate), "-c", channels, "-b", "16", out, "norm", "-3").CombinedOutput(); err != nil {
		t.Fatalf("sox: %v %s", err, b)
	}
	return out, readWAV(t, out)
}

func readWAV(t *testing.T, path string) []int16 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sound, _, err := pcm.ReadWAV(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return sound
}

// envelope is the loudness of 10 ms windows, in dB above -60, less its mean: what
// levelling and codecs leave of speech.
func envelope(sound []int16, rate int) []float64 {
	n := rate / 100
	out := make([]float64, len(sound)/n)
	mean := 0.0
	for i := range out {
		sum := 0.0
		for _, v := range sound[i*n : (i+1)*n] {
			sum += float64(v) * float64(v)
		}
		out[i] = max(0, 10*math.Log10(sum/float64(n)/(32768*32768)+1e-9)+60)
		mean += out[i] / float64(len(out))
	}
	for i := range out {
		out[i] -= mean
	}
	return out
}

// likeness finds a stretch of from's speech in heard: the highest correlation of
// the loudness curves over all shifts, 1 for the same words, near 0 for others.
func likeness(from []int16, fromRate int, heard []int16, heardRate int) float64 {
	a, b := envelope(from, fromRate), envelope(heard, heardRate)
	const window = 400 // 4 s
	if len(a) < window || len(b) < window {
		return 0
	}
	piece := b[(len(b)-window)/2:][:window] // after the welcome, before the end
	best := 0.0
	for shift := range len(a) { // the speech repeats: wrap around
		var dot, na, nb float64
		for i, v := range piece {
			w := a[(shift+i)%len(a)]
			dot += w * v
			na += w * w
			nb += v * v
		}
		best = max(best, dot/math.Sqrt(na*nb+1e-9))
	}
	return best
}

// echo is how much of a sound is found in heard, wave by wave, over shifts up to
// half a second: 1 for the sound itself, near 0 when it isn't there.
func echo(own, heard []int16, rate int) float64 {
	window := rate // 1 s
	best := 0.0
	for at := window; at+2*window < len(own) && at+2*window < len(heard); at += window {
		best = max(best, correlation(own[at:at+window], heard[at-window/2:at+2*window]))
	}
	return best
}

// correlation is how well piece is found anywhere in heard, wave by wave.
func correlation(piece, heard []int16) float64 {
	v, _ := pcm.Correlate(piece, heard, len(heard))
	return math.Abs(v)
}

// clearly listens up to so many times until nothing is wrong, and fails with what was
// wrong the last time: a machine that has other things to do garbles sound now and then.
func clearly(t *testing.T, times int, listen func(wrong func(format string, args ...any))) {
	t.Helper()
	for n := 1; ; n++ {
		bad := 0
		listen(func(format string, args ...any) {
			bad++
			if n == times {
				t.Errorf(format, args...)
			} else {
				t.Logf("time %d: "+format, append([]any{n}, args...)...)
			}
		})
		if bad == 0 || n == times {
			return
		}
	}
}
