//go:build peers && soak

package peers

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/test/faults"
	callers "github.com/partyline/partyline/test/load"
)

// unlimited lets one machine be many callers.
const unlimited = "limits: {calls: 0, calls_per_source: 0, invites_per_second_per_source: 0}\n"

// note begins the row of a test, which is written down at its end.
func note(t *testing.T, name string) *faults.Row {
	r := &faults.Row{Name: name, Test: t.Name()}
	began := time.Now()
	t.Cleanup(func() {
		r.Took, r.Failed, r.Skipped = time.Since(began), t.Failed(), t.Skipped()
		if err := faults.Note(filepath.Join("..", "..", "build"), *r); err != nil {
			t.Errorf("the row cannot be noted: %v", err)
		}
	})
	return r
}

// fleet puts n phones into the gateway's rooms, ten in each; the first of each says a
// tone, and the others' sound is watched.
func (g *gateway) fleet(t *testing.T, n int) *callers.Fleet {
	t.Helper()
	runtime.GOMAXPROCS(runtime.NumCPU() + 1) // the pacer holds one
	var rooms []callers.Room
	for i := 0; i < n; i += 10 {
		r := callers.Room{Extension: fmt.Sprint(200000000 + i), PIN: "48219"}
		g.room(r.Extension, r.PIN, "--max-participants", "0", "--tones", "off")
		rooms = append(rooms, r)
	}
	f, err := callers.Open(callers.Config{
		Gateway: netip.MustParseAddrPort(g.sip), PID: g.cmd.Process.Pid, Rooms: rooms, Talkers: 1, Tracks: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	order := make([]int, n)
	for i := range order {
		order[i] = i / 10
	}
	s, err := f.Call(t.Context(), 25, order)
	if err != nil || s.Failed() > 0 {
		t.Fatalf("%v, failures %v", err, s.Failures)
	}
	g.await("all in their rooms", 30*time.Second, inRoom(n))
	<-time.After(5 * time.Second) // what each is told at first
	return f
}

// sounds watches what a fleet hears for a time, and says whether all hear what they
// should; what is measured is added to the row's figures.
func sounds(t *testing.T, f *callers.Fleet, r *faults.Row, what string, d time.Duration, during func(context.Context) error) {
	t.Helper()
	before := f.Dropped()
	m, err := f.Measure(t.Context(), d, during)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	p, err := m.Report()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	r.Calls = max(r.Calls, p.Callers)
	r.Lost += f.Dropped() - before
	if n := f.Dropped() - before; n > 0 {
		t.Errorf("%s: %d calls were dropped", what, n)
	}
	if p.Presence.Heard != p.Presence.Tones || p.Presence.Tones == 0 {
		t.Errorf("%s: %d of %d talkers are heard", what, p.Presence.Heard, p.Presence.Tones)
	}
	figure(r, "%s: %d of %d packets lost, longest gap %.0f ms, %.2f of %.0f s of tone missing",
		what, p.Lost, p.Received+p.Lost, p.Longest.Max, p.Presence.Missing, p.Presence.Seconds)
}

// figure adds to what was measured.
func figure(r *faults.Row, format string, args ...any) {
	if r.Figures != "" {
		r.Figures += "; "
	}
	r.Figures += fmt.Sprintf(format, args...)
}

// rest is what a gateway at rest holds.
type rest struct{ descriptors, goroutines int }

func (g *gateway) rests() rest {
	return rest{g.usage().descriptors, int(g.counter("go_goroutines"))}
}

// returns waits until the gateway holds hardly more than it did.
func (g *gateway) returns(t *testing.T, before rest, within time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		now := g.rests()
		// The scrape itself has a connection and some goroutines.
		if now.descriptors <= before.descriptors+3 && now.goroutines <= before.goroutines+6 {
			return time.Since(began)
		}
		if time.Since(began) > within {
			t.Errorf("after %v there are %+v, before there were %+v", within, now, before)
			return within
		}
		<-time.After(200 * time.Millisecond)
	}
}

// panics fails the test for each panic in the log that it did not cause.
func (g *gateway) panics(t *testing.T, want int) {
	t.Helper()
	if n := strings.Count(g.log.text(), "panic"); n > want {
		t.Errorf("%d panics:\n%s", n, tail(g.log.text(), 3000))
	}
}

// built builds a gateway with some of its source replaced: how a test has a fault
// happen inside, without a word of it in the product.
func built(t *testing.T, name string, replace map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	var list []string
	for file, text := range replace {
		to := filepath.Join(dir, fmt.Sprintf("%d-%s", len(list), filepath.Base(file)))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%q: %q", file, to))
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, []byte("{\"Replace\": {"+strings.Join(list, ", ")+"}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, name)
	build := exec.Command("go", "build", "-overlay", overlay, "-o", bin, "./cmd/partyline")
	build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// source reads a file of the tree, or of the standard library, and puts a text behind an
// anchor that must be there once.
func source(t *testing.T, file, anchor, more string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(b), anchor) != 1 {
		t.Fatalf("%q is %d times in %s", anchor, strings.Count(string(b), anchor), file)
	}
	return strings.Replace(string(b), anchor, anchor+more, 1)
}
