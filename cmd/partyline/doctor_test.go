package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// findings runs the doctor with a configuration.
func findings(t *testing.T, file string, args ...string) []finding {
	t.Helper()
	_, out, _ := try(append([]string{"doctor", "--json", "--config", file}, args...)...)
	all := parse[struct{ Findings []finding }](t, out).Findings
	for _, f := range all {
		if (f.Result == fine) != (f.Advice == "") {
			t.Errorf("%s %s: %s -> %q", f.Result, f.Check, f.Detail, f.Advice)
		}
	}
	return all
}

// found says whether there is a finding of a result whose check and detail hold texts.
func found(t *testing.T, all []finding, result, check, detail string) {
	t.Helper()
	for _, f := range all {
		if f.Result == result && f.Check == check && strings.Contains(f.Detail, detail) {
			return
		}
	}
	t.Errorf("no %s of %s with %q among %+v", result, check, detail, all)
}

// TestDoctorMistakes: the usual ones are each found, with what to do about it.
func TestDoctorMistakes(t *testing.T) {
	t.Parallel()
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	file := config(t, fmt.Sprintf(`version: 1
server: {data_dir: data, domain: no.such.name.invalid, public_ip: 10.99.99.99, dns: ["127.0.0.1:%d"]}
web: {listen: "http://0.0.0.0:0", url: "https://meet.example.org"}
sip:
  listen: ["udp://%s", "tls://127.0.0.1:0"]
  rtp_ports: 40000-40099
  tls: {cert_file: c.pem, key_file: k.pem}
h323: {listen: off}
webrtc: {listen: []}
trunks:
  - {name: carrier-a, peers: ["sip:%s"], allow: [198.51.100.0/28], auth: {username: a, password_file: a.txt}}
  - {name: carrier-b, peers: ["sip:127.0.0.1:9"], auth: {username: a, password_file: /run/credentials/partyline.service/secrets_no-such-secret}}
`, port(taken), taken.LocalAddr(), silent.LocalAddr()))
	dir := filepath.Dir(file)
	writePair(t, dir, "elsewhere.example")
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	all := findings(t, file)
	found(t, all, failed, "sip.listen[0]", "taken")
	found(t, all, warning, "sip.tls", "ends on")
	found(t, all, warning, "sip.tls", "not for no.such.name.invalid")
	found(t, all, warning, "sip.tls", "signed by itself")
	found(t, all, warning, "domain", "no.such.name.invalid")
	found(t, all, warning, "public address", "private and not this machine's")
	found(t, all, warning, "trunk carrier-a password_file", "read by others")
	found(t, all, failed, "trunk carrier-b password_file", "no-such-secret")
	found(t, all, warning, "trunk carrier-a", "no answer")
	found(t, all, warning, "trunk carrier-b", "refused")
	found(t, all, warning, "page", "web.proxies")
}

func port(c net.PacketConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

// TestDoctorOwners: what root has made in the service's directory is found.
func TestDoctorOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	file := config(t, quiet)
	must(t, "room", "list", "--config", file)
	data := filepath.Join(filepath.Dir(file), "data")
	if err := os.Chown(data, 61234, 61234); err != nil {
		t.Fatal(err)
	}
	found(t, findings(t, file), failed, "data directory", "secret.key")
}

// TestDoctorReach asks a gateway at its ports, as another machine would.
func TestDoctorReach(t *testing.T) {
	t.Parallel()
	s := startServe(t, config(t, quiet))
	if code, _, said := try("doctor", "--health", "--config", s.file); code != exitDone {
		t.Errorf("not healthy: %s", said)
	}
	_, address, _ := strings.Cut(s.listeners.SIP[0], "://")
	elsewhere := config(t, strings.Replace(quiet, "udp://127.0.0.1:0", "udp://"+address, 1))
	all := findings(t, elsewhere, "--reach", "127.0.0.1")
	found(t, all, fine, "sip.listen[0]", "200")
	found(t, findings(t, s.file), fine, "sip", "answers")
	s.stop(t, exitDone)
	found(t, findings(t, elsewhere, "--reach", "127.0.0.1"), failed, "sip.listen[0]", "refused")
	if code, _, _ := try("doctor", "--health", "--config", s.file); code != exitFailed {
		t.Errorf("exit %d when nothing runs", code)
	}
}

// TestAltered: a router that rewrites SIP is told by what comes back.
func TestAltered(t *testing.T) {
	head := "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK1;rport=1\r\nCall-ID: %s"
	for _, tt := range []struct{ via, callID, want string }{
		{"192.0.2.1:5060", "a", "200 OK"},
		{"203.0.113.7:5060", "a", altered + ": its Via"},
		{"192.0.2.1:5060", "b", altered + ": its Call-ID"},
	} {
		if got := judge(fmt.Appendf(nil, head, tt.via, tt.callID), "192.0.2.1:5060", "a"); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}
