package main

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/sip"
)

// TestTrunkGuide loads every configuration that docs/trunks.md shows, with files in
// the place of those it names.
func TestTrunkGuide(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "trunks.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 7 {
		t.Fatalf("only %d configurations", len(blocks))
	}
	for _, b := range blocks {
		dir := t.TempDir()
		body := strings.ReplaceAll(b[1], "/etc/partyline/", dir+"/")
		for _, f := range regexp.MustCompile(`_file: ([^,}\s]+)`).FindAllStringSubmatch(body, -1) {
			if err := os.WriteFile(f[1], []byte("secret\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(dir, "partyline.yaml")
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, problems, err := configs.Load(file)
		if err != nil {
			t.Errorf("%v in\n%s", err, b[1])
			continue
		}
		for _, p := range problems {
			t.Errorf("%v in\n%s", p, b[1])
		}
		for i := range cfg.Trunks {
			trunk := cfg.Trunks[i]
			trunk.TLS = configs.TrunkTLS{} // what stands there is no certificate
			if _, err := sipTrunk(cfg, &trunk); err != nil {
				t.Errorf("%v in\n%s", err, b[1])
			}
		}
	}
}

// TestSIPTrunk: what is configured of a trunk comes to the SIP server.
func TestSIPTrunk(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "pass")
	if err := os.WriteFile(secret, []byte("open sesame\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, problems := configs.Parse(filepath.Join(dir, "p.yaml"), []byte(`version: 1
server: {dns: ["192.0.2.53"]}
trunks:
  - name: carrier
    peers: ["sip:a.example", {uri: "sip:b.example", priority: 7, weight: 3}]
    auth: {username: acme, realm: r, password_file: pass}
    inbound_auth: {username: them, password_file: pass}
    register: true
    registrar: ["sip:r.example"]
    outbound_proxy: "sip:proxy.example"
    calls_per_second: 4
    srtp: required
    identity: remote-party-id
    redirects: follow
    numbers_in: {country: CH, format: national}
    numbers_out: {format: international}
    tls: {server_name: carrier.example}
    symmetric_rtp: false
`))
	if m := problems.Mistakes(); len(m) > 0 {
		t.Fatal(m)
	}
	all, err := sipTrunks(cfg)
	if err != nil {
		t.Fatal(err)
	}
	trunk := all[0]
	if trunk.Auth.Password != "open sesame" || trunk.Auth.Realm != "r" || trunk.InboundAuth.Username != "them" || trunk.InboundAuth.Password == "" {
		t.Error("accounts")
	}
	if len(trunk.Peers) != 2 || trunk.Peers[0].Priority != 1 || trunk.Peers[1] != (sip.Peer{URI: "sip:b.example", Priority: 7, Weight: 3}) {
		t.Errorf("peers %+v", trunk.Peers)
	}
	if got := trunk.NumberIn("0445550100"); got != "+41445550100" {
		t.Errorf("in %s", got)
	}
	if got := trunk.NumberOut("+41445550100"); got != "0041445550100" {
		t.Errorf("out %s", got)
	}
	if trunk.Identity != sip.IdentityRemote || trunk.Redirects != sip.RedirectsFollow || trunk.SRTP == nil || !trunk.FixedRTP ||
		trunk.CallsPerSecond != 4 || len(trunk.DNS) != 1 || trunk.OutboundProxy != "sip:proxy.example" || trunk.Registrars[0] != "sip:r.example" {
		t.Errorf("%+v", trunk)
	}
	if trunk.TLS.ServerName != "carrier.example" || trunk.TLS.MinVersion != tls.VersionTLS12 {
		t.Error("TLS")
	}
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sipTrunks(cfg); err == nil || !strings.Contains(err.Error(), "carrier") || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty password file: %v", err)
	}
}

func TestTrunkInAFewWords(t *testing.T) {
	peers := func(states ...string) (all []control.TrunkPeer) {
		for _, s := range states {
			all = append(all, control.TrunkPeer{State: s, Since: time.Now()})
		}
		return all
	}
	for want, st := range map[string]*control.Trunk{
		"-":                   nil,
		"unknown":             {Peers: peers("unknown")},
		"up":                  {Peers: peers("up", "up")},
		"1 of 2 peers up":     {Peers: peers("up", "down")},
		"down":                {Peers: peers("down", "unknown")},
		"registered, up":      {Peers: peers("up"), Registered: []control.Registration{{State: "registered"}}},
		"failed, registering": {Peers: peers("unknown"), Registered: []control.Registration{{State: "failed"}, {State: "registering"}}},
	} {
		if got := (trunkView{State: st}).state(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	v := trunkView{MaxCalls: 10, State: &control.Trunk{CallsIn: 2, CallsOut: 1}}
	if got := v.calls(); got != "3 of 10" {
		t.Errorf("calls %q", got)
	}
}
