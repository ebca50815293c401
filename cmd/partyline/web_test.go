package main

import (
	"crypto/tls"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/partyline/partyline/configs"
)

// The page over HTTPS speaks HTTP/2, tells browsers to stay with HTTPS, and takes a
// renewed certificate at a reload.
func TestHTTPSPage(t *testing.T) {
	t.Parallel()
	file := config(t, strings.Replace(quiet, `web: {listen: "http://127.0.0.1:0"}`,
		`web: {listen: "https://127.0.0.1:0", tls: {cert_file: c.pem, key_file: k.pem}}`, 1))
	writePair(t, filepath.Dir(file), "web")
	s := startServe(t, file)
	client := &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	look := func() *http.Response {
		t.Helper()
		res, err := client.Get(s.listeners.Web + "/test")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	before := look()
	if before.ProtoMajor != 2 || before.Header.Get("Strict-Transport-Security") == "" || before.StatusCode != 200 {
		t.Errorf("%s %d %v", before.Proto, before.StatusCode, before.Header)
	}
	writePair(t, filepath.Dir(file), "web")
	must(t, "reload", "--config", file)
	if look().TLS.PeerCertificates[0].Equal(before.TLS.PeerCertificates[0]) {
		t.Error("still the old certificate")
	}
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}
	if c, err := tls.Dial("tcp", strings.TrimPrefix(s.listeners.Web, "https://"), old); err == nil {
		c.Close()
		t.Error("TLS 1.1 is spoken")
	}
}

// ACME is asked for the domain and for nothing else, by TLS alone.
func TestACME(t *testing.T) {
	cfg := configs.Defaults()
	cfg.Server.DataDir, cfg.Server.Domain = t.TempDir(), "meet.example.org"
	cfg.Web.TLS.ACME = configs.ACME{Email: "ops@example.org", Directory: "https://127.0.0.1:1/directory"}
	c := acmeTLS(acmeManager(cfg))
	for _, proto := range []string{"h2", "http/1.1", "acme-tls/1"} {
		if !slices.Contains(c.NextProtos, proto) {
			t.Errorf("%s is not spoken", proto)
		}
	}
	if c.MinVersion != tls.VersionTLS12 {
		t.Error("an old TLS is spoken")
	}
	if _, err := c.GetCertificate(&tls.ClientHelloInfo{ServerName: "evil.example"}); err == nil || !strings.Contains(err.Error(), "not configured") {
		t.Errorf("another name: %v", err)
	}
	if _, err := c.GetCertificate(&tls.ClientHelloInfo{ServerName: "meet.example.org"}); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("the authority is not asked: %v", err)
	}
}

func TestPageBehindAProxy(t *testing.T) {
	for _, tt := range []struct{ yaml, bound, want string }{
		{"", "http://127.0.0.1:8080", "http://localhost:8080"},
		{`web: {listen: "http://127.0.0.1:0"}`, "http://127.0.0.1:4711", "http://127.0.0.1:4711"},
		{`{server: {domain: m.example}, web: {listen: "http://127.0.0.1:80", url: "https://m.example/"}}`, "http://127.0.0.1:80", "https://m.example"},
		{`{server: {domain: m.example}, web: {listen: "https://:443", tls: {acme: {email: a@b.example}}}}`, "", "https://m.example"},
		{`web: {listen: off}`, "", ""},
	} {
		cfg, problems := configs.Parse("p.yaml", []byte(tt.yaml))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if got := pageURL(cfg, tt.bound); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.yaml, got, tt.want)
		}
		if isSecure(cfg) != strings.HasPrefix(tt.want, "https") {
			t.Errorf("%s: secure %v", tt.yaml, isSecure(cfg))
		}
	}
}

// The doctor says what keeps microphones from the page.
func TestDoctorOnThePage(t *testing.T) {
	for web, want := range map[string]string{
		`web: {listen: "http://0.0.0.0:0"}`:                                                          "lend their microphones",
		`web: {listen: "http://127.0.0.1:0", url: "https://m.example"}`:                              "count as one source",
		`{server: {domain: m.example}, web: {listen: "https://:0", tls: {acme: {email: a@b.c}}}}`:    "m.example",
		`{server: {domain: m.example}, web: {listen: "https://:8443", tls: {acme: {email: a@b.c}}}}`: "port 443",
	} {
		cfg, _ := configs.Parse("p.yaml", []byte(web))
		x := &examination{cfg: cfg}
		x.page()
		said := ""
		for _, f := range x.findings {
			said += f.Detail + "\n"
		}
		if !strings.Contains(said, want) && !(want == "m.example" && len(x.findings) == 1) {
			t.Errorf("%s: %s", web, said)
		}
	}
}

// What is said of the ways in follows the configuration.
func TestDirectory(t *testing.T) {
	cfg, problems := configs.Parse("p.yaml", []byte(`
server: {domain: m.example}
web: {listen: "https://:443", tls: {acme: {email: a@b.example}}}
numbers:
  - {number: "+41445550100", label: Zürich, language: de, to: reception}
  - {number: "+41445550177", to: {room: "112752642"}}
  - {number: "+41445550199", to: test}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	g := &gateway{}
	g.cfg.Store(cfg)
	g.listeners.SIP, g.listeners.Web = []string{"udp://0.0.0.0:5060"}, "https://0.0.0.0:443"
	w := g.directory().Ways("112752642", "48219", "T")
	if w.Link != "https://m.example/j/T" || w.SIP != "112752642@m.example" || w.H323 != "" || len(w.Numbers) != 2 ||
		w.Numbers[0].Tel != "tel:+41445550177,,48219" || w.Numbers[1].Tel != "tel:+41445550100,,112752642,,48219" {
		t.Errorf("%+v", w)
	}
	if g.directory().Ways("112752642", "", "").SIPBackup != "" {
		t.Error("a second gateway that is not configured")
	}
	cfg.Server.BackupGateway = "2001:db8::11"
	if w := g.directory().Ways("112752642", "", ""); w.SIPBackup != "112752642@[2001:db8::11]" || w.H323Backup != "" {
		t.Errorf("the second gateway: %+v", w)
	}
	if w := g.directory().Ways("999", "", ""); len(w.Numbers) != 1 {
		t.Errorf("%+v", w)
	}
	g.listeners.SIP = nil
	if w := g.directory().Ways("999", "", ""); w.SIP != "" {
		t.Errorf("%+v", w)
	}
}
