package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/bridge/memory"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/sip"
)

// stream collects what a running gateway prints.
type stream struct {
	mu  sync.Mutex
	buf bytes.Buffer
	// wrote is sent to, without waiting, after each write.
	wrote chan struct{}
}

func newStream() *stream { return &stream{wrote: make(chan struct{}, 1)} }

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Write(p)
	select {
	case s.wrote <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// waitFor waits until the stream holds a text.
func (s *stream) waitFor(t *testing.T, text string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.wrote:
		case <-limit:
			t.Fatalf("%q is not said:\n%s", text, s)
		}
	}
}

// served is a gateway that runs as `partyline serve` does.
type served struct {
	file      string
	signals   chan os.Signal
	out, err  *stream
	ended     chan int
	listeners control.Listeners
}

func startServe(t *testing.T, file string) *served {
	t.Helper()
	s := &served{file: file, signals: make(chan os.Signal, 4), out: newStream(), err: newStream(), ended: make(chan int, 1)}
	c := &console{out: s.out, err: s.err, ctx: context.Background(), file: file}
	go func() { s.ended <- c.exit(serve(c, s.signals)) }()
	t.Cleanup(func() { s.stop(t, exitDone) })
	s.err.waitFor(t, "ready\n")
	dir := "data"
	if file != "" {
		dir = filepath.Join(filepath.Dir(file), "data")
	}
	text, err := os.ReadFile(filepath.Join(dir, listenersName))
	if err != nil {
		t.Fatal(err)
	}
	s.listeners = parse[control.Listeners](t, string(text))
	return s
}

// stop ends it as SIGTERM does; a second call does nothing.
func (s *served) stop(t *testing.T, want int) {
	t.Helper()
	if s.signals == nil {
		return
	}
	s.signals <- syscall.SIGTERM
	s.signals = nil
	select {
	case code := <-s.ended:
		if code != want {
			t.Errorf("serve ended with %d, want %d\n%s", code, want, s.err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("serve does not end\n%s", s.err)
	}
}

func httpGet(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	file := config(t, quiet)
	s := startServe(t, file)
	if !strings.Contains("\n"+s.err.String(), "\nready\n") {
		t.Errorf("ready is no line of its own:\n%s", s.err)
	}
	if len(s.listeners.SIP) != 2 || !strings.HasPrefix(s.listeners.SIP[0], "udp://127.0.0.1:") || strings.HasSuffix(s.listeners.SIP[0], ":0") {
		t.Errorf("listeners.json: %+v", s.listeners)
	}
	if code, _ := httpGet(t, s.listeners.Web+"/healthz"); code != 200 {
		t.Errorf("/healthz: %d", code)
	}
	if code, _ := httpGet(t, s.listeners.Web+"/metrics"); code != 404 {
		t.Errorf("/metrics beside the page: %d", code)
	}
	if code, _ := httpGet(t, "http://"+s.listeners.Metrics+"/readyz"); code != 200 {
		t.Errorf("/readyz: %d", code)
	}
	if _, body := httpGet(t, "http://"+s.listeners.Metrics+"/metrics"); !strings.Contains(body, "partyline_ready 1") {
		t.Errorf("/metrics: %s", body)
	}
	if out := must(t, "calls", "list", "--json", "--config", file); strings.TrimSpace(out) != "[]" {
		t.Errorf("calls: %s", out)
	}
	if out := must(t, "doctor", "--config", file); !strings.Contains(out, "runs as process") {
		t.Errorf("doctor: %s", out)
	}
	if code, _, err := try("serve", "--config", file); code != exitFailed || !strings.Contains(err, "already running") {
		t.Errorf("a second gateway: exit %d, %s", code, err)
	}
	s.stop(t, exitDone)
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), "data", listenersName)); err == nil {
		t.Error("listeners.json is still there")
	}
}

// A port that is taken is told by the name of its key.
func TestServePortTaken(t *testing.T) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file := config(t, strings.Replace(quiet, "udp://127.0.0.1:0", "udp://"+l.LocalAddr().String(), 1))
	code, _, said := try("serve", "--config", file)
	if code != exitFailed || !strings.Contains(said, "sip.listen") || strings.Contains(said, "ready\n") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestReload(t *testing.T) {
	file := config(t, quiet)
	s := startServe(t, file)
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(quiet + "trunks: [{name: pbx, allow: [127.0.0.0/8]}]\nreception: {attempts: 5}\n")
	for range 2 { // what waits for a restart is told each time
		done := parse[control.Reloaded](t, must(t, "reload", "--json", "--config", file))
		if len(done.Restart) != 1 || done.Restart[0] != "reception.attempts" {
			t.Errorf("reloaded %+v", done)
		}
	}
	write("servr: 1\n")
	s.signals <- syscall.SIGHUP
	s.err.waitFor(t, "configuration not reloaded")
	if out := must(t, "calls", "list", "--config", file); !strings.Contains(out, "no calls") {
		t.Errorf("calls list with a broken file: %s", out)
	}
	write(quiet)
	s.signals <- syscall.SIGHUP
	s.err.waitFor(t, "in_force\":\"trunks")
}

