//go:build peers

// Package peers calls the built gateway with the telephones of others: sipp,
// baresip, diago, and looks at the wire with tshark. Everything runs on
// 127.0.0.1 and on ports that the system chooses.
package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// partyline is what `make build` made.
var partyline, _ = filepath.Abs(filepath.Join("..", "..", "bin", "partyline"))

// gateway is a running `partyline serve`.
type gateway struct {
	*testing.T
	dir, config string
	sip         string // host:port of the UDP listener
	tcp, tls    string
	h323        netip.AddrPort
	metrics     string
	rtpMin      int
	rtpMax      int
	cmd         *exec.Cmd
	log         *logSink
	exited      chan error
}

// logSink keeps what the gateway says on standard error and tells when it is
// ready.
type logSink struct {
	mu    sync.Mutex
	lines []string
	ready chan struct{}
	once  sync.Once
}

func (l *logSink) read(r io.Reader) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		l.mu.Lock()
		l.lines = append(l.lines, s.Text())
		l.mu.Unlock()
		if s.Text() == "ready" {
			l.once.Do(func() { close(l.ready) })
		}
	}
}

func (l *logSink) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// rtpPorts hands every gateway of this run a range of its own, below the ports that
// the system chooses from.
var rtpPorts = struct {
	sync.Mutex
	next int
}{next: 24000}

// start runs a gateway with extra lines of configuration.
func start(t *testing.T, extra string) *gateway {
	t.Helper()
	rtpPorts.Lock()
	lo := rtpPorts.next
	rtpPorts.next += 100
	rtpPorts.Unlock()
	g := &gateway{T: t, dir: t.TempDir(), rtpMin: lo, rtpMax: lo + 99}
	g.config = filepath.Join(g.dir, "partyline.yaml")
	text := fmt.Sprintf(`version: 1
server: {data_dir: data, public_ip: 127.0.0.1}
web: {listen: "http://127.0.0.1:0"}
telemetry: {metrics: "127.0.0.1:0"}
%s`, extra)
	if !strings.Contains(extra, "h323:") {
		text += "h323: {listen: off}\n"
	}
	if !strings.Contains(extra, "\nsip:") && !strings.HasPrefix(extra, "sip:") {
		text += fmt.Sprintf("sip: {listen: [\"udp://127.0.0.1:0\", \"tcp://127.0.0.1:0\"], rtp_bind: 127.0.0.1, rtp_ports: %d-%d, srtp: preferred}\n", lo, lo+99)
	}
	text = strings.ReplaceAll(text, "RTP_PORTS", fmt.Sprintf("%d-%d", lo, lo+99))
	if err := os.WriteFile(g.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	g.run()
	return g
}

// run starts the process and waits until it is ready.
func (g *gateway) run() {
	g.Helper()
	g.cmd = exec.Command(partyline, "serve", "--config", g.config)
	g.cmd.Dir = g.dir
	pipe, err := g.cmd.StderrPipe()
	if err != nil {
		g.Fatal(err)
	}
	g.cmd.Stdout = io.Discard
	if err := g.cmd.Start(); err != nil {
		g.Fatal(err)
	}
	g.log = &logSink{ready: make(chan struct{})}
	g.exited = make(chan error, 1)
	go func() {
		g.log.read(pipe)
		g.exited <- g.cmd.Wait()
	}()
	g.Cleanup(func() {
		g.stop()
		if g.Failed() {
			g.Logf("the end of the gateway's log:\n%s", tail(g.log.text(), 6000))
		}
	})
	select {
	case <-g.log.ready:
	case err := <-g.exited:
		g.exited <- err
		g.Fatalf("the gateway did not start: %v\n%s", err, g.log.text())
	case <-time.After(20 * time.Second):
		g.Fatalf("not ready after 20 s:\n%s", g.log.text())
	}
	g.listeners()
}

// stop ends the process if it still runs.
func (g *gateway) stop() {
	select {
	case err := <-g.exited:
		g.exited <- err
		return
	default:
	}
	g.cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-g.exited:
		g.exited <- err
	case <-time.After(30 * time.Second):
		g.cmd.Process.Kill()
		g.Error("the gateway did not end by itself")
	}
}

// listeners reads where the gateway is bound.
func (g *gateway) listeners() {
	g.Helper()
	b, err := os.ReadFile(filepath.Join(g.dir, "data", "listeners.json"))
	if err != nil {
		g.Fatal(err)
	}
	var l struct {
		SIP     []string `json:"sip"`
		H323    string   `json:"h323"`
		Metrics string   `json:"metrics"`
	}
	if err := json.Unmarshal(b, &l); err != nil {
		g.Fatalf("%v in %s", err, b)
	}
	g.metrics = l.Metrics
	if _, at, ok := strings.Cut(l.H323, "://"); ok {
		g.h323 = netip.MustParseAddrPort(at)
	}
	for _, a := range l.SIP {
		scheme, addr, _ := strings.Cut(a, "://")
		switch scheme {
		case "udp":
			g.sip = addr
		case "tcp":
			g.tcp = addr
		case "tls":
			g.tls = addr
		}
	}
	if _, _, err := net.SplitHostPort(g.sip); err != nil {
		g.Fatalf("no SIP address in %s", b)
	}
}

// cli runs a command of the gateway and returns its standard output.
func (g *gateway) cli(args ...string) string {
	g.Helper()
	out, err := g.tryCLI(args...)
	if err != nil {
		g.Fatalf("partyline %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (g *gateway) tryCLI(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, partyline, append(args, "--config", g.config)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return string(out) + errs.String(), err
	}
	return string(out), nil
}

// room makes a room.
func (g *gateway) room(ext, pin string, more ...string) {
	g.Helper()
	g.cli(append([]string{"room", "add", "--extension", ext, "--name", "Room " + ext, "--pin", pin, "--json"}, more...)...)
}

// call is one leg as `calls list --json` prints it.
type call struct {
	ID        string  `json:"id"`
	Protocol  string  `json:"protocol"`
	Direction string  `json:"direction"`
	Product   string  `json:"product"`
	Name      string  `json:"name"`
	Called    string  `json:"called"`
	Remote    string  `json:"remote"`
	Room      string  `json:"room"`
	Codec     string  `json:"codec"`
	State     string  `json:"state"`
	Role      string  `json:"role"`
	Muted     bool    `json:"muted"`
	Hand      bool    `json:"hand"`
	Encrypted bool    `json:"encrypted"`
	LossIn    float64 `json:"loss_in"`
	PlayoutMS float64 `json:"playout_ms"`
	RTTMS     float64 `json:"rtt_ms"`
}

func (g *gateway) calls() []call {
	g.Helper()
	var list []call
	out := g.cli("calls", "list", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		g.Fatalf("%v in %s", err, out)
	}
	return list
}

// await waits until the calls are as wanted.
func (g *gateway) await(what string, within time.Duration, ok func([]call) bool) []call {
	g.Helper()
	var list []call
	for end := time.Now().Add(within); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		if list = g.calls(); ok(list) {
			return list
		}
	}
	g.Fatalf("not within %v: %s; calls: %+v", within, what, list)
	return nil
}

// inRoom counts the calls that are in a room.
func inRoom(n int) func([]call) bool {
	return func(list []call) bool {
		have := 0
		for _, c := range list {
			if c.State == "room" {
				have++
			}
		}
		return have == n
	}
}
