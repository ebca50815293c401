//go:build peers

package peers

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// baresip is one instance of that telephone.
type baresip struct {
	dir  string
	cmd  *exec.Cmd
	rate int
}

// phone says how a baresip calls; without uri it waits to be called.
type phone struct {
	uri      string
	codec    string // as in baresip's audio_codecs
	module   string
	rate     int
	wav      string
	mediaenc string
	seconds  int
	account  string // where it is registered, as in baresip's accounts; default: nowhere
}

// dial starts a baresip that calls, speaks a file and writes down what it hears.
func dial(t *testing.T, p phone) *baresip {
	t.Helper()
	b := &baresip{dir: t.TempDir(), rate: p.rate}
	config := fmt.Sprintf(`poll_method epoll
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
audio_player aubridge,nil
audio_source aufile,%s
audio_alert aubridge,alert
audio_buffer 20-160
jitter_buffer_delay 2-5
module_path /usr/lib/baresip/modules
module stdio.so
module %s
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module_tmp account.so
module_app menu.so
snd_path %s
`, p.wav, p.module, b.dir)
	account := cmp.Or(p.account, "<sip:phone@127.0.0.1>;regint=0") + ";audio_codecs=" + p.codec
	if p.mediaenc != "" {
		account += ";mediaenc=" + p.mediaenc
	}
	for name, text := range map[string]string{"config": config, "accounts": account + "\n", "contacts": ""} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-f", b.dir, "-t", fmt.Sprint(p.seconds)}
	if p.uri != "" {
		args = append(args, "-e", "/dial "+p.uri)
	}
	b.cmd = exec.Command("baresip", args...)
	log, err := os.Create(filepath.Join(b.dir, "baresip.log"))
	if err != nil {
		t.Fatal(err)
	}
	b.cmd.Stdout, b.cmd.Stderr = log, log
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.cmd.Process.Kill()
		log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("baresip:\n%s", lastLines(string(text), 25))
		}
	})
	return b
}

// lastLines leaves out baresip's running counter.
func lastLines(s string, n int) string {
	var keep []string
	for _, l := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if !strings.Contains(l, "(bit/s)") {
			keep = append(keep, l)
		}
	}
	return strings.Join(keep[max(0, len(keep)-n):], "\n")
}

// heard waits for the end of the call and returns what was heard.
func (b *baresip) heard(t *testing.T) []int16 {
	t.Helper()
	b.cmd.Wait()
	files, _ := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if len(files) == 0 {
		t.Error("baresip heard nothing at all")
		return nil
	}
	return readWAV(t, files[len(files)-1])
}

// TestBaresipCodecs brings phones of every codec, one of them encrypted, into one
// room: each hears the other's speech and not its own.
func TestBaresipCodecs(t *testing.T) {
	kinds := []struct {
		name, codec, module string
		rate                int
		mediaenc            string
	}{
		{"PCMU", "PCMU/8000/1", "g711.so", 8000, ""},
		{"PCMA", "PCMA/8000/1", "g711.so", 8000, ""},
		{"G722", "G722/16000/1", "g722.so", 16000, ""},
		{"opus", "opus/48000/2", "opus.so", 48000, ""},
		{"PCMU with SRTP", "PCMU/8000/1", "g711.so", 8000, "srtp-mand"},
		{"opus with SRTP", "opus/48000/2", "opus.so", 48000, "srtp-mand"},
	}
	g := start(t, "")
	for i, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			ext := fmt.Sprintf("11275260%d", i)
			g.room(ext, "48219")
			otherWAV, other := speech(t, 1, 8000)
			ownWAV, own := speech(t, 0, k.rate)
			uri := fmt.Sprintf("sip:%s.48219@%s", ext, g.sip)
			a := dial(t, phone{uri: uri, codec: k.codec, module: k.module, rate: k.rate, wav: ownWAV, mediaenc: k.mediaenc, seconds: 12})
			b := dial(t, phone{uri: uri, codec: "PCMU/8000/1", module: "g711.so", rate: 8000, wav: otherWAV, seconds: 12})
			aHeard, bHeard := a.heard(t), b.heard(t)
			if v := likeness(other, 8000, aHeard, k.rate); v < 0.75 {
				t.Errorf("%s does not hear the other phone: %.2f", k.name, v)
			}
			if v := likeness(own, k.rate, bHeard, 8000); v < 0.75 {
				t.Errorf("the other phone does not hear %s: %.2f", k.name, v)
			}
			if v := echo(own, aHeard, k.rate); v > 0.5 {
				t.Errorf("%s hears itself: %.2f", k.name, v)
			}
		})
	}
}
