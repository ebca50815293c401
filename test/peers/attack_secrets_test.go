//go:build peers

package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/partyline/partyline/test/endpoint"
)

// secret is what must not be found anywhere.
type secret struct{ name, text string }

// sink keeps whatever is sent to a UDP port.
type sink struct {
	conn *net.UDPConn
	mu   sync.Mutex
	all  bytes.Buffer
	n    int
}

// newSink opens one; answer, if it is not nil, says what is sent back.
func newSink(t *testing.T, answer func([]byte) []byte) *sink {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{conn: c}
	over := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-over })
	go func() {
		defer close(over)
		buf := make([]byte, 65536)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.all.Write(buf[:n])
			s.all.WriteByte('\n')
			s.n++
			s.mu.Unlock()
			if answer != nil {
				if b := answer(buf[:n]); b != nil {
					_, _ = c.WriteToUDPAddrPort(b, from)
				}
			}
		}
	}()
	return s
}

func (s *sink) text() (string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String(), s.n
}

// registrar asks for credentials, again and again.
func registrar(b []byte) []byte {
	m := parseMessage(b)
	if m.method != "REGISTER" {
		return nil
	}
	var head strings.Builder
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		fmt.Fprintf(&head, "%s: %s\r\n", name, m.get(name))
	}
	if m.get("Authorization") != "" {
		return fmt.Appendf(nil, "SIP/2.0 403 Forbidden\r\n%sContent-Length: 0\r\n\r\n", &head)
	}
	return fmt.Appendf(nil, "SIP/2.0 401 Unauthorized\r\n%sWWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"a8f5f167f44f4964e6c998dee827110c\", algorithm=MD5, qop=\"auth\"\r\nContent-Length: 0\r\n\r\n", &head)
}

// secrets writes files of passwords and gives what is in them.
func secrets(t *testing.T, names ...string) (files map[string]string, all []secret) {
	t.Helper()
	files = map[string]string{}
	dir := t.TempDir()
	for i, name := range names {
		files[name] = filepath.Join(dir, name)
		text := fmt.Sprintf("hush%dmost-secret%s", i, strings.Repeat("x7", 8))
		if err := os.WriteFile(files[name], []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, secret{name, text})
	}
	return files, all
}

