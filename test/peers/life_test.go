//go:build peers

package peers

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// reconfigure changes the text of the configuration file.
func (g *gateway) reconfigure(old, new string) {
	g.Helper()
	b, err := os.ReadFile(g.config)
	if err != nil {
		g.Fatal(err)
	}
	text := string(b)
	if !strings.Contains(text, old) {
		g.Fatalf("%q is not in the configuration", old)
	}
	if err := os.WriteFile(g.config, []byte(strings.Replace(text, old, new, 1)), 0o600); err != nil {
		g.Fatal(err)
	}
}

// debug has everything logged.
func (g *gateway) debug() {
	g.Helper()
	g.reconfigure(`telemetry: {`, `telemetry: {log: {level: debug}, `)
	g.cli("reload")
}

// drainIn shortens the wait for calls when a test ends.
func (g *gateway) drainIn(d string) {
	g.Helper()
	g.reconfigure("server: {", "server: {drain_time: "+d+", ")
	g.cli("reload")
}

// says waits for a text in the log.
func (g *gateway) says(within time.Duration, text string) bool {
	for end := time.Now().Add(within); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		if strings.Contains(g.log.text(), text) {
			return true
		}
	}
	return false
}

// TestDrain ends the gateway with calls up: new ones are refused, those that are
// up are told and ended, and the process is gone within the drain time.
func TestDrain(t *testing.T) {
	t.Parallel()
	const drainTime = 8 * time.Second
	g := start(t, "")
	g.drainIn("8s")
	g.room("112752642", "48219")
	a := g.raw(t, "112752642.48219", rawWays{})
	b := g.raw(t, "112752642.48219", rawWays{})
	c := g.raw(t, "", rawWays{}) // still at the reception
	g.await("two in the room", 10*time.Second, inRoom(2))
	<-time.After(4 * time.Second) // the announcements
	began := time.Now()
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !g.says(2*time.Second, "draining") {
		t.Error("SIGTERM is not logged")
	}
	late := g.openRaw(t, "112752642.48219", rawWays{})
	if res := late.invite(); res.status != 503 || res.get("Retry-After") == "" {
		t.Errorf("a new call while draining: %d, Retry-After %q", res.status, res.get("Retry-After"))
	}
	if n := a.received(); n == 0 || len(a.got("BYE")) > 0 {
		t.Error("a call ended at once")
	}
	a.take()
	for name, p := range map[string]*raw{"a": a, "b": b, "c": c} {
		if !p.gone(drainTime) {
			t.Errorf("%s gets no BYE", name)
			continue
		}
		if r := p.got("BYE")[0].get("Reason"); !strings.Contains(r, "Q.850;cause=") && !strings.Contains(r, "SIP;cause=") {
			t.Errorf("%s: the BYE's Reason is %q", name, r)
		}
	}
	if v := loud(a.take()); v < 0.05 {
		t.Errorf("nothing was said before the end: %.2f", v)
	}
	select {
	case err := <-g.exited:
		g.exited <- err
		if err != nil {
			t.Errorf("the exit: %v", err)
		}
	case <-time.After(drainTime):
		t.Fatal("it does not end")
	}
	if d := time.Since(began); d > drainTime+500*time.Millisecond {
		t.Errorf("draining took %v", d)
	}
}

