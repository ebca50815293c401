//go:build peers && soak

package peers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestSoakACME: the page's certificate comes by itself from an authority, Let's Encrypt's
// own for tests, which proves the name by TLS-ALPN-01 (RFC 8737); it is kept over a
// restart, when the authority is gone.
func TestSoakACME(t *testing.T) {
	dir := t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", "github.com/letsencrypt/pebble/v2/cmd/pebble@v2.7.0")
	install.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ca, cert, key := issued(t, "localhost")
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	directory, management, page := freePort(t, "tcp"), freePort(t, "tcp"), freePort(t, "tcp")
	config := write("pebble.json", fmt.Sprintf(`{"pebble": {"listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d",
"certificate": %q, "privateKey": %q, "httpPort": 1, "tlsPort": %d}}`, directory, management, write("cert.pem", cert), write("key.pem", key), page))
	dns := resolver(t, "meet.example.org. 60 IN A 127.0.0.1")
	pebble := exec.CommandContext(t.Context(), filepath.Join(dir, "pebble"), "-config", config, "-dnsserver", dns)
	pebble.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	if err := pebble.Start(); err != nil {
		t.Fatal(err)
	}
	gone := func() { _ = pebble.Process.Kill(); _ = pebble.Wait() }
	t.Cleanup(gone)
	authority := client(t, ca, "localhost", management)
	var root string
	awaitThat(t, "the authority", func() bool { root, _ = get(authority, "https://localhost/roots/0"); return root != "" })

	t.Setenv("SSL_CERT_FILE", write("ca.pem", ca))
	g := &gateway{T: t, dir: t.TempDir()}
	g.config = filepath.Join(g.dir, "partyline.yaml")
	text := fmt.Sprintf(`version: 1
server: {data_dir: data, domain: meet.example.org}
web: {listen: "https://127.0.0.1:%d", tls: {acme: {email: ops@example.org, directory: "https://localhost:%d/dir"}}}
sip: {listen: ["udp://127.0.0.1:0"], rtp_bind: 127.0.0.1}
h323: {listen: off}
webrtc: {listen: []}
`, page, directory)
	if err := os.WriteFile(g.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	g.run()
	guest := client(t, root, "meet.example.org", page)
	if _, err := get(guest, "https://meet.example.org/"); err != nil {
		t.Fatal(err)
	}
	gone()
	g.stop()
	g.run()
	if _, err := get(guest, "https://meet.example.org/"); err != nil {
		t.Errorf("after a restart without the authority: %v", err)
	}
}

// client trusts one authority, and finds one host at one port of this machine.
func client(t *testing.T, ca, name string, port int) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(ca)) {
		t.Fatalf("no certificate: %s", ca)
	}
	d := net.Dialer{Timeout: 5 * time.Second}
	tr := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return d.DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", port))
		},
		TLSClientConfig:   &tls.Config{RootCAs: pool, ServerName: name},
		ForceAttemptHTTP2: true,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 30 * time.Second}
}

// get returns a page, which comes by HTTP/2.
func get(c *http.Client, url string) (string, error) {
	res, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || res.ProtoMajor != 2) {
		err = fmt.Errorf("%s by %s", res.Status, res.Proto)
	}
	return string(body), err
}
