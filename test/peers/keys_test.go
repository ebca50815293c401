//go:build peers

package peers

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/internal/shim"
	"github.com/partyline/partyline/media/pcm"
)

// TestKeysByInfo keys extension and PIN by SIP INFO in both forms.
func TestKeysByInfo(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.debug()
	g.room("112752642", "48219")
	forms := map[string]func(k rune) (kind, body string){
		"relay": func(k rune) (string, string) {
			return "application/dtmf-relay", fmt.Sprintf("Signal=%c\r\nDuration=160\r\n", k)
		},
		"relay spaced": func(k rune) (string, string) {
			return "application/dtmf-relay", fmt.Sprintf("Signal= %c\nDuration= 100\n", k)
		},
		"relay numbers": func(k rune) (string, string) {
			n := map[rune]string{'*': "10", '#': "11"}[k]
			if n == "" {
				n = string(k)
			}
			return "application/dtmf-relay", "Signal=" + n + "\r\nDuration=250\r\n"
		},
		"plain": func(k rune) (string, string) { return "application/dtmf", string(k) },
	}
	var phones []*raw
	for name, form := range forms {
		p := g.raw(t, "", rawWays{noEvents: true})
		phones = append(phones, p)
		for _, k := range "112752642#48219#" {
			kind, body := form(k)
			if res := p.ask("INFO", []string{"Content-Type: " + kind}, body); res.status != 200 {
				t.Fatalf("%s: key %c is answered with %d", name, k, res.status)
			}
		}
	}
	g.await("all in the room", 20*time.Second, inRoom(len(forms)))
	// What is no key is refused, and the call goes on.
	for kind, body := range map[string]string{
		"application/dtmf-relay": "Signal=flash-mob\r\n", "application/x-nonsense": "1", "application/dtmf": strings.Repeat("9", 5000),
	} {
		if res := phones[0].ask("INFO", []string{"Content-Type: " + kind}, body); res.status/100 != 4 {
			t.Errorf("INFO with %s %.20q is answered with %d", kind, body, res.status)
		}
	}
	if n := len(g.calls()); n != len(forms) {
		t.Errorf("%d of %d calls are left", n, len(forms))
	}
	if strings.Contains(g.log.text(), "48219") {
		t.Error("a PIN stands in the log")
	}
}

// tones are keys as their sound, 80 ms on and 80 ms off.
func tones(keys string) []int16 {
	var out []int16
	for _, k := range keys {
		tone := make([]int16, 640)
		pcm.DTMF(tone, 8000, byte(k), 0)
		out = append(append(out, tone...), make([]int16, 640)...)
	}
	return out
}

// TestKeysInBand keys with sounds, as a phone that has no other way.
func TestKeysInBand(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	p := g.raw(t, "", rawWays{noEvents: true})
	p.talk(make([]int16, 8000))
	p.talk(tones("112752642#48219#"))
	g.await("in the room by sound", 20*time.Second, inRoom(1))
	// With telephone-events agreed, sounds are no keys.
	q := g.raw(t, "112752642.48219", rawWays{})
	g.await("two in the room", 10*time.Second, inRoom(2))
	q.talk(tones("*6"))
	p.talk(tones("*6"))
	list := g.await("one muted", 8*time.Second, func(list []call) bool {
		n := 0
		for _, c := range list {
			if c.Muted {
				n++
			}
		}
		return n == 1
	})
	for _, c := range list {
		if c.Muted && c.Remote != addrOf(p.sig).String() {
			t.Errorf("%s is muted: it agreed on telephone-events", c.Remote)
		}
	}
}

// TestKeysByConfload lets the load generator key by INFO and by sound: all its callers
// come into the room. How it sounds there is TestConfload's to say.
func TestKeysByConfload(t *testing.T) {
	t.Parallel()
	bin := confload(t)
	g := start(t, "limits: {calls_per_source: 0, invites_per_second_per_source: 0}\n")
	g.room("112752700", "48219")
	dir := t.TempDir()
	list := filepath.Join(dir, "rooms.txt")
	if err := os.WriteFile(list, []byte("112752700 48219\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"info", "inband"} {
		t.Run(mode, func(t *testing.T) {
			phones := exec.Command(bin, "-target", "sip:"+g.sip, "-rooms-file", list, "-rooms", "1", "-n", "10", "-dtmf", "{room}#,{pin}#", "-dtmf-mode", mode,
				"-rate", "20", "-settle", "30s", "-duration", "1s", "-rtp-base", "23000", "-quiet")
			if err := phones.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = phones.Process.Kill()
				_ = phones.Wait()
			}()
			end := []string{"calls", "kick"}
			for _, c := range g.await("all in the room", 30*time.Second, inRoom(10)) {
				end = append(end, c.ID)
			}
			g.cli(end...)
			g.await("none", 10*time.Second, func(list []call) bool { return len(list) == 0 })
		})
	}
}

// TestKeysUnderLoss: with 30 % of the packets lost every press counts, and each
// once: one key too many or too few and the PIN is wrong.
func TestKeysUnderLoss(t *testing.T) {
	t.Parallel()
	g := start(t, "reception: {attempts: 1}\n")
	g.room("112752642", "48219")
	const phones = 10
	var relays []*shim.Relay
	for i := range phones {
		relay, err := shim.Open(netip.MustParseAddr("127.0.0.1"), uint64(100+i))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { relay.Close() })
		relay.Up(shim.Conditions{Loss: 0.3})
		relays = append(relays, relay)
		p := g.raw(t, "", rawWays{relay: relay})
		p.press("112752642#48219#")
	}
	g.await("all in the room", 30*time.Second, inRoom(phones))
	for _, r := range relays {
		up, _ := r.Counts()
		if share := float64(up.Lost) / float64(up.Lost+up.Passed); share < 0.2 {
			t.Errorf("only %.0f %% were lost", 100*share)
		}
	}
}
