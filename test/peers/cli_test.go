//go:build peers

package peers

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// readJSON has a command print JSON and reads it.
func readJSON[T any](t *testing.T, g *gateway, args ...string) T {
	t.Helper()
	var v T
	out := g.cli(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("%s: %v in %s", strings.Join(args, " "), err, out)
	}
	return v
}

// TestCommands rules a running gateway from the command line.
func TestCommands(t *testing.T) {
	t.Parallel()
	g := start(t, "numbers: [{number: \"+41445550177\", to: {room: \"112752642\"}}]\n")
	type room struct {
		Extension string `json:"extension"`
		Name      string `json:"name"`
		Count     *int   `json:"count"`
		PIN       string `json:"pin"`
	}
	added := readJSON[room](t, g, "room", "add", "--extension", "112752642", "--name", "Board Zürich", "--pin", "48219")
	if added.Extension != "112752642" || added.PIN != "48219" {
		t.Errorf("room add: %+v", added)
	}
	for name, args := range map[string][]string{
		"the same extension": {"--extension", "112752642", "--pin", "48219"},
		"an easy PIN":        {"--extension", "112752643", "--pin", "1234"},
		"a PIN of letters":   {"--extension", "112752643", "--pin", "secret"},
		"PINs that begin alike": {
			"--extension", "112752643", "--pin", "4821", "--host-pin", "48219",
		},
	} {
		out, err := g.tryCLI(append([]string{"room", "add"}, args...)...)
		if err == nil || !strings.Contains(out, "partyline: ") {
			t.Errorf("a room with %s is made: %s", name, out)
		}
	}
	// A room that was made while serving is there at once.
	p := g.raw(t, "112752642.48219", rawWays{})
	list := g.await("in the room", 10*time.Second, inRoom(1))
	if c := list[0]; c.Room != "112752642" || c.Codec == "" || c.Protocol != "sip" || c.Role != "guest" {
		t.Errorf("the call is shown as %+v", c)
	}
	rooms := readJSON[[]room](t, g, "room", "list")
	if len(rooms) != 1 || rooms[0].Name != "Board Zürich" || rooms[0].Count == nil || *rooms[0].Count != 1 || rooms[0].PIN != "" {
		t.Errorf("room list: %+v", rooms)
	}
	if out := g.cli("room", "list"); strings.Contains(out, "48219") || !strings.Contains(out, "112752642") {
		t.Errorf("room list: %s", out)
	}
	if r := readJSON[room](t, g, "room", "show", "112752642"); r.PIN != "48219" {
		t.Errorf("room show: %+v", r)
	}
	if out := g.cli("calls", "list"); !strings.Contains(out, list[0].ID) || strings.Contains(out, "48219") {
		t.Errorf("calls list: %s", out)
	}
	shown := readJSON[call](t, g, "calls", "show", list[0].ID[:6])
	if shown.ID != list[0].ID || shown.Remote != addrOf(p.sig).String() {
		t.Errorf("calls show: %+v", shown)
	}
	if out := g.cli("calls", "show", list[0].ID); !strings.Contains(out, "112752642.****") {
		t.Errorf("calls show: %s", out)
	}
	if out, err := g.tryCLI("calls", "kick", "nobody"); err == nil || !strings.Contains(out, "nobody") {
		t.Errorf("kicking nobody: %v %s", err, out)
	}
	readJSON[map[string]any](t, g, "calls", "kick", list[0].ID)
	if !p.gone(5 * time.Second) {
		t.Error("the kicked call lives")
	} else if r := p.got("BYE")[0].get("Reason"); r == "" {
		t.Error("the BYE of the kicked has no Reason")
	}
	for uri, want := range map[string]string{
		"sip:112752642.48219@" + g.sip: "room", "sip:" + g.sip: "reception", "sip:9196@" + g.sip: "test", "sip:nobody@" + g.sip: "reject", "sip:+41445550177@" + g.sip: "room",
	} {
		e := readJSON[struct {
			Decision string `json:"decision"`
			Trace    []any  `json:"trace"`
		}](t, g, "route", "explain", uri)
		if e.Decision != want || len(e.Trace) == 0 {
			t.Errorf("route explain %s: %+v, want %s", uri, e, want)
		}
		out := g.cli("route", "explain", uri)
		if strings.Contains(out, "48219") || !strings.Contains(out, "->") && want != "reject" {
			t.Errorf("route explain %s: %s", uri, out)
		}
	}
	for _, args := range [][]string{{"version"}, {"trunk", "list"}, {"number", "list"}, {"calls", "list"}, {"reload"}} {
		readJSON[any](t, g, args...)
		if strings.TrimSpace(g.cli(args...)) == "" {
			t.Errorf("%v prints nothing", args)
		}
	}
	d := readJSON[struct {
		Healthy  bool
		Findings []struct{ Check, Result, Detail string }
	}](t, g, "doctor")
	if !d.Healthy || len(d.Findings) < 5 {
		t.Errorf("doctor: %+v", d)
	}
	g.stop()
	out, err := g.tryCLI("calls", "list")
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 || !strings.Contains(out, "no gateway is running") {
		t.Errorf("calls list without a gateway: %v %s", err, out)
	}
	readJSON[[]room](t, g, "room", "list") // needs none
}

