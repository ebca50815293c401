//go:build peers && soak

package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clockShift is what the clock is told: a file with seconds, read ten times a second.
const clockShift = `package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

func init() {
	go func() {
		for ; ; time.Sleep(100 * time.Millisecond) {
			if b, err := os.ReadFile(os.Getenv("PARTYLINE_TEST_CLOCK")); err == nil {
				if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil {
					time.WallShift.Store(n)
				}
			}
		}
	}()
}
`

// shiftable is a gateway whose wall clock can be set like a machine's: time.Now says
// another time of day, and the monotonic clock, as ever, goes on. It is made by putting
// one addition into the standard library's time.Now.
func shiftable(t *testing.T) (bin, file string) {
	t.Helper()
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	std := filepath.Join(strings.TrimSpace(string(goroot)), "src", "time", "time.go")
	text := source(t, std, "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n", "\tsec += WallShift.Load()\n")
	text = strings.Replace(text, "\nimport (\n", "\nimport (\n\t\"sync/atomic\"\n", 1)
	text += "\n// WallShift is how many seconds the wall clock was set forward.\nvar WallShift atomic.Int64\n"
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	bin = built(t, "partyline-clock", map[string]string{
		std: text, filepath.Join(root, "cmd", "partyline", "test_clock.go"): clockShift,
	})
	return bin, filepath.Join(t.TempDir(), "clock")
}

// TestSoakClock sets the clock by an hour and a day, forward and back, under fifty
// calls: none is dropped, timers go on, those that are locked out stay so and for no
// longer, and new callers are served.
func TestSoakClock(t *testing.T) {
	r := note(t, "Clock ±1 h, ±1 day")
	bin, file := shiftable(t)
	t.Setenv("PARTYLINE_TEST_CLOCK", file)
	old := partyline
	partyline = bin
	t.Cleanup(func() { partyline = old })
	g := start(t, unlimited)
	f := g.fleet(t, 50)
	g.room("112752642", "48219")
	for range 20 {
		g.wrongPIN(t, rawWays{local: "127.0.0.7"})
	}
	refresher := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.8", headers: []string{"Supported: timer", "Session-Expires: 90;refresher=uas", "Min-SE: 90"}})
	sounds(t, f, r, "before", 3*time.Second, nil)
	set := func(d time.Duration) {
		if err := os.WriteFile(file, fmt.Append(nil, int64(d/time.Second)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for _, d := range []time.Duration{time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour, 0} {
		r.Faults++
		sounds(t, f, r, d.String(), 8*time.Second, func(context.Context) error { set(d); return nil })
		before := g.counter(lockedOut)
		locked := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.7"})
		if time.Since(began) < 9*time.Minute {
			g.counts(t, lockedOut, before+1, 10*time.Second)
		}
		locked.hangup()
		locked.vanish()
		p := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.6"})
		g.await("a new caller in the room", 10*time.Second, inRoom(52))
		p.hangup()
		g.await("and out", 10*time.Second, inRoom(51))
	}
	// Past the refresh of the session timer, half of 90 s after its answer.
	<-time.After(time.Until(began.Add(55 * time.Second)))
	if len(refresher.got("UPDATE"))+len(refresher.got("INVITE")) == 0 {
		t.Error("the session was not refreshed in its time")
	}
	if len(refresher.got("BYE")) > 0 || f.Dropped() > 0 {
		t.Error("a call was dropped")
	}
	sounds(t, f, r, "after", 3*time.Second, nil)
	g.panics(t, 0)
}
