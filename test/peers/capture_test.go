//go:build peers

package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// capture records what crosses the loopback interface on the gateway's ports.
type capture struct {
	file string
	cmd  *exec.Cmd
}

// record starts a capture, of more TCP ports if some are given; it needs the right
// to.
func (g *gateway) record(t *testing.T, more ...uint16) *capture {
	t.Helper()
	_, port, _ := strings.Cut(g.sip, ":")
	_, tcp, _ := strings.Cut(g.tcp, ":")
	filter := fmt.Sprintf("udp port %s or tcp port %s or portrange %d-%d", port, tcp, g.rtpMin, g.rtpMax)
	if g.h323.IsValid() {
		more = append(more, g.h323.Port())
	}
	for _, p := range more {
		filter += fmt.Sprintf(" or tcp port %d", p)
	}
	return recording(t, filter)
}

// recording captures what a filter picks.
func recording(t *testing.T, filter string) *capture {
	t.Helper()
	c := &capture{file: filepath.Join(t.TempDir(), "wire.pcapng")}
	c.cmd = exec.Command("dumpcap", "-q", "-i", "lo", "-f", filter, "-w", c.file)
	errs, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatalf("dumpcap: %v", err)
	}
	buf := make([]byte, 4096)
	for said := ""; !strings.Contains(said, "File:"); { // it captures from here on
		n, err := errs.Read(buf)
		if err != nil {
			t.Fatalf("dumpcap ended: %s", said)
		}
		said += string(buf[:n])
	}
	go func() {
		for {
			if _, err := errs.Read(buf); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { c.cmd.Process.Kill() })
	return c
}

// end stops the capture and asks tshark for its opinion.
func (c *capture) end(t *testing.T) {
	t.Helper()
	<-time.After(500 * time.Millisecond) // dumpcap writes in bursts
	c.cmd.Process.Signal(os.Interrupt)
	c.cmd.Wait()
}

// tshark prints the fields of the packets that a display filter picks.
func (c *capture) tshark(t *testing.T, g *gateway, filter string, fields ...string) []string {
	t.Helper()
	_, port, _ := strings.Cut(g.sip, ":")
	_, tcp, _ := strings.Cut(g.tcp, ":")
	args := []string{"-r", c.file, "-n", "-Y", filter, "-d", "udp.port==" + port + ",sip", "-d", "tcp.port==" + tcp + ",sip", "-o", "rtp.heuristic_rtp:TRUE", "-T", "fields"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	out, err := exec.Command("tshark", args...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// TestWireIsWellFormed lets tshark judge every byte of calls with each codec:
// nothing malformed, no expert error in what the gateway sent.
func TestWireIsWellFormed(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	c := g.record(t)
	wav, _ := speech(t, 0, 8000)
	wide, _ := speech(t, 0, 48000)
	uri := "sip:112752642.48219@" + g.sip
	phones := []*baresip{
		dial(t, phone{uri: uri, codec: "PCMU/8000/1", module: "g711.so", rate: 8000, wav: wav, seconds: 8}),
		dial(t, phone{uri: uri, codec: "opus/48000/2", module: "opus.so", rate: 48000, wav: wide, seconds: 8}),
	}
	g.sipp(t, "hold", "u1")
	g.sipp(t, "several-media", "u1")
	g.sipp(t, "late-offer", "t1")
	for _, p := range phones {
		p.heard(t)
	}
	c.end(t)
	for _, kind := range []string{"sip", "sdp", "rtp", "rtcp"} {
		if n := len(c.tshark(t, g, kind, "frame.number")); n < 4 {
			t.Errorf("only %d packets of %s were captured", n, kind)
		}
	}
	_, port, _ := strings.Cut(g.sip, ":")
	ours := fmt.Sprintf("(udp.srcport==%s or (udp.srcport>=%d and udp.srcport<=%d))", port, g.rtpMin, g.rtpMax)
	bad := c.tshark(t, g, "_ws.malformed or ("+ours+" and _ws.expert.severity>=0x00600000)", "frame.number", "_ws.col.Protocol", "_ws.col.Info", "_ws.expert.message")
	if len(bad) > 1 || bad[0] != "" {
		t.Errorf("tshark objects to %d packets:\n%s", len(bad), strings.Join(bad[:min(10, len(bad))], "\n"))
	}
	if strings.Contains(g.log.text(), "48219") {
		t.Error("a PIN stands in the log")
	}
}
