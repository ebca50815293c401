//go:build peers

package peers

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/test/endpoint"
)

// collector takes HEP packets, as a Homer server would, and shows them to another
// one that listens at pass.
type collector struct {
	conn net.PacketConn
	pass net.Conn
	mu   sync.Mutex
	got  []copied
}

// copied is what a HEP3 packet says, read by its chunks' numbers.
type copied struct {
	kind                 byte
	agent                uint32
	correlation, payload string
	key                  string
}

func collect(t *testing.T, pass string) *collector {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{conn: conn}
	if c.pass, err = net.Dial("udp", pass); err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			p, err := readHEP(buf[:n])
			if err != nil {
				t.Error(err)
			}
			_, _ = c.pass.Write(buf[:n])
			c.mu.Lock()
			c.got = append(c.got, p)
			c.mu.Unlock()
		}
	})
	t.Cleanup(func() { conn.Close(); c.pass.Close(); done.Wait() })
	return c
}

func readHEP(b []byte) (p copied, err error) {
	if len(b) < 6 || string(b[:4]) != "HEP3" || int(binary.BigEndian.Uint16(b[4:])) != len(b) {
		return p, fmt.Errorf("no HEP3 packet: % x", b[:min(len(b), 16)])
	}
	for b = b[6:]; len(b) > 0; {
		if len(b) < 6 || int(binary.BigEndian.Uint16(b[4:])) < 6 || int(binary.BigEndian.Uint16(b[4:])) > len(b) {
			return p, fmt.Errorf("no chunk: % x", b)
		}
		n := int(binary.BigEndian.Uint16(b[4:]))
		value := b[6:n]
		switch binary.BigEndian.Uint16(b[2:]) {
		case 0x0b:
			p.kind = value[0]
		case 0x0c:
			p.agent = binary.BigEndian.Uint32(value)
		case 0x0e:
			p.key = string(value)
		case 0x0f:
			p.payload = string(value)
		case 0x11:
			p.correlation = string(value)
		}
		b = b[n:]
	}
	return p, nil
}

// of are the copies of a kind and a conversation.
func (c *collector) of(kind byte, correlation string) []copied {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []copied
	for _, p := range c.got {
		if p.kind == kind && p.correlation == correlation {
			list = append(list, p)
		}
	}
	return list
}

func (c *collector) await(t *testing.T, what string, kind byte, correlation string, has string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		if slices.ContainsFunc(c.of(kind, correlation), func(p copied) bool { return strings.Contains(p.payload, has) }) {
			return
		}
	}
	t.Errorf("no copy of %s; those of the kind: %+v", what, c.of(kind, correlation))
}

// sngrep listens for HEP and writes down what it understands of it.
func sngrep(t *testing.T) (listen, file string, stop func()) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen = conn.LocalAddr().String()
	conn.Close()
	dir := t.TempDir()
	file = filepath.Join(dir, "hep.pcap")
	cmd := exec.Command("sngrep", "-N", "-q", "-L", "udp:"+listen, "-O", file)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "TERM=xterm")
	if err := cmd.Start(); err != nil {
		t.Skip("no sngrep: ", err)
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			_ = cmd.Process.Signal(os.Interrupt)
			over := make(chan struct{})
			go func() { _ = cmd.Wait(); close(over) }()
			select {
			case <-over:
			case <-time.After(10 * time.Second):
				_ = cmd.Process.Kill()
				<-over
			}
		})
	}
	t.Cleanup(stop)
	return listen, file, stop
}

