//go:build peers && soak

package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// writer changes a room's name over and over, each time to the next number, and
// remembers the last that was acknowledged.
type writer struct {
	room         string
	tried, acked int
}

// write does so every so often until the gateway is gone.
func (w *writer) write(p *page, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for range tick.C {
		w.tried++
		res, err := p.try("PATCH", "/api/v1/rooms/"+w.room, map[string]string{"name": fmt.Sprintf("number %d", w.tried)})
		if err != nil {
			return
		}
		if res.status == 200 {
			w.acked = w.tried
		}
	}
}

// TestSoakKill kills the gateway two hundred times at fifty writes a second: what was
// acknowledged is there, nothing is broken, and calls are taken again within 3 s.
func TestSoakKill(t *testing.T) {
	r := note(t, "kill -9 while writing")
	const kills, writers = 200, 10
	g := start(t, unlimited)
	const password = "correct horse battery staple"
	g.account("ada@example.org", password)
	ada := g.page(t, "127.0.0.1")
	if n := ada.signIn("ada@example.org", password); n != 200 {
		t.Fatalf("signing in: %d", n)
	}
	var all []*writer
	for i := range writers {
		var made struct{ ID string }
		ada.do("POST", "/api/v1/rooms", map[string]string{"name": "number 0", "extension": fmt.Sprint(112752640 + i), "pin": "48219"}).into(ada, &made)
		all = append(all, &writer{room: made.ID})
	}
	file := filepath.Join(g.dir, "data", "partyline.db")
	var slowest time.Duration
	writes, late := 0, 0
	for kill := range kills {
		var busy sync.WaitGroup
		for _, w := range all {
			busy.Go(func() { w.write(ada, time.Second*writers/50) })
		}
		<-time.After(300*time.Millisecond + time.Duration(kill*37%700)*time.Millisecond)
		g.cmd.Process.Kill()
		<-g.exited
		busy.Wait()
		r.Faults++
		again := time.Now()
		g.run()
		p := g.raw(t, "112752640.48219", rawWays{silent: true})
		d := time.Since(again)
		p.hangup()
		p.vanish()
		slowest = max(slowest, d)
		if d > 3*time.Second {
			late++
		}
		jar := ada.http.Jar
		ada = g.page(t, "127.0.0.1") // at another port
		ada.http.Jar = jar
		for _, w := range all {
			var now struct{ Name string }
			ada.do("GET", "/api/v1/rooms/"+w.room, nil).into(ada, &now)
			var n int
			if _, err := fmt.Sscanf(now.Name, "number %d", &n); err != nil || n < w.acked || n > w.tried {
				t.Errorf("kill %d: a room is called %q; %d were acknowledged of %d", kill, now.Name, w.acked, w.tried)
				r.Lost += max(w.acked-n, 0)
			}
		}
		if kill%20 == 19 {
			intact(t, file)
		}
		if t.Failed() {
			break
		}
	}
	for _, w := range all {
		writes += w.acked
	}
	figure(r, "%d writes acknowledged; answering again after %v at most, %d times after more than 3 s", writes, slowest.Round(time.Millisecond), late)
	if late > kills/100 { // the machine may have stood still
		t.Errorf("%d times a call was taken after more than 3 s", late)
	}
	if writes < kills*5 {
		t.Errorf("only %d writes were acknowledged", writes)
	}
}

// intact has the database look for faults in itself.
func intact(t *testing.T, file string) {
	t.Helper()
	out, err := exec.Command("sqlite3", "-cmd", ".timeout 5000", file, "PRAGMA integrity_check; PRAGMA foreign_key_check;").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "ok" {
		t.Errorf("the database: %v %s", err, out)
	}
}

// TestSoakTerminate ends the gateway with a hundred calls up.
func TestSoakTerminate(t *testing.T) {
	r := note(t, "SIGTERM")
	const calls, drain = 100, 10 * time.Second
	g := start(t, unlimited)
	g.drainIn("10s")
	f := g.fleet(t, calls)
	g.room("112752642", "48219")
	r.Calls, r.Faults = calls, 1
	began := time.Now()
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !g.says(2*time.Second, "draining") {
		t.Error("SIGTERM is not logged")
	}
	for range 5 {
		if res := g.openRaw(t, "112752642.48219", rawWays{}).invite(); res.status != 503 || res.get("Retry-After") == "" {
			t.Errorf("a new call while draining: %d", res.status)
		}
	}
	select {
	case err := <-g.exited:
		g.exited <- err
		if err != nil {
			t.Errorf("the exit: %v", err)
		}
	case <-time.After(drain + 5*time.Second):
		t.Fatal("it does not end")
	}
	d := time.Since(began)
	if d > drain+time.Second {
		t.Errorf("draining took %v", d)
	}
	r.Lost = calls - f.Dropped()
	if f.Dropped() != calls {
		t.Errorf("%d of %d calls got a BYE", f.Dropped(), calls)
	}
	figure(r, "%d BYEs, new calls 503, exit 0 after %v of %v", f.Dropped(), d.Round(100*time.Millisecond), drain)
	g.panics(t, 0)
}

