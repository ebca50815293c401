//go:build peers

package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// confload builds the load generator if its source is at hand.
func confload(t *testing.T) string {
	t.Helper()
	src, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "tools", "confload"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(src); err != nil {
		t.Skip("the load generator is not here")
	}
	bin := filepath.Join(t.TempDir(), "confload")
	cmd := exec.Command("go", "build", "-o", bin, ".")
	cmd.Dir = src
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("confload: %v\n%s", err, out)
	}
	return bin
}

// loadTries is how often a load begins anew when the machine had no time for the
// generator itself: then its report says nothing about the gateway.
const loadTries = 4

// load calls the gateway with the generator and fails for what its report finds wrong.
func load(t *testing.T, bin string, args ...string) {
	t.Helper()
	for range loadTries {
		report, err := exec.Command(bin, args...).CombinedOutput()
		t.Logf("%s", report)
		switch {
		case err == nil:
			return
		case !strings.Contains(string(report), "the generator itself could not keep pace"):
			t.Errorf("confload: %v", err)
			return
		}
	}
	t.Skipf("this machine is too busy for the load generator to keep pace in %d runs", loadTries)
}

// TestConfload keys a hundred callers into one room and into ten rooms of ten:
// every listener hears both talkers and not itself, nothing is lost.
func TestConfload(t *testing.T) {
	bin := confload(t)
	g := start(t, "limits: {calls_per_source: 0, invites_per_second_per_source: 0}\n")
	var rooms strings.Builder
	for i := range 10 {
		ext := fmt.Sprintf("11275270%d", i)
		g.room(ext, "48219", "--max-participants", "0")
		fmt.Fprintf(&rooms, "%s 48219\n", ext)
	}
	dir := t.TempDir()
	list, one := filepath.Join(dir, "rooms.txt"), filepath.Join(dir, "one.txt")
	for f, text := range map[string]string{list: rooms.String(), one: "112752700 48219\n"} {
		if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runs := []struct {
		name string
		args []string
	}{
		{"one room of 100", []string{"-rooms-file", one, "-n", "100", "-rooms", "1"}},
		{"ten rooms of 10", []string{"-rooms-file", list, "-n", "100", "-room-size", "10"}},
	}
	for _, r := range runs {
		t.Run(r.name, func(t *testing.T) {
			out := filepath.Join(dir, "result.json")
			args := append(r.args, "-target", "sip:"+g.sip, "-dtmf", "{room}#,{pin}#", "-rate", "20", "-settle", "8s", "-duration", "10s", "-pid", fmt.Sprint(g.cmd.Process.Pid), "-json", out, "-quiet")
			load(t, bin, args...)
			if b, err := os.ReadFile(out); err != nil || !json.Valid(b) {
				t.Errorf("no result: %v", err)
			}
		})
	}
}
