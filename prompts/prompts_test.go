package prompts

import (
	"bytes"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/thesyncim/gopus/container/ogg"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media/pcm"
)

var languages = []string{"de", "en", "es", "fr", "it"}

// Every language says everything, and says what the list says now.
func TestEveryLanguageHasEveryPrompt(t *testing.T) {
	s, err := Script()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Languages(), languages) {
		t.Errorf("languages %v", s.Languages())
	}
	w, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{"music.opus": true}
	for i, key := range s.Keys() {
		for lang := range s.Texts[key] {
			if !slices.Contains(languages, lang) {
				t.Errorf("%s has a text in %q, which has no voice", key, lang)
			}
		}
		for _, lang := range languages {
			text := s.Texts[key][lang]
			if strings.TrimSpace(text) == "" || strings.ContainsAny(text, "{}") {
				t.Errorf("%s/%s: the text is %q", lang, key, text)
			}
			wanted[lang+"/"+key+".opus"] = true
			checkRecording(t, lang+"/"+key, text)
			if i%8 == 0 { // decoding all takes seconds
				checkLevel(t, w, lang+"/"+key)
			}
		}
	}
	for name := range w.files {
		if !wanted[name+".opus"] {
			t.Errorf("%s: there is no text for it", name)
		}
	}
}

// checkRecording looks at a recording without decoding it: what it says, how long
// it is, and by its bitrate that it isn't silent.
func checkRecording(t *testing.T, name, text string) {
	t.Helper()
	data, err := fs.ReadFile(recordings, name+".opus")
	if err != nil {
		t.Error(err)
		return
	}
	r, err := ogg.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if said := r.Tags.Comments["TEXT"]; said != text {
		t.Errorf("%s says %q, its text is %q: go generate ./prompts", name, said, text)
	}
	size := 0
	for {
		packet, _, err := r.ReadPacket()
		if err != nil {
			break
		}
		size += len(packet)
	}
	length := time.Duration(r.GranulePos()-uint64(r.PreSkip())) * time.Second / 48000
	if length < 200*time.Millisecond || length > 12*time.Second {
		t.Errorf("%s is %v long", name, length)
	}
	if rate := float64(size*8) / length.Seconds(); rate < 8000 {
		t.Errorf("%s has %.0f bit/s: that is silence", name, rate)
	}
	// The end for all leaves 1.8 s for its prompt.
	if strings.HasSuffix(name, "/meeting-ended") && length > 1800*time.Millisecond {
		t.Errorf("%s is %v long: the calls end before it does", name, length)
	}
}

func checkLevel(t *testing.T, w *Words, name string) {
	t.Helper()
	if level := rms(w.pcm(name)); level < -26 || level > -16 {
		t.Errorf("%s has %.1f dBFS", name, level)
	}
}

func rms(pcm []int16) float64 {
	var sum float64
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return 10 * math.Log10(sum/float64(len(pcm))/(32768*32768))
}

func TestMusic(t *testing.T) {
	w, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	loop := w.pcm("music")
	if d := time.Duration(len(loop)) * time.Second / bridge.SourceRate; d < 20*time.Second || d > 30*time.Second {
		t.Errorf("the music is %v long", d)
	}
	if level := rms(loop); level < -34 || level > -24 {
		t.Errorf("the music has %.1f dBFS", level)
	}
	music, frame := w.Music(), make([]int16, 320)
	for range 4000 { // 80 s: it goes round
		if !music.Next(frame) {
			t.Fatal("the music has ended")
		}
	}
}

func TestSay(t *testing.T) {
	w, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(w.Say("de", "welcome", "star-6")); n != 2 {
		t.Errorf("%d sources for two prompts", n)
	}
	if n := len(w.Say("de", "no-such-prompt")); n != 0 {
		t.Errorf("%d sources for a prompt that does not exist", n)
	}
	english := play(w.Say("en", "welcome")...)
	if !slices.Equal(play(w.Say("nl", "welcome")...), english) || !slices.Equal(play(w.Say("", "welcome")...), english) {
		t.Error("an unknown language does not fall back to English")
	}
	if !slices.Equal(play(w.Say("de-CH", "welcome")...), play(w.Say("de", "welcome")...)) {
		t.Error("de-CH is not German")
	}
	if slices.Equal(play(w.Say("de", "welcome")...), english) {
		t.Error("German is English")
	}
	if !slices.Equal(w.Languages(), languages) {
		t.Errorf("languages %v", w.Languages())
	}
}

func play(sources ...bridge.Source) (all []int16) {
	frame := make([]int16, 320)
	for _, s := range sources {
		for s.Next(frame) {
			all = append(all, frame...)
		}
	}
	return all
}

func TestOwnRecordings(t *testing.T) {
	dir := t.TempDir()
	tone := make([]int16, 44100/2)
	for i := range tone {
		tone[i] = int16(8000 * math.Sin(2*math.Pi*440*float64(i)/44100))
	}
	write(t, dir, "de/welcome.wav", wav(t, tone, 44100))
	ours, err := recordings.ReadFile("en/goodbye.opus")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "nl/welcome.opus", ours)
	write(t, dir, "music.wav", wav(t, tone[:8000], 8000))
	write(t, dir, "de/README.txt", []byte("not a recording"))
	w, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	welcome := w.pcm("de/welcome")
	if len(welcome) != bridge.SourceRate/2 {
		t.Fatalf("half a second became %d samples", len(welcome))
	}
	if own, other := pcm.Goertzel(welcome, 16000, 440), pcm.Goertzel(welcome, 16000, 480); own < 100*other {
		t.Errorf("440 Hz have the power %g, 480 Hz %g", own, other)
	}
	if level := rms(welcome); math.Abs(level-rms(tone)) > 0.3 {
		t.Errorf("the level changed from %.1f to %.1f dB", rms(tone), level)
	}
	if len(w.Say("nl", "welcome", "goodbye")) != 2 || !slices.Contains(w.Languages(), "nl") {
		t.Error("a language of the admin's own is not spoken")
	}
	if len(w.pcm("music")) != 16000 {
		t.Errorf("a second of music has %d samples", len(w.pcm("music")))
	}
	if len(w.pcm("en/welcome")) == 0 {
		t.Error("what is not replaced is ours")
	}
}

func TestWrongRecordings(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "de/welcom.wav", wav(t, make([]int16, 1600), 16000))
	write(t, dir, "de/goodbye.opus", []byte("OggS, or not"))
	write(t, dir, "de/wrong.wav", wav(t, nil, 16000))
	write(t, dir, "welcome.wav", wav(t, make([]int16, 1600), 16000))
	_, err := Load(dir)
	if err == nil {
		t.Fatal("taken")
	}
	for _, name := range []string{"de/welcom.wav", "de/goodbye.opus", "de/wrong.wav", dir + "/welcome.wav"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	if _, err := Load(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that does not exist was taken")
	}
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func wav(t *testing.T, samples []int16, rate int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pcm.WriteWAV(&b, samples, rate); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Recordings are an admin's, but a broken file must be an error, not a crash.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"en/n-1.opus", "de/star.opus"} {
		data, err := recordings.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"a.opus", "a.wav"} {
			pcm, err := source{fstest.MapFS{name: {Data: data}}, name}.decode()
			if len(pcm) > longest || err == nil && len(pcm) == 0 {
				t.Errorf("%d samples, %v", len(pcm), err)
			}
		}
	})
}
