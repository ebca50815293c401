package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/partyline/partyline/test/load"
)

// pin is every room's.
const pin = "48219"

// gateway is a running `partyline serve` with data of its own.
type gateway struct {
	bin, dir string
	config   string
	cmd      *exec.Cmd
	exited   chan error
	sip      netip.AddrPort
	h323     netip.AddrPort
	metrics  string
	rooms    []load.Room
	idle     load.Usage // at the start
}

// start runs a gateway and makes its rooms.
func (b *bench) start(ctx context.Context, rooms int) (*gateway, error) {
	dir, err := os.MkdirTemp(b.dir, "gateway")
	if err != nil {
		return nil, err
	}
	g := &gateway{bin: b.bin, dir: dir, config: filepath.Join(dir, "partyline.yaml"), exited: make(chan error, 1)}
	text := fmt.Sprintf(`version: 1
server: {data_dir: data, public_ip: 127.0.0.1}
web: {listen: "http://127.0.0.1:0"}
sip: {listen: ["udp://127.0.0.1:%d"], rtp_bind: 127.0.0.1, rtp_ports: %s}
h323: {listen: "127.0.0.1:0", h245_ports: 0}
limits: {calls: 0, calls_per_source: 0, invites_per_second_per_source: 0}
telemetry: {metrics: "127.0.0.1:%d"}
`, b.sipPort, b.rtpPorts, b.metrics)
	if err := os.WriteFile(g.config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	if err := g.run(ctx); err != nil {
		return nil, err
	}
	for i := range rooms {
		r := load.Room{Extension: strconv.Itoa(200000001 + i), PIN: pin}
		if err := g.cli(ctx, "room", "add", "--extension", r.Extension, "--pin", pin, "--max-participants", "0", "--tones", "off"); err != nil {
			g.stop()
			return nil, err
		}
		g.rooms = append(g.rooms, r)
	}
	if g.idle, err = load.ProcessUsage(g.cmd.Process.Pid); err != nil {
		g.stop()
		return nil, err
	}
	return g, nil
}

// run starts the process and waits until it is ready.
func (g *gateway) run(ctx context.Context) error {
	g.cmd = exec.Command(g.bin, "serve", "--config", g.config)
	g.cmd.Dir = g.dir
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	says, err := g.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := g.cmd.Start(); err != nil {
		return err
	}
	ready := make(chan struct{})
	go func() {
		s := bufio.NewScanner(says)
		s.Buffer(nil, 1<<20)
		for waiting := true; s.Scan(); {
			if waiting && s.Text() == "ready" {
				waiting = false
				close(ready)
			}
		}
		g.exited <- g.cmd.Wait()
	}()
	select {
	case <-ready:
		return g.listeners()
	case err := <-g.exited:
		return fmt.Errorf("the gateway did not start: %w", err)
	case <-time.After(20 * time.Second):
		g.stop()
		return fmt.Errorf("the gateway is not ready after 20 s")
	case <-ctx.Done():
		g.stop()
		return ctx.Err()
	}
}

// listeners reads where the gateway is bound.
func (g *gateway) listeners() error {
	text, err := os.ReadFile(filepath.Join(g.dir, "data", "listeners.json"))
	if err != nil {
		return err
	}
	var l struct {
		SIP     []string `json:"sip"`
		H323    string   `json:"h323"`
		Metrics string   `json:"metrics"`
	}
	if err := json.Unmarshal(text, &l); err != nil || len(l.SIP) == 0 {
		return fmt.Errorf("%w in %s", err, text)
	}
	g.metrics = l.Metrics
	if g.sip, err = netip.ParseAddrPort(strings.TrimPrefix(l.SIP[0], "udp://")); err != nil {
		return err
	}
	g.h323, err = netip.ParseAddrPort(strings.TrimPrefix(l.H323, "tcp://"))
	return err
}

// stop ends the process and waits for it.
func (g *gateway) stop() {
	_ = g.cmd.Process.Signal(os.Interrupt)
	select {
	case <-g.exited:
	case <-time.After(30 * time.Second):
		_ = g.cmd.Process.Kill()
		<-g.exited
	}
	os.RemoveAll(g.dir)
}

// cli runs a command of the gateway.
func (g *gateway) cli(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, g.bin, append(args, "--config", g.config)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("partyline %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// engines is what the gateway says of its media engines, the worst of them.
type engines struct {
	load     float64       // 0 to 1
	lateness time.Duration // of a step, since asked last
	skipped  int           // ticks left out, all engines together
	panics   int
}

func (g *gateway) engines(ctx context.Context) (e engines, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.metrics+"/metrics", nil)
	if err != nil {
		return e, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return e, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return e, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, _, _ = strings.Cut(name, "{")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch name {
		case "partyline_media_engine_load":
			e.load = max(e.load, v)
		case "partyline_media_engine_lateness_seconds":
			e.lateness = max(e.lateness, time.Duration(v*1e9))
		case "partyline_media_steps_skipped_total":
			e.skipped += int(v)
		case "partyline_media_panics_total":
			e.panics += int(v)
		}
	}
	return e, nil
}
