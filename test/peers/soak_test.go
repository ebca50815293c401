//go:build peers && soak

package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// soakTime is how long the soak lasts: an hour, or what PARTYLINE_SOAK says.
func soakTime(t *testing.T) time.Duration {
	d, err := time.ParseDuration(os.Getenv("PARTYLINE_SOAK"))
	if err != nil {
		return time.Hour
	}
	t.Logf("for %v only", d)
	return d
}

// soakRate is how many calls come in a second: 50, or what PARTYLINE_SOAK_RATE says,
// for a machine that has other things to do.
func soakRate() int {
	if n, err := strconv.Atoi(os.Getenv("PARTYLINE_SOAK_RATE")); err == nil && n > 0 {
		return n
	}
	return 50
}

// TestSoakChurn lets 50 calls a second come, join a room and go. Once all is
// collected, descriptors and memory are what they were after a warm-up.
func TestSoakChurn(t *testing.T) {
	// sipp announces one address for all its calls, so that each needs a port.
	g := start(t, "sip: {listen: [\"udp://127.0.0.1:0\", \"tcp://127.0.0.1:0\"], rtp_bind: 127.0.0.1, rtp_ports: 25000-29999}\n"+
		"limits: {calls_per_source: 0, invites_per_second_per_source: 0, calls: 0}\n")
	g.room("112752642", "48219", "--max-participants", "0")
	g.churn(t, 20*time.Second)
	before := g.usage()
	g.churn(t, soakTime(t))
	after := g.usage()
	t.Logf("after the warm-up: %+v; at the end: %+v", before, after)
	if after.descriptors > before.descriptors {
		t.Errorf("descriptors grew from %d to %d", before.descriptors, after.descriptors)
	}
	if after.heapKB > before.heapKB*11/10+512 {
		t.Errorf("the heap grew from %d to %d kB", before.heapKB, after.heapKB)
	}
}

// churn calls for so long, and waits until the garbage is collected: the runtime
// does so by itself after two idle minutes.
func (g *gateway) churn(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d+2*time.Minute)
	defer cancel()
	scenario, err := filepath.Abs(filepath.Join("testdata", "several-media.xml"))
	if err != nil {
		t.Fatal(err)
	}
	sipp := exec.CommandContext(ctx, "sipp", g.sip, "-sf", scenario, "-i", "127.0.0.1", "-mp", "23000", "-nostdin",
		"-r", fmt.Sprint(soakRate()), "-m", fmt.Sprint(int(d.Seconds())*soakRate()), "-l", "500", "-recv_timeout", "30000")
	sipp.Dir = t.TempDir()
	if out, err := sipp.CombinedOutput(); err != nil {
		t.Errorf("sipp: %v\n%s", err, tail(string(out), 1500))
	}
	g.await("all gone", 30*time.Second, func(c []call) bool { return len(c) == 0 })
	<-time.After(150 * time.Second)
}

// usage is what the gateway's process holds.
type usage struct{ descriptors, heapKB int }

func (g *gateway) usage() usage {
	g.Helper()
	proc := fmt.Sprintf("/proc/%d/", g.cmd.Process.Pid)
	fds, err := os.ReadDir(proc + "fd")
	if err != nil {
		g.Fatal(err)
	}
	_, metrics := web(g.T, "http://"+g.metrics+"/metrics")
	for line := range strings.Lines(metrics) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil && name == "go_memstats_heap_alloc_bytes" {
			return usage{len(fds), int(n / 1024)}
		}
	}
	g.Fatal("no metric of the heap")
	return usage{}
}
