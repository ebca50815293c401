//go:build peers

package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/partyline/partyline/control"
)

// kamailioModules is where Debian has them.
const kamailioModules = "/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"

// proxy is a kamailio as a carrier's registrar and trunk.
type proxy struct {
	t      *testing.T
	dir    string
	config string
	udp    string // host:port
	tls    string
	cmd    *exec.Cmd
	log    *logSink
	over   chan struct{}
}

// newProxy runs kamailio with a routing script, in which UDP, TLS and DIR stand for
// its ports and its directory.
func newProxy(t *testing.T, script string, files ...string) *proxy {
	t.Helper()
	p := &proxy{t: t, dir: t.TempDir()}
	udp, secure := freePort(t, "udp"), freePort(t, "tcp")
	p.udp, p.tls = fmt.Sprintf("127.0.0.1:%d", udp), fmt.Sprintf("127.0.0.1:%d", secure)
	for i := 0; i+1 < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(p.dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listens := fmt.Sprintf("listen=udp:%s\nlisten=tcp:%s\n", p.udp, p.udp)
	if strings.Contains(script, "tls.so") {
		listens += fmt.Sprintf("listen=tls:%s\n", p.tls)
	}
	p.config = filepath.Join(p.dir, "kamailio.cfg")
	text := "#!KAMAILIO\ndebug=2\nlog_stderror=yes\nfork=yes\nchildren=2\ntcp_children=2\nauto_aliases=no\ndns=no\nrev_dns=no\n" +
		"mpath=\"" + kamailioModules + "\"\n" + listens + strings.ReplaceAll(script, "DIR", p.dir)
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("kamailio:\n%s", tail(p.log.text(), 3000))
		}
	})
	return p
}

// run starts it and waits until it answers.
func (p *proxy) run() {
	p.t.Helper()
	p.cmd = exec.Command("kamailio", "-DD", "-E", "-f", p.config, "-Y", p.dir, "-P", filepath.Join(p.dir, "pid"), "-m", "32", "-M", "4")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.log, p.over = &logSink{ready: make(chan struct{})}, make(chan struct{})
	go func() {
		p.log.read(pipe)
		_ = p.cmd.Wait()
		close(p.over)
	}()
	c, err := net.Dial("udp", p.udp)
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 4096)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		fmt.Fprintf(c, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKx%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:t@x>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: c%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			p.udp, c.LocalAddr(), time.Now().UnixNano(), p.udp, time.Now().UnixNano())
		_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		if _, err := c.Read(buf); err == nil {
			return
		}
		select {
		case <-p.over:
			p.t.Fatalf("kamailio did not start:\n%s", tail(p.log.text(), 4000))
		default:
		}
	}
	p.t.Fatalf("kamailio does not answer:\n%s", tail(p.log.text(), 4000))
}

// kill ends it, all its processes, without a word to anybody.
func (p *proxy) kill() {
	select {
	case <-p.over:
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.over
}

// freePort is a port that nobody has at the moment.
func freePort(t *testing.T, network string) int {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).Port
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// resolver is an unbound that knows some records.
func resolver(t *testing.T, records ...string) (addr string) {
	t.Helper()
	dir, port := t.TempDir(), freePort(t, "udp")
	var b strings.Builder
	fmt.Fprintf(&b, "server:\n  directory: %q\n  chroot: \"\"\n  username: \"\"\n  pidfile: %q\n  interface: 127.0.0.1@%d\n  do-daemonize: no\n  use-syslog: no\n"+
		"  logfile: \"\"\n  verbosity: 0\n  do-not-query-localhost: no\n  module-config: \"iterator\"\n  num-threads: 1\n  local-zone: \"example.\" static\n", dir, filepath.Join(dir, "pid"), port)
	for _, r := range records {
		fmt.Fprintf(&b, "  local-data: '%s'\n", r)
	}
	b.WriteString("remote-control:\n  control-enable: no\n")
	file := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unbound", "-d", "-p", "-c", file)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("unbound: %s", log.String())
		}
	})
	addr = fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return addr
		}
	}
	t.Fatal("unbound does not listen")
	return ""
}

// answerer is a telephone behind a carrier: it answers every call with silence.
type answerer struct {
	conn *net.UDPConn
	over sync.WaitGroup

	mu      sync.Mutex
	invites []message // the first copy of each
	byes    int
}

func newAnswerer(t *testing.T) *answerer {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	a := &answerer{conn: c}
	a.over.Go(a.serve)
	t.Cleanup(func() { c.Close(); a.over.Wait() })
	return a
}

func (a *answerer) serve() {
	buf := make([]byte, 65536)
	seen := map[string]bool{}
	for {
		n, from, err := a.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m := parseMessage(buf[:n])
		if m.status != 0 || m.method == "ACK" {
			continue
		}
		a.mu.Lock()
		if m.method == "INVITE" && !seen[m.get("Call-ID")] {
			seen[m.get("Call-ID")] = true
			a.invites = append(a.invites, m)
		} else if m.method == "BYE" {
			a.byes++
		}
		a.mu.Unlock()
		var b strings.Builder
		b.WriteString("SIP/2.0 200 OK\r\n")
		for _, name := range []string{"via", "record-route"} {
			for _, v := range m.headers[name] {
				fmt.Fprintf(&b, "%s: %s\r\n", name, v)
			}
		}
		to, body := m.get("To"), ""
		if !strings.Contains(to, ";tag=") {
			to += ";tag=a" + m.get("Call-ID")[:6]
		}
		if m.method == "INVITE" {
			body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\na=inactive\r\n"
			b.WriteString("Content-Type: application/sdp\r\n")
		}
		fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:phone@%s>\r\nContent-Length: %d\r\n\r\n%s",
			m.get("From"), to, m.get("Call-ID"), m.get("CSeq"), addrOf(a.conn), len(body), body)
		_, _ = a.conn.WriteToUDPAddrPort([]byte(b.String()), from)
	}
}

// calls are the calls that came.
func (a *answerer) calls() []message {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]message(nil), a.invites...)
}

// trunk is a trunk as `trunk list --json` shows it.
func (g *gateway) trunk(name string) control.Trunk {
	g.Helper()
	var list []struct {
		Name  string
		State *control.Trunk
	}
	out := g.cli("trunk", "list", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		g.Fatalf("%v in %s", err, out)
	}
	for _, t := range list {
		if t.Name == name && t.State != nil {
			return *t.State
		}
	}
	g.Fatalf("no trunk %s in %s", name, out)
	return control.Trunk{}
}

// awaitTrunk waits until a trunk is as wanted.
func (g *gateway) awaitTrunk(what, name string, within time.Duration, ok func(control.Trunk) bool) control.Trunk {
	g.Helper()
	var t control.Trunk
	for end := time.Now().Add(within); time.Now().Before(end); <-time.After(200 * time.Millisecond) {
		if t = g.trunk(name); ok(t) {
			return t
		}
	}
	g.Fatalf("%s: not within %v: %+v", what, within, t)
	return t
}

func registered(t control.Trunk) bool {
	return len(t.Registered) > 0 && t.Registered[0].State == "registered"
}

// secretFile writes a password file.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// issued makes an authority and a certificate of it for a name, as PEM.
func issued(t *testing.T, name string) (authority, cert, key string) {
	t.Helper()
	make := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, string) {
		secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
		if parent == nil {
			parent, signer = template, secret
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, secret.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		made, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return made, secret, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	ca, signer, authority := make(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of " + name}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	_, secret, cert := make(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, ca, signer)
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return authority, cert, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}
