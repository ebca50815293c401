package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/partyline/partyline/configs"
)

// A backup is taken while the gateway runs, and put back only when it does not.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	s := startServe(t, file)
	must(t, "room", "add", "--extension", "112752642", "--pin", "48219", "--config", file)
	to := filepath.Join(t.TempDir(), "b.tar.gz")
	if out := must(t, "backup", to, "--config", file); !strings.Contains(out, "checked") {
		t.Errorf("backup: %s", out)
	}
	must(t, "room", "remove", "112752642", "--config", file)
	if code, _, said := try("restore", to, "--config", file); code != exitFailed || !strings.Contains(said, "a gateway runs on") {
		t.Errorf("beside the gateway: exit %d, %s", code, said)
	}
	s.stop(t, exitDone)
	if out := must(t, "restore", to, "--config", file); !strings.Contains(out, "restored 1 room ") || !strings.Contains(out, "kept in") {
		t.Errorf("restore: %s", out)
	}
	if out := must(t, "room", "show", "112752642", "--config", file); !strings.Contains(out, "48219") {
		t.Errorf("restored: %s", out)
	}
	dir := t.TempDir()
	must(t, "backup", dir, "--config", file)
	if made, _ := os.ReadDir(dir); len(made) != 1 || !strings.HasSuffix(made[0].Name(), "Z.tar.gz") {
		t.Errorf("into a directory: %v", made)
	}
}

// Browsers that come by HTTP are sent to HTTPS, to the name that is ours.
func TestRedirect(t *testing.T) {
	t.Parallel()
	file := config(t, `version: 1
server: {data_dir: data, domain: meet.example.org}
web: {listen: "https://127.0.0.1:0", redirect: "http://127.0.0.1:0", tls: {cert_file: c.pem, key_file: k.pem}}
sip: {listen: ["udp://127.0.0.1:0"], rtp_ports: 0-0, rtp_bind: [127.0.0.1]}
h323: {listen: off}
webrtc: {listen: []}
`)
	writePair(t, filepath.Dir(file), "meet.example.org")
	cfg, _, err := configs.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGateway(t.Context(), cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequest("GET", "http://"+g.redirect.Addr().String()+"/j/abc?x=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	port := g.page.Addr().String()
	want := "https://meet.example.org" + port[strings.LastIndexByte(port, ':'):] + "/j/abc?x=1"
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusPermanentRedirect || got != want {
		t.Errorf("%d %s, want %s", res.StatusCode, got, want)
	}
}

// The manual names every command, and roff reads none of it as a request.
func TestManual(t *testing.T) {
	out := must(t, "manual")
	for _, want := range []string{`\fBbackup <file>`, `\fBroom add`, `\-\-reach=HOST`, "SIGHUP"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the manual", want)
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, ".") && !strings.HasPrefix(line, ".TH") && !strings.HasPrefix(line, ".SH") &&
			!strings.HasPrefix(line, ".B ") && !strings.HasPrefix(line, ".TP") && !strings.HasPrefix(line, ".RS") && !strings.HasPrefix(line, ".RE") {
			t.Errorf("%q", line)
		}
	}
}