// Without a configuration a room and an account are made, and words say how to
// reach them.
func TestFirstRoom(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := (&console{}).config()
	if err != nil {
		t.Fatal(err)
	}
	c.SIP.Listen[0].Host, c.SIP.Listen[0].Port = "127.0.0.1", 0
	c.SIP.Listen = c.SIP.Listen[:1]
	c.Web.Listen.Port = 0
	c.H323.Listen.Host, c.H323.Listen.Port = "127.0.0.1", 0
	g, err := openGateway(t.Context(), c, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	g.explain(t.Context(), &out)
	port := g.listeners.SIP[0][strings.LastIndexByte(g.listeners.SIP[0], ':'):]
	token, err := g.store.GuestLink(t.Context(), g.fresh.ID)
	if err != nil {
		t.Fatal(err)
	}
	page := "http://localhost" + g.listeners.Web[strings.LastIndexByte(g.listeners.Web, ':'):]
	for _, want := range []string{page + "/j/" + token, page + "/\n", "admin@localhost", g.fresh.Password, g.fresh.Extension, g.fresh.PIN, g.fresh.HostPIN, g.directory().H323 + "##" + g.fresh.Extension, "sip:" + g.fresh.Extension + "@127.0.0.1" + port, "9196"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, &out)
		}
	}
	if len(g.fresh.Extension) != 9 {
		t.Errorf("the extension is %s", g.fresh.Extension)
	}
	if u, err := g.store.Authenticate(t.Context(), "admin@localhost", g.fresh.Password); err != nil || len(u.ID) == 0 {
		t.Errorf("signing in: %v", err)
	}
	pin, password := g.fresh.PIN, g.fresh.Password
	if err := g.close(); err != nil {
		t.Fatal(err)
	}
	// The second start makes no second room and prints no secret.
	if g, err = openGateway(t.Context(), c, io.Discard); err != nil {
		t.Fatal(err)
	}
	defer g.close()
	out.Reset()
	g.explain(t.Context(), &out)
	if g.fresh != nil || strings.Contains(out.String(), pin) || strings.Contains(out.String(), token) || strings.Contains(out.String(), password) || !strings.Contains(out.String(), "room show") {
		t.Errorf("at the second start:\n%s", &out)
	}
}

// party is a caller in memory whom the gateway attends.
type party struct {
	*memory.Leg
	over chan struct{}
}

func callIn(t *testing.T, g *gateway, id, called string) *party {
	t.Helper()
	to, err := g.Route(t.Context(), sip.Inbound{Caller: id, Called: called, CalledHost: "gw", Time: time.Now()})
	if err != nil {
		t.Fatalf("%s is refused: %v", called, err)
	}
	p := &party{memory.New(id, 8000, bridge.Party{Name: id, Called: called}), make(chan struct{})}
	go func() {
		defer close(p.over)
		g.Attend(context.Background(), p.Leg, to)
	}()
	return p
}

// until waits for something to be so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(15 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("not in time: %s", what)
		}
	}
}