// TestCheck has every mistake of a file told at once.
func TestCheck(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wrong.yaml")
	lines := []string{
		"version: 1",
		"sip:",
		"  listen: [\"udp://:99999\"]",
		"  rtp_prots: 20000-20999",
		"  srtp: mandatory",
		"media: {engines: many}",
		"reception: {language: klingon}",
		"dialplan: {inbound: [{match: \"{x:[}\", to: reception}]}",
		"trunks: [{name: a}, {name: a, allow: [300.0.0.0/8]}]",
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(partyline, "check", "--config", file).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 {
		t.Errorf("exit: %v", err)
	}
	text := string(out)
	for line := 3; line <= 9; line++ {
		if !regexp.MustCompile(regexp.QuoteMeta(file) + ":" + itoa(line) + `:\d+: `).MatchString(text) {
			t.Errorf("line %d is not told:\n%s", line, text)
		}
	}
	if !strings.Contains(text, `did you mean "rtp_ports"`) {
		t.Errorf("nothing like it is named:\n%s", text)
	}
	// The caret stands beneath the key.
	rows := strings.Split(text, "\n")
	for i, r := range rows {
		if strings.Contains(r, "  rtp_prots: 20000") {
			if under := strings.Index(rows[i+1], "^"); under != strings.Index(r, "rtp_prots") {
				t.Errorf("the caret is at %d:\n%s\n%s", under, r, rows[i+1])
			}
		}
	}
	cmd := exec.Command(partyline, "check", "--config", file, "--json")
	printed, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 {
		t.Errorf("exit with --json: %v", err)
	}
	var v struct {
		Valid    bool
		Problems []struct {
			Line, Column  int
			Message, Hint string
		}
	}
	if err := json.Unmarshal(printed, &v); err != nil || v.Valid || len(v.Problems) < 7 {
		t.Errorf("%v: %s", err, printed)
	}
	for _, p := range v.Problems {
		if p.Line < 3 || p.Line > 9 || p.Column < 1 || p.Message == "" {
			t.Errorf("a problem %+v", p)
		}
	}
	out, err = exec.Command(partyline, "check", "--config", filepath.Join("..", "..", "configs", "partyline.yaml")).CombinedOutput()
	if err != nil {
		t.Errorf("the example: %v %s", err, out)
	}
	if out, err := exec.Command(partyline, "serve", "--config", file).CombinedOutput(); err == nil || !strings.Contains(string(out), "rtp_prots") {
		t.Errorf("serve with mistakes: %v %s", err, out)
	}
}

// web gets a page of the gateway.
func web(t *testing.T, url string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestMetrics reads what a scraper reads, while a call is up and while draining.
func TestMetrics(t *testing.T) {
	t.Parallel()
	g := start(t, "")
	g.drainIn("6s")
	g.room("112752642", "48219")
	b, err := os.ReadFile(filepath.Join(g.dir, "data", "listeners.json"))
	if err != nil {
		t.Fatal(err)
	}
	var l struct{ Web, Metrics string }
	if err := json.Unmarshal(b, &l); err != nil {
		t.Fatal(err)
	}
	p := g.raw(t, "112752642.48219", rawWays{})
	g.await("in the room", 10*time.Second, inRoom(1))
	g.raw(t, "112752642.11111", rawWays{})
	if res := g.openRaw(t, "nobody", rawWays{}).invite(); res.status != 404 {
		t.Errorf("a call to nobody: %d", res.status)
	}
	<-time.After(time.Second)
	code, text := web(t, "http://"+l.Metrics+"/metrics")
	for _, want := range []string{
		`partyline_calls\{protocol="sip",state="room"\} 1`, `partyline_calls\{protocol="sip",state="reception"\} 1`, `partyline_rooms 1`, `partyline_ready 1`, `partyline_draining 0`,
		`partyline_calls_started_total\{protocol="sip"\} 2`, `partyline_sip_refusals_total\{reason="[a-z-]+"\} 1`, `partyline_admissions_total\{verdict="[a-z-]+"\} [1-9]`,
		`partyline_media_packets_received_total\{engine="0"\} [1-9]`, `partyline_media_engine_load\{engine="0"\} `, `partyline_build_info\{`,
	} {
		if code != 200 || !regexp.MustCompile("(?m)^"+want).MatchString(text) {
			t.Errorf("%s is not in the metrics", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") && !regexp.MustCompile(`^[a-z_0-9]+(\{[^}]*\})? [-+0-9.eInfNa]+\n$`).MatchString(line) {
			t.Errorf("a line of the metrics: %q", line)
		}
	}
	for _, url := range []string{l.Web + "/healthz", l.Web + "/readyz", "http://" + l.Metrics + "/healthz", "http://" + l.Metrics + "/readyz"} {
		if code, _ := web(t, url); code != 200 {
			t.Errorf("%s: %d", url, code)
		}
	}
	if err := g.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	g.says(2*time.Second, "draining")
	if code, body := web(t, l.Web+"/readyz"); code != 503 || !strings.Contains(body, "shutting down") {
		t.Errorf("/readyz while draining: %d %s", code, body)
	}
	if code, _ := web(t, l.Web+"/healthz"); code != 200 {
		t.Errorf("/healthz while draining: %d", code)
	}
	p.gone(8 * time.Second)
}
