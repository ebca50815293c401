//go:build peers

package peers

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media/pcm"
	"github.com/partyline/partyline/prompts"
)

// saying is the sound of a prompt, 8 kHz.
func saying(t *testing.T, key string) (sound []int16) {
	t.Helper()
	words, err := prompts.Load("")
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]int16, bridge.SourceRate/50)
	for _, s := range words.Say("en", key) {
		for s.Next(frame) {
			sound = append(sound, frame...)
		}
	}
	if len(sound) == 0 {
		t.Fatalf("no prompt %q", key)
	}
	return pcm.Convert(sound, bridge.SourceRate, 8000)
}

// silence is a file in which nothing is said, as baresip wants it.
func silence(t *testing.T, rate int) string {
	t.Helper()
	channels := 1
	if rate == 48000 {
		channels = 2
	}
	out := filepath.Join(t.TempDir(), "silence.wav")
	if b, err := exec.Command("sox", "-n", "-r", fmt.Sprint(rate), "-c", fmt.Sprint(channels), "-b", "16", out, "trim", "0", "30").CombinedOutput(); err != nil {
		t.Fatalf("sox: %v %s", err, b)
	}
	return out
}

// TestAllAreTold: when everybody is muted and unmuted by command, phones of every codec
// hear both prompts, in words, though those of one codec share what it takes to code
// them; whoever talks is heard before, not between, and again afterwards.
func TestAllAreTold(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	const ext = "112752642"
	g.room(ext, "48219", "--tones", "off")
	uri := fmt.Sprintf("sip:%s.48219@%s", ext, g.sip)
	kinds := []struct {
		codec, module string
		rate          int
	}{
		{"PCMA/8000/1", "g711.so", 8000},
		{"PCMA/8000/1", "g711.so", 8000},
		{"G722/16000/1", "g722.so", 16000},
		{"G722/16000/1", "g722.so", 16000},
		{"opus/48000/2", "opus.so", 48000},
		{"opus/48000/2", "opus.so", 48000},
	}
	var phones []*baresip
	for _, k := range kinds {
		phones = append(phones, dial(t, phone{uri: uri, codec: k.codec, module: k.module, rate: k.rate, wav: silence(t, k.rate), seconds: 32}))
	}
	talker, listener := g.dial(t, uri), g.dial(t, uri)
	g.await("all are in", 10*time.Second, inRoom(len(kinds)+2))
	<-time.After(5 * time.Second) // the welcome
	_, words := speech(t, 0, 8000)
	for range 3 {
		talker.talk(words)
	}
	hears := func(when string, want bool) {
		t.Helper()
		<-time.After(time.Second)
		listener.take()
		<-time.After(3 * time.Second)
		if v := find(words, listener.take()); (v > 0.5) != want {
			t.Errorf("%s the talker is heard with a likeness of %.2f", when, v)
		}
	}
	hears("at first", true)
	g.cli("room", "mute", ext)
	<-time.After(3 * time.Second)
	told := listener.take()
	hears("muted", false)
	listener.take()
	g.cli("room", "mute", ext, "--off")
	<-time.After(3 * time.Second)
	untold := listener.take()
	hears("unmuted", true)

	const muted, unmuted, enough = "muted-by-host", "unmuted-by-host", 0.7
	for what, heard := range map[string][]int16{muted: told, unmuted: untold} {
		if v := find(saying(t, what), heard); v < enough {
			t.Errorf("a scripted phone: %s is heard with a likeness of %.2f", what, v)
		}
	}
	// Of two of one codec, which get the same, the better counts: beside other tests a
	// phone garbles now and then what it hears.
	for i := 0; i < len(kinds); i += 2 {
		k := kinds[i]
		first := pcm.Convert(phones[i].heard(t), k.rate, 8000)
		for _, what := range []string{muted, unmuted} {
			v := find(saying(t, what), first)
			if v < enough {
				v = max(v, find(saying(t, what), pcm.Convert(phones[i+1].heard(t), k.rate, 8000)))
			}
			if v < enough {
				t.Errorf("%s: %s is heard with a likeness of %.2f", k.codec, what, v)
			} else {
				t.Logf("%s: %s %.2f", k.codec, what, v)
			}
		}
		if v := find(saying(t, "help-mute"), first); v > 0.6 {
			t.Errorf("%s: hears what is not said: %.2f", k.codec, v)
		}
	}
}
