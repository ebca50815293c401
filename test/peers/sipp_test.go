//go:build peers

package peers

import (
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
)

// sipp runs a scenario of testdata against the gateway, over UDP (u1) or TCP (t1),
// and fails with its log if the call doesn't go as written. files are pairs of a
// word in the scenario and the file it stands for.
func (g *gateway) sipp(t *testing.T, scenario, transport string, files ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, scenario+".xml")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(files...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	rtpPorts.Lock()
	lo := rtpPorts.next
	rtpPorts.next += 20
	rtpPorts.Unlock()
	addr := g.sip
	if transport == "t1" {
		addr = g.tcp
	}
	base := []string{
		addr, "-sf", file, "-t", transport, "-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "90s", "-timeout_error",
		"-recv_timeout", "30000", "-trace_err", "-error_file", filepath.Join(dir, "errors"), "-trace_msg", "-message_file", filepath.Join(dir, "messages"),
		"-mp", itoa(lo),
	}
	cmd := exec.CommandContext(ctx, "sipp", base...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		errs, _ := os.ReadFile(filepath.Join(dir, "errors"))
		msgs, _ := os.ReadFile(filepath.Join(dir, "messages"))
		t.Errorf("sipp %s: %v\n%s\n%s\n%s", scenario, err, lastLines(string(out), 12), errs, tail(string(msgs), 6000))
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

func itoa(n int) string {
	b := []byte{}
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// ulaw writes speech as the raw PCMU that sipp streams.
func ulaw(t *testing.T, dir string) string {
	t.Helper()
	_, sound := speech(t, 0, 8000)
	enc, err := codec.NewEncoder(codec.Standard(codec.PCMU))
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 0, len(sound))
	buf := make([]byte, codec.MaxPayload)
	for len(sound) >= 160 {
		n, _ := enc.Encode(buf, sound[:160])
		raw, sound = append(raw, buf[:n]...), sound[160:]
	}
	path := filepath.Join(dir, "speech.ul")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// dtmfPcap writes the RTP of keys as a capture that sipp plays: RFC 4733, payload
// type 101, 100 ms a key.
func dtmfPcap(t *testing.T, keys string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.pcap")
	le, be := binary.LittleEndian, binary.BigEndian
	out := le.AppendUint32(nil, 0xa1b2c3d4)
	out = append(out, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0)
	seq, ts, at := uint16(1000), uint32(160000), time.Duration(0)
	for _, k := range keys {
		event := byte(strings.IndexRune("0123456789*#", k))
		for n := range 8 {
			end, dur := byte(0), uint16(160*(n+1))
			if n >= 5 {
				end, dur = 0x80, 800
			}
			pt := byte(101)
			if n == 0 {
				pt |= 0x80
			}
			rtp := be.AppendUint16([]byte{0x80, pt}, seq)
			rtp = be.AppendUint32(be.AppendUint32(rtp, ts), 0x12345678)
			rtp = be.AppendUint16(append(rtp, event, end|10), dur)
			udp := be.AppendUint16(be.AppendUint16(be.AppendUint16(be.AppendUint16(nil, 6000), 6000), uint16(8+len(rtp))), 0)
			ip := append([]byte{0x45, 0}, be.AppendUint16(nil, uint16(20+len(udp)+len(rtp)))...)
			ip = append(ip, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1)
			frame := append(append(append(append(make([]byte, 12), 8, 0), ip...), udp...), rtp...)
			out = le.AppendUint32(out, uint32(at/time.Second))
			out = le.AppendUint32(out, uint32(at%time.Second/time.Microsecond))
			out = le.AppendUint32(le.AppendUint32(out, uint32(len(frame))), uint32(len(frame)))
			out = append(out, frame...)
			seq++
			if n < 5 {
				at += 20 * time.Millisecond
			}
		}
		ts += 2400
		at += 160 * time.Millisecond
	}
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSippFlows calls with sipp: keys to the reception, early and late offer,
// hold and resume, PRACK and CANCEL, session timers, refusals.
func TestSippFlows(t *testing.T) {
	g := start(t, "")
	g.room("112752642", "48219")
	voice := ulaw(t, t.TempDir())
	flows := map[string][]string{
		"reception":     {"KEYS", dtmfPcap(t, "112752642#48219#"), "VOICE", voice},
		"late-offer":    nil,
		"hold":          nil,
		"prack":         nil,
		"prack-cancel":  nil,
		"session-timer": nil,
		"refusals":      nil,
		"several-media": nil,
	}
	for name, files := range flows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g.sipp(t, name, "u1", files...)
		})
	}
	t.Run("tcp", func(t *testing.T) {
		t.Parallel()
		g.sipp(t, "late-offer", "t1")
	})
}