// Calls of a protocol that is not SIP go the whole way: routed, in the room,
// seen and ruled from the command line, drained.
func TestCallsFromTheCommandLine(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	c := &console{file: file}
	cfg, err := c.config()
	if err != nil {
		t.Fatal(err)
	}
	log := newStream()
	g, err := openGateway(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			g.close()
		}
	}()
	must(t, "room", "add", "--config", file, "--extension", "112752642", "--name", "Board", "--pin", "48219", "--host-pin", "97531", "--lobby")
	host := callIn(t, g, "anna", "112752642.97531")
	guest := callIn(t, g, "bob", "112752642.48219")
	calls := func() map[string]control.Call {
		byName := map[string]control.Call{}
		for _, call := range parse[[]control.Call](t, must(t, "calls", "list", "--json", "--config", file)) {
			byName[call.Name] = call
		}
		return byName
	}
	until(t, "the host is in, the guest waits", func() bool {
		now := calls()
		return now["anna"].State == "room" && now["anna"].Role == "host" && now["bob"].State == "lobby"
	})
	if b := calls()["bob"]; b.Room != "112752642" || b.Called != "112752642.****" || b.Protocol != "memory" || b.Direction != "in" {
		t.Errorf("bob is shown as %+v", b)
	}
	if out := must(t, "room", "show", "112752642", "--config", file); !strings.Contains(out, "2 here") || !strings.Contains(out, "lobby") {
		t.Errorf("room show: %s", out)
	}
	must(t, "room", "admit", "112752642", "--config", file)
	until(t, "the guest is in", func() bool { return calls()["bob"].State == "room" })
	must(t, "room", "mute", "112752642", "bob", "--config", file)
	until(t, "the guest is muted", func() bool { return calls()["bob"].Muted })
	must(t, "room", "lock", "112752642", "--config", file)
	if out := must(t, "room", "show", "112752642", "--config", file); !strings.Contains(out, "locked") {
		t.Errorf("room show: %s", out)
	}
	must(t, "calls", "show", "bob", "--config", file)
	must(t, "calls", "keys", "bob", "12#", "--config", file)
	if got := guest.SentKeys(); got != "12#" {
		t.Errorf("keys sent into the call: %q", got)
	}
	if code, _, errs := try("calls", "keys", "bob", "12x", "--config", file); code != exitFailed || !strings.Contains(errs, "no key") {
		t.Errorf("a wrong key: exit %d, %s", code, errs)
	}
	must(t, "calls", "kick", "bob", "--config", file)
	<-guest.over
	if got := guest.Cause(); got != cause.Removed {
		t.Errorf("the kicked call ended for %s", got)
	}
	if code, _, _ := try("calls", "kick", "bob", "--config", file); code != exitFailed {
		t.Errorf("kicked twice: exit %d", code)
	}
	g.drain(nil)
	closed = true
	if err := g.close(); err != nil {
		t.Error(err)
	}
	<-host.over
	if got := host.Cause(); got != cause.Draining {
		t.Errorf("the drained call ended for %s", got)
	}
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
		if strings.Contains(line, "48219") || strings.Contains(line, "97531") {
			t.Errorf("a PIN is in the log: %s", line)
		}
	}
}

func TestRefusals(t *testing.T) {
	cfg, err := (&console{file: config(t, quiet)}).config()
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGateway(t.Context(), cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if missing := g.metrics.Missing(); len(missing) > 0 {
		t.Errorf("documented metrics that nobody feeds: %v", missing)
	}
	for called, want := range map[string]error{"bob": cause.Unroutable, "112752642": nil, "": nil, "9196": nil} {
		if _, err := g.Route(t.Context(), sip.Inbound{Called: called, CalledHost: "gw"}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", called, err, want)
		}
	}
	g.draining.Store(true)
	if _, err := g.Route(t.Context(), sip.Inbound{}); err != cause.Draining {
		t.Errorf("while draining: %v", err)
	}
}

// The service manager hears of each stage of life.
func TestNotify(t *testing.T) {
	dir := t.TempDir()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "n"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "n"))
	t.Setenv("WATCHDOG_USEC", "20000")
	heard := newStream()
	go func() {
		packet := make([]byte, 4096)
		for {
			n, err := socket.Read(packet)
			if err != nil {
				return
			}
			heard.Write(append(packet[:n:n], '\n'))
		}
	}()
	s := startServe(t, config(t, quiet))
	heard.waitFor(t, "READY=1")
	heard.waitFor(t, "WATCHDOG=1")
	s.signals <- syscall.SIGHUP
	heard.waitFor(t, "RELOADING=1")
	s.stop(t, exitDone)
	heard.waitFor(t, "STOPPING=1")
}

// A certificate that was renewed is in force after a reload; a broken one
// changes nothing.
func TestCertificateReload(t *testing.T) {
	file := config(t, strings.Replace(quiet, `"tcp://127.0.0.1:0"]`, `"tls://127.0.0.1:0"], tls: {cert_file: c.pem, key_file: k.pem}`, 1))
	dir := filepath.Dir(file)
	writePair(t, dir, "first.example")
	s := startServe(t, file)
	address := strings.TrimPrefix(s.listeners.SIP[1], "tls://")
	name := func() string {
		c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := name(); got != "first.example" {
		t.Errorf("at first %s", got)
	}
	writePair(t, dir, "second.example")
	must(t, "reload", "--config", file)
	if got := name(); got != "second.example" {
		t.Errorf("after the reload %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.pem"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := try("reload", "--config", file); code != exitFailed || !strings.Contains(said, "sip.tls") {
		t.Errorf("a broken certificate: exit %d, %s", code, said)
	}
	if got := name(); got != "second.example" {
		t.Errorf("after a failed reload %s", got)
	}
}

// writePair writes a self-signed certificate c.pem with its key k.pem.
func writePair(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"c.pem": {Type: "CERTIFICATE", Bytes: der}, "k.pem": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