// TestSecretsAreNowhere uses every feature that knows a secret, rightly and wrongly, with
// everything logged, traced and copied; then looks for each PIN, token, password, key and
// response to a challenge in the log, the traces, the copies, what commands print and the
// files of the data directory.
func TestSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	files, all := secrets(t, "trunk", "inbound", "mail", "sms", "turn", "hep")
	homer, carrier := newSink(t, nil), newSink(t, registrar)
	g := start(t, fmt.Sprintf(`h323: {listen: "127.0.0.1:0", h245_ports: RTP_PORTS}
trunks:
  - {name: carrier, peers: ["sip:%s"], allow: [127.0.0.200/32], register: true, auth: {username: acme, password_file: %s}, options_ping: 0s}
  - {name: pbx, peers: ["sip:127.0.0.1:9"], options_ping: 0s, inbound_auth: {username: pbx, password_file: %s}}
mail: {smtp: "smtp://127.0.0.1:9", from: "meet@example.org", username: meet, password_file: %s}
sms: {country: CH, webhook: {url: "http://127.0.0.1:9/send", secret_file: %s}}
webrtc: {listen: ["udp://127.0.0.1:0"], turn: {urls: ["turn:127.0.0.1:9"], secret_file: %s}}
`, addrOf(carrier.conn), files["trunk"], files["inbound"], files["mail"], files["sms"], files["turn"]))
	g.reconfigure(`telemetry: {`, fmt.Sprintf(`telemetry: {log: {level: debug}, hep: {to: "udp://%s", id: 7, password_file: %s}, `, addrOf(homer.conn), files["hep"]))
	g.stop() // all of it from the start
	g.run()
	g.drainIn("2s")
	add := func(name, text string) { all = append(all, secret{name, text}) }
	const pin, hostPIN, wrong, password = "7391548", "8264739", "9172646", "correct horse battery staple"
	add("guests' PIN", pin)
	add("hosts' PIN", hostPIN)
	add("wrong PIN", wrong)
	add("password", password)
	g.account("ada@example.org", password)
	g.room("112752642", pin, "--host-pin", hostPIN, "--owner", "ada@example.org")

	// SIP: in the address, as its password, by three kinds of keys, with credentials.
	first := g.insists(t, "112752642."+pin, rawWays{media: "m=audio PORT RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" +
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n", silent: true})
	add("our SRTP key", regexp.MustCompile(`inline:([A-Za-z0-9+/]+)`).FindStringSubmatch(first.answer.body)[1])
	add("their SRTP key", "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz")
	for _, user := range []string{"112752642." + wrong, "112752642%23" + wrong, "112752642:" + pin, "112752642##" + hostPIN, "112752642,," + wrong} {
		p := g.openRaw(t, user, rawWays{headers: []string{
			`Authorization: Digest username="pbx", realm="x", nonce="n", uri="sip:x", response="0123456789abcdef0123456789abcdef"`,
		}})
		if res := p.invite(); res.status < 300 {
			p.press(wrong + "#")
			for _, k := range pin {
				p.ask("INFO", []string{"Content-Type: application/dtmf-relay"}, fmt.Sprintf("Signal=%c\r\nDuration=100\r\n", k))
			}
			p.pressed()
			p.hangup()
		}
		p.vanish()
	}
	add("their response", "0123456789abcdef0123456789abcdef")
	// H.323: dialled and keyed.
	for _, number := range []string{"112752642#" + pin, "112752642##" + wrong} {
		c := g.insists323(t, number)
		_ = c.Press(endpoint.Digits, wrong+"#")
		_ = c.Press(endpoint.Whole, pin+"#")
		_ = c.Press(endpoint.Signal, hostPIN+"#")
		<-time.After(300 * time.Millisecond)
		c.Close()
	}
	// The page: passwords, cookies, links, the signalling, messages.
	ada := g.page(t, "127.0.0.5")
	if n := ada.signIn("ada@example.org", "a wrong "+password); n != 401 {
		t.Errorf("a wrong password: %d", n)
	}
	if n := ada.signIn("ada@example.org", password); n != 200 {
		t.Fatalf("signing in: %d", n)
	}
	for _, c := range ada.cookies() {
		add("cookie", c)
	}
	g.visits(t, ada, pin, add)
	// Commands.
	text := g.log.text()
	for _, args := range [][]string{{"calls", "list"}, {"calls", "list", "--json"}, {"trunk", "list"}, {"number", "list"}, {"doctor"}, {"check"}, {"version"}, {"cdr"}, {"room", "live"}} {
		out, _ := g.tryCLI(args...) // some are wrong here: what they say counts
		text += "\n" + out
	}
	for i, c := range g.calls() {
		if i > 2 {
			break
		}
		for _, args := range [][]string{{"calls", "show", c.ID}, {"trace", c.ID}, {"trace", c.ID, "--json"}} {
			out, _ := g.tryCLI(args...)
			text += "\n" + out
		}
	}
	_, metrics := web(t, "http://"+g.metrics+"/metrics")
	register, _ := carrier.text()
	if m := regexp.MustCompile(`response="([0-9a-f]+)"`).FindStringSubmatch(register); m != nil {
		add("our response", m[1])
	} else {
		t.Errorf("the trunk was not registered at:\n%s", register)
	}
	first.hangup()
	first.vanish()
	g.stop()
	text += "\n" + g.log.text()
	copies, n := homer.text()
	if n == 0 {
		t.Error("nothing was copied to Homer")
	}
	places := map[string]string{"log": text, "metrics": metrics, "copies to Homer": copies}
	for name, text := range g.dataFiles(t) {
		places["file "+name] = text
	}
	for _, s := range all {
		for place, text := range places {
			if s.name == "hep" && place == "copies to Homer" {
				continue // who it is for knows it
			}
			if i := strings.Index(text, s.text); i >= 0 {
				t.Errorf("the %s stands in the %s: …%s…", s.name, place, text[max(0, i-150):min(len(text), i+len(s.text)+20)])
			}
		}
	}
	if len(all) < 18 {
		t.Errorf("only %d secrets were looked for", len(all))
	}
}

// cookies are the values of those that a page has.
func (p *page) cookies() (values []string) {
	at, err := url.Parse(p.base)
	if err != nil {
		p.Fatal(err)
	}
	for _, c := range p.http.Jar.Cookies(at) {
		values = append(values, c.Value)
	}
	return values
}

// visits follows links, rightly and wrongly, and has a meeting with somebody invited.
func (g *gateway) visits(t *testing.T, ada *page, pin string, add func(name, text string)) {
	t.Helper()
	var rooms struct {
		Rooms []struct {
			ID   string
			Link string `json:"guest_link"`
		}
	}
	ada.do("GET", "/api/v1/rooms", nil).into(ada, &rooms)
	token := func(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }
	link := token(rooms.Rooms[0].Link)
	add("guest link", link)
	add("link that never was", "neverwas-neverwas-neverwas")
	guest := g.page(t, "127.0.0.6")
	for _, path := range []string{"/j/" + link, "/api/v1/links/" + link, "/j/neverwas-neverwas-neverwas", "/api/v1/links/neverwas-neverwas-neverwas", "/dial-in/112752642"} {
		guest.do("GET", path, nil)
	}
	ada.do("PATCH", "/api/v1/rooms/"+rooms.Rooms[0].ID, map[string]any{"pin": pin, "lobby": "nonsense"})
	guest.do("POST", "/api/v1/leave", map[string]string{"resume": "nonsense-nonsense-nonsense"})
	add("resume token", g.hello(t, link))
	var meeting struct{ ID string }
	ada.do("POST", "/api/v1/meetings", map[string]any{
		"title": "Plans", "start": time.Now().Add(48 * time.Hour).Format("2006-01-02T15:04"), "zone": "UTC", "duration_min": 30,
	}).into(ada, &meeting)
	if r := ada.do("POST", "/api/v1/meetings/"+meeting.ID+"/invitees", map[string]string{"text": "Gus <gus@example.net>; +41791234567"}); r.status >= 300 {
		t.Errorf("inviting: %d %s", r.status, r.body)
	}
	invitation := ada.do("GET", "/api/v1/meetings/"+meeting.ID+"/invitation", nil)
	if m := regexp.MustCompile(`/j/([A-Za-z0-9_-]{10,})`).FindStringSubmatch(invitation.body); m != nil {
		add("meeting's link", m[1])
	}
	ada.do("POST", "/api/v1/rooms/"+rooms.Rooms[0].ID+"/calls", map[string]any{"to": "h323:600@127.0.0.1:9", "wait_s": 1})
	ada.do("POST", "/api/v1/rooms/"+rooms.Rooms[0].ID+"/link", map[string]any{})
	guest.do("GET", "/j/"+link, nil) // replaced
}

// hello says hello over the WebSocket, and gives the token to resume by.
func (g *gateway) hello(t *testing.T, link string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, g.page(t, "127.0.0.6").base+"/api/v1/signal", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if err := ws.Write(ctx, websocket.MessageText, []byte(`{"type":"hello","v":1,"link":"`+link+`","name":"Gus"}`)); err != nil {
		t.Fatal(err)
	}
	var welcome struct{ Resume string }
	_, text, err := ws.Read(ctx)
	if err != nil || json.Unmarshal(text, &welcome) != nil || welcome.Resume == "" {
		t.Fatalf("hello: %s %v", text, err)
	}
	_ = ws.Write(ctx, websocket.MessageText, []byte(`{"type":"offer","sdp":"v=0"}`))
	_, _, _ = ws.Read(ctx)
	return welcome.Resume
}

// dataFiles are the files of the data directory but for the key, by their names.
func (g *gateway) dataFiles(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	list, err := os.ReadDir(filepath.Join(g.dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if b, err := os.ReadFile(filepath.Join(g.dir, "data", e.Name())); err == nil {
			all[e.Name()] = string(b)
		}
	}
	return all
}
