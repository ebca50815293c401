package sip

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// torture finds the RFC 4475 messages that come with sipgo.
func torture(t *testing.T) map[string][]byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/emiago/sipgo").Output()
	if err != nil {
		t.Skip("no module sources")
	}
	files, _ := filepath.Glob(strings.TrimSpace(string(dir)) + "/sip/testdata/torture/*/*.dat")
	if len(files) == 0 {
		t.Skip("no torture messages")
	}
	all := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(filepath.Dir(filepath.Dir(f)), f)
		all[strings.TrimSuffix(name, ".dat")] = b
	}
	return all
}

// TestTorture sends each RFC 4475 message and sees that the server still answers
// others, and with what it answered.
func TestTorture(t *testing.T) {
	messages := torture(t)
	// What must not be taken for good (RFC 4475 §3.1.2, §3.3), where the reply is
	// defined. The rest must only be survived.
	want := map[string]string{
		"invalid/badinv01": "400", "invalid/clerr": "400", "invalid/ncl": "400", "invalid/scalar02": "400",
		"invalid/quotbal": "400", "invalid/ltgtruri": "400", "invalid/lwsruri": "400", "invalid/lwsstart": "400",
		"invalid/trws": "400", "invalid/mcl01": "400", "invalid/multi01": "400", "invalid/mismatch01": "400",
		"invalid/mismatch02": "400", "invalid/badvers": "505", "invalid/bext01": "420", "invalid/unkscm": "416",
		"invalid/novelsc": "400", "invalid/sdp01": "406", "invalid/insuf": "400",
		"invalid/regbadct": "405", "valid/esc02": "405", "valid/semiuri": "200", "valid/wsinv": "481", "invalid/inv2543": "200",
		"valid/intmeth": "405", "valid/unreason": "", "valid/noreason": "", "valid/transports": "200",
		"valid/lwsdisp": "200", "valid/escnull": "405", "invalid/bigcode": "", "invalid/bcast": "",
	}
	for name, data := range messages {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, nil, func(t *testing.T, h *house) {
				p := h.phone("192.0.2.33:5060")
				p.raw(string(data))
				synctest.Wait()
				reply, _ := p.readRaw(time.Second)
				line, _, _ := strings.Cut(reply, "\r\n")
				t.Logf("%-22s %s", name, line)
				if code, ok := want[name]; ok {
					got := ""
					if f := strings.Fields(reply); len(f) > 1 {
						got = f[1]
					}
					if got != code {
						t.Errorf("answered %q, want %q", line, code)
					}
				}
				q := h.phone("198.51.100.7:5062")
				q.request("OPTIONS", "", "", "")
				q.expect(200)
			})
		})
	}
}