// TestReload changes the configuration under a call: what can't be changed is
// told, mistakes change nothing, and the call goes on.
func TestReload(t *testing.T) {
	t.Parallel()
	g := start(t, "media: {loudest: 8}\ndialplan: {inbound: [{match: \"info\", to: reception}]}\n")
	g.room("112752642", "48219")
	p := g.raw(t, "112752642.48219", rawWays{})
	g.await("in the room", 10*time.Second, inRoom(1))
	hangup := func() {
		t.Helper()
		if err := g.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	g.reconfigure("loudest: 8", "loudest: 5")
	g.reconfigure(`"info", to: reception`, `"info", deny: "closed today"`)
	hangup()
	if !g.says(3*time.Second, "a change needs a restart") || !g.says(time.Second, "media.loudest") {
		t.Error("what needs a restart is not told")
	}
	if res := g.openRaw(t, "info", rawWays{}).invite(); res.status != 403 {
		t.Errorf("the new dialplan is not in force: %d", res.status)
	}
	g.reconfigure("loudest: 5", "loudes: 5")
	g.reconfigure(`deny: "closed today"`, `to: reception`)
	hangup()
	if !g.says(3*time.Second, "configuration not reloaded") {
		t.Error("the mistake is not told")
	}
	if res := g.openRaw(t, "info", rawWays{}).invite(); res.status != 403 {
		t.Errorf("half of a wrong configuration is in force: %d", res.status)
	}
	g.reconfigure("loudes: 5", "loudest: 5")
	before := p.received()
	<-time.After(time.Second)
	if n := p.received() - before; n < 45 {
		t.Errorf("the call got %d packets in a second after the reloads", n)
	}
	if len(p.got("BYE")) > 0 || len(g.calls()) != 1 {
		t.Error("the call was dropped")
	}
	p.hangup()
}

// TestKill kills the gateway while rooms are being made: it serves again within
// 3 s, and every room that was acknowledged is there.
func TestKill(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	made := map[string]bool{"112752642": true}
	for round := range 3 {
		p := g.raw(t, "112752642.48219", rawWays{})
		g.await("in the room", 10*time.Second, inRoom(1))
		stop, over := make(chan struct{}), make(chan []string)
		go func() {
			var done []string
			for i := 0; ; i++ {
				select {
				case <-stop:
					over <- done
					return
				default:
				}
				ext := fmt.Sprintf("2000%d%04d", round, i)
				if _, err := g.tryCLI("room", "add", "--extension", ext, "--pin", "48219"); err == nil {
					done = append(done, ext)
				}
			}
		}()
		<-time.After(time.Second)
		g.cmd.Process.Kill()
		<-g.exited
		close(stop)
		for _, ext := range <-over {
			made[ext] = true
		}
		p.vanish()
		again := time.Now()
		g.run()
		q := g.raw(t, "112752642.48219", rawWays{})
		g.await("in the room again", 3*time.Second, inRoom(1))
		if d := time.Since(again); d > 3*time.Second {
			t.Errorf("serving again took %v", d)
		}
		q.hangup()
		g.await("gone", 3*time.Second, func(c []call) bool { return len(c) == 0 })
	}
	list := g.cli("room", "list", "--json")
	for ext := range made {
		if !strings.Contains(list, `"`+ext+`"`) {
			t.Errorf("room %s was acknowledged and is lost", ext)
		}
	}
	if len(made) < 4 {
		t.Errorf("only %d rooms were made", len(made))
	}
}

// TestSecondServe starts a second gateway on the same data, and one on the same
// port: each says what is wrong and leaves the first alone.
func TestSecondServe(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	p := g.raw(t, "112752642.48219", rawWays{})
	out, err := g.tryCLI("serve")
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 || !strings.Contains(out, "already running") {
		t.Errorf("on the same data: %v\n%s", err, out)
	}
	other := filepath.Join(t.TempDir(), "other.yaml")
	text := fmt.Sprintf("version: 1\nserver: {data_dir: other}\nweb: {listen: off}\nsip: {listen: [\"udp://%s\"], rtp_bind: 127.0.0.1, rtp_ports: %d-%d}\n", g.sip, g.rtpMin, g.rtpMax)
	if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := exec.Command(partyline, "serve", "--config", other).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 || !strings.Contains(string(result), "sip.listen") || !strings.Contains(string(result), g.sip) {
		t.Errorf("on the same port: %v\n%s", err, result)
	}
	if len(g.calls()) != 1 {
		t.Error("the first gateway lost its call")
	}
	p.hangup()
}

// TestDatabaseLocked has another process lock the database for some seconds:
// calls go on, others join by PIN, and the records are written afterwards.
func TestDatabaseLocked(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.room("112752642", "48219")
	first := g.raw(t, "112752642.48219", rawWays{})
	g.await("in the room", 10*time.Second, inRoom(1))
	file := filepath.Join(g.dir, "data", "partyline.db")
	unlock := lock(t, file)
	began := time.Now()
	var phones []*raw
	for range 4 {
		phones = append(phones, g.raw(t, "112752642.48219", rawWays{}))
	}
	keyed := g.raw(t, "", rawWays{})
	keyed.press("112752642#11111#")
	keyed.pressed()
	<-time.After(4 * time.Second) // "wrong", which is written down
	keyed.press("112752642#48219#")
	g.await("all in the room", 15*time.Second, inRoom(6))
	phones[0].hangup()
	g.await("one gone", 3*time.Second, inRoom(5))
	before := first.received()
	<-time.After(time.Second)
	if n := first.received() - before; n < 45 {
		t.Errorf("a call got %d packets in a second while the database is locked", n)
	}
	t.Logf("locked for %v", time.Since(began))
	unlock()
	recorded(t, file)
	if len(g.calls()) != 5 {
		t.Error("a call was dropped")
	}
}

// recorded waits until one call and one failed PIN are written down.
func recorded(t *testing.T, file string) {
	t.Helper()
	count := func(table string) string {
		out, _ := exec.Command("sqlite3", "-cmd", ".timeout 2000", file, "select count(*) from "+table).CombinedOutput()
		return strings.TrimSpace(string(out))
	}
	for end := time.Now().Add(5 * time.Second); ; <-time.After(200 * time.Millisecond) {
		calls, attempts := count("calls"), count("attempts")
		if calls == "1" && attempts == "1" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after 5 s %s calls and %s failed PINs are recorded, want 1 and 1", calls, attempts)
		}
	}
}

