//go:build peers && soak

package peers

import (
	"bufio"
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

// TestSoakChurn lets 50 calls a second come, join a room and go. Descriptors and
// memory at the end are what they were after the first fifth.
func TestSoakChurn(t *testing.T) {
	// sipp announces one address for all its calls, so that each needs a port.
	g := start(t, "sip: {listen: [\"udp://127.0.0.1:0\", \"tcp://127.0.0.1:0\"], rtp_bind: 127.0.0.1, rtp_ports: 25000-29999}\n"+
		"limits: {calls_per_source: 0, invites_per_second_per_source: 0, calls: 0}\n")
	g.room("112752642", "48219", "--max-participants", "0")
	total := soakTime(t)
	ctx, cancel := context.WithTimeout(context.Background(), total+2*time.Minute)
	defer cancel()
	scenario, err := filepath.Abs(filepath.Join("testdata", "several-media.xml"))
	if err != nil {
		t.Fatal(err)
	}
	calls := int(total.Seconds()) * 50
	sipp := exec.CommandContext(ctx, "sipp", g.sip, "-sf", scenario, "-i", "127.0.0.1", "-mp", "23000", "-nostdin",
		"-r", "50", "-m", fmt.Sprint(calls), "-l", "500", "-recv_timeout", "30000")
	sipp.Dir = t.TempDir()
	ended := make(chan error, 1)
	go func() {
		out, err := sipp.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, tail(string(out), 1500))
		}
		ended <- err
	}()
	<-time.After(total / 5)
	early := g.usage()
	if err := <-ended; err != nil {
		t.Errorf("sipp: %v", err)
	}
	g.await("all gone", 30*time.Second, func(c []call) bool { return len(c) == 0 })
	<-time.After(35 * time.Second) // transactions and ports are kept this long
	late := g.usage()
	t.Logf("%d calls; after a fifth: %+v; at the end, idle: %+v", calls, early, late)
	if late.descriptors > early.descriptors {
		t.Errorf("descriptors grew from %d to %d", early.descriptors, late.descriptors)
	}
	if late.residentKB > early.residentKB*11/10 {
		t.Errorf("memory grew from %d to %d kB", early.residentKB, late.residentKB)
	}
}

// usage is what the gateway's process holds.
type usage struct{ descriptors, threads, residentKB int }

func (g *gateway) usage() usage {
	g.Helper()
	proc := fmt.Sprintf("/proc/%d/", g.cmd.Process.Pid)
	fds, err := os.ReadDir(proc + "fd")
	if err != nil {
		g.Fatal(err)
	}
	f, err := os.Open(proc + "status")
	if err != nil {
		g.Fatal(err)
	}
	defer f.Close()
	u := usage{descriptors: len(fds)}
	for s := bufio.NewScanner(f); s.Scan(); {
		name, value, _ := strings.Cut(s.Text(), ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "Threads":
			u.threads = n
		case "VmRSS":
			u.residentKB = n
		}
	}
	return u
}