// TestSoakLocked locks the database for half a minute under fifty calls.
func TestSoakLocked(t *testing.T) {
	r := note(t, "Database locked 30 s")
	g := start(t, unlimited)
	f := g.fleet(t, 50)
	ada, room := g.hosted(t)
	r.Faults = 1
	sounds(t, f, r, "locked", 35*time.Second, func(ctx context.Context) error {
		unlock := lock(t, filepath.Join(g.dir, "data", "partyline.db"))
		began := time.Now()
		g.withoutStore(t, ada, room)
		<-time.After(time.Until(began.Add(30 * time.Second)))
		unlock()
		figure(r, "writing again %v after", g.recovers(t, ada, room).Round(100*time.Millisecond))
		return nil
	})
	g.panics(t, 0)
}

// TestSoakDiskFull leaves no room on the disk under fifty calls.
func TestSoakDiskFull(t *testing.T) {
	r := note(t, "Disk full")
	g := start(t, unlimited)
	g.stop()
	data := filepath.Join(g.dir, "data")
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", data).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", data).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	g.run()
	f := g.fleet(t, 50)
	ada, room := g.hosted(t)
	r.Faults = 1
	sounds(t, f, r, "full", 35*time.Second, func(ctx context.Context) error {
		filler := filepath.Join(data, "filler")
		began := time.Now()
		full := make(chan struct{})
		over := make(chan struct{})
		go func() { // what the gateway frees is taken too
			defer close(over)
			for {
				fill(filler)
				select {
				case <-full:
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		}()
		g.withoutStore(t, ada, room)
		<-time.After(time.Until(began.Add(30 * time.Second)))
		close(full)
		<-over
		if err := os.Remove(filler); err != nil {
			return err
		}
		figure(r, "writing again %v after", g.recovers(t, ada, room).Round(100*time.Millisecond))
		return nil
	})
	g.panics(t, 0)
}

// fill takes what is left on a disk, to the last byte.
func fill(filler string) {
	for size := 1 << 20; size > 0; size /= 2 {
		f, err := os.OpenFile(filler, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return
		}
		_, _ = f.Write(make([]byte, size))
		f.Close()
	}
}

// hosted makes a room with a host who is signed in at the page.
func (g *gateway) hosted(t *testing.T) (ada *page, room string) {
	t.Helper()
	const password = "correct horse battery staple"
	g.account("ada@example.org", password)
	ada = g.page(t, "127.0.0.5")
	if n := ada.signIn("ada@example.org", password); n != 200 {
		t.Fatalf("signing in: %d", n)
	}
	var made struct{ ID string }
	ada.do("POST", "/api/v1/rooms", map[string]string{"name": "Board", "extension": "112752642", "pin": "48219"}).into(ada, &made)
	return ada, made.ID
}

// withoutStore sees that callers come and go while nothing can be written, and that the
// page says so.
func (g *gateway) withoutStore(t *testing.T, ada *page, room string) {
	t.Helper()
	for i := range 10 {
		keyed := g.openRaw(t, "", rawWays{local: fmt.Sprintf("127.0.0.%d", 20+i)})
		began := time.Now()
		if res := keyed.invite(); res.status != 200 {
			t.Errorf("a call is answered with %d", res.status)
			continue
		}
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("a call is answered after %v", d)
		}
		if i%2 == 0 {
			keyed.press("112752642#11111#,,,,,")
		}
		keyed.press("112752642#48219#")
	}
	g.await("all in the room", 20*time.Second, inRoom(60))
	res, err := ada.try("PATCH", "/api/v1/rooms/"+room, map[string]string{"name": "Not now"})
	if err != nil || res.status != 503 && res.status != 507 || !strings.Contains(res.body, "title") {
		t.Errorf("the page says %d %s, %v", res.status, res.body, err)
	}
}

// recovers waits until the page can write again, which is to be within 5 s.
func (g *gateway) recovers(t *testing.T, ada *page, room string) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		res, err := ada.try("PATCH", "/api/v1/rooms/"+room, map[string]string{"name": "Now"})
		d := time.Since(began)
		if err == nil && res.status == 200 {
			return d
		}
		if d > 5*time.Second {
			t.Errorf("after %v nothing is written yet: %d %s %v", d, res.status, res.body, err)
			return d
		}
		<-time.After(100 * time.Millisecond)
	}
}