// TestHEP: sngrep reads the copies of a call by SIP, tshark what sngrep has made of
// them, and nobody finds the PIN. Calls by H.323, the sound and the log come too,
// each under its call.
func TestHEP(t *testing.T) {
	t.Parallel()
	const pin = "48219"
	listen, file, stop := sngrep(t)
	c := collect(t, listen)
	g := start(t, withH323)
	g.room("112752642", pin)
	key := filepath.Join(g.dir, "homer.key")
	if err := os.WriteFile(key, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(g.config)
	if err != nil {
		t.Fatal(err)
	}
	hep := fmt.Sprintf(", log: {format: json}, hep: {to: \"udp://%s\", id: 2001, password_file: %q}}", c.conn.LocalAddr(), key)
	changed := strings.Replace(string(text), `metrics: "127.0.0.1:0"}`, `metrics: "127.0.0.1:0"`+hep, 1)
	if err := os.WriteFile(g.config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	g.cli("reload")

	p := g.raw(t, "112752642."+pin, rawWays{})
	g.await("a caller in the room", 20*time.Second, inRoom(1))
	room := g.answered(t, digits("112752642#"+pin), endpoint.Options{})
	list := g.await("two in the room", 30*time.Second, inRoom(2))
	c.await(t, "the INVITE", 1, p.callID, "INVITE sip:112752642.****@")
	c.await(t, "our answer", 1, p.callID, "SIP/2.0 200 OK")
	c.await(t, "the log", 100, p.callID, "call answered")
	c.await(t, "the join", 100, p.callID, "call joined")
	c.await(t, "the sound", 5, p.callID, `"report_blocks":[{`)
	p.hangup()
	c.await(t, "the end", 100, p.callID, "call ended")

	id := ""
	for _, call := range list {
		if call.Protocol == "h323" {
			id = readJSON[struct {
				CallID string `json:"call_id"`
			}](t, g, "calls", "show", call.ID).CallID
		}
	}
	if id == "" {
		t.Fatal("no call by H.323")
	}
	room.Close()
	c.await(t, "the Setup in octets", 11, id, "\x05") // Q.931's type of Setup
	c.await(t, "the Setup in words", 100, id, "h225 received Setup: to 112752642#****")
	c.await(t, "the end", 100, id, "ReleaseComplete")

	c.mu.Lock()
	for _, p := range c.got {
		if strings.Contains(p.payload, pin) || p.agent != 2001 || p.key != "open sesame" {
			t.Errorf("%+v", p)
		}
	}
	c.mu.Unlock()
	stop()
	readByTshark(t, file, p.callID)
	readLadders(t, g, p.callID, id, pin)
}

// readByTshark holds what sngrep wrote to what was said.
func readByTshark(t *testing.T, file, callID string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tshark", "-r", file, "-Y", "sip", "-T", "fields", "-E", "separator=|",
		"-e", "sip.Call-ID", "-e", "sip.Method", "-e", "sip.Status-Code", "-e", "sdp.media.media", "-e", "_ws.malformed").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{callID + "|INVITE||audio|", callID + "||200|audio|", callID + "|ACK|||", callID + "|BYE|||"} {
		if !slices.Contains(strings.Split(strings.TrimSpace(string(out)), "\n"), want) {
			t.Errorf("tshark does not read %s in\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "Malformed") {
		t.Errorf("%s", out)
	}
}

// readLadders looks at the same calls on the command line.
func readLadders(t *testing.T, g *gateway, sip, h323, pin string) {
	t.Helper()
	for id, words := range map[string][]string{
		sip:  {"INVITE", "200 OK", "ACK", "BYE", "call joined", "PCMU", "hangup: the party hung up"},
		h323: {"Setup", "Connect", "ReleaseComplete", "TCS", "112752642#****", "hangup: the party hung up"},
	} {
		out := g.cli("trace", id)
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("the ladder of %s lacks %q:\n%s", id, w, out)
			}
		}
		for _, args := range [][]string{{"trace", id}, {"trace", id, "--messages"}, {"trace", id, "--json"}} {
			if out := g.cli(args...); strings.Contains(out, pin) {
				t.Errorf("%s shows a PIN:\n%s", args, out)
			}
		}
	}
	file := filepath.Join(g.dir, "call.pcap")
	g.cli("trace", h323, "--pcap", file)
	out, err := exec.Command("tshark", "-r", file, "-T", "fields", "-e", "_ws.col.Info", "-e", "_ws.malformed").Output()
	if err != nil || !strings.Contains(string(out), "CS: setup") || !strings.Contains(string(out), "CS: releaseComplete") || strings.Contains(string(out), "Malformed") {
		t.Errorf("%v: tshark reads\n%s", err, out)
	}
	if out := g.cli("cdr", "--format", "csv", "--call", sip); strings.Count(out, "\r\n") != 2 || !strings.Contains(out, sip) || strings.Contains(out, pin) {
		t.Errorf("records:\n%s", out)
	}
	for _, line := range strings.Split(g.log.text(), "\n") {
		if strings.Contains(line, `"msg":"call joined"`) && (!strings.Contains(line, `"call_id":"`) || !strings.Contains(line, `"leg":"`) || !strings.Contains(line, `"room":"112752642"`)) {
			t.Error(line)
		}
	}
}