// TestDiskFull fills the disk under the data: calls go on, others join by PIN,
// and the records are written when there is room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.stop()
	data := filepath.Join(g.dir, "data")
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", data).CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", data).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	g.run()
	g.room("112752642", "48219")
	first := g.raw(t, "112752642.48219", rawWays{})
	g.await("in the room", 10*time.Second, inRoom(1))
	filler := filepath.Join(data, "filler")
	for size := 2 << 20; size > 0; size /= 2 { // to the last byte
		f, err := os.OpenFile(filler, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(make([]byte, size))
		f.Close()
	}
	second := g.raw(t, "112752642.48219", rawWays{})
	keyed := g.raw(t, "", rawWays{})
	keyed.press("112752642#11111#")
	keyed.pressed()
	<-time.After(3 * time.Second)
	keyed.press("112752642#48219#")
	g.await("all in the room", 15*time.Second, inRoom(3))
	second.hangup()
	g.await("one gone", 3*time.Second, inRoom(2))
	before := first.received()
	<-time.After(time.Second)
	if n := first.received() - before; n < 45 {
		t.Errorf("a call got %d packets in a second while the disk is full", n)
	}
	if out, err := g.tryCLI("room", "add", "--extension", "112752643", "--pin", "48219"); err == nil {
		t.Logf("a room is made on a full disk: %s", out)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	recorded(t, filepath.Join(data, "partyline.db"))
	if len(g.calls()) != 2 {
		t.Error("a call was dropped")
	}
}

// lock takes the write lock of a database in another process.
func lock(t *testing.T, file string) (unlock func()) {
	t.Helper()
	cmd := exec.Command("sqlite3", "-batch", file)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, ".timeout 5000\nBEGIN EXCLUSIVE;\nSELECT 'locked';\n")
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "locked\n" {
		t.Fatalf("the lock: %q, %v", line, err)
	}
	done := false
	unlock = func() {
		if !done {
			done = true
			in.Close()
			cmd.Wait()
		}
	}
	t.Cleanup(unlock)
	return unlock
}
