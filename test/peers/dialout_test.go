//go:build peers

package peers

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/internal/shim"
)

// The parts of a scenario by which sipp answers a call as a carrier does. What the
// INVITE said is kept, so that it can be answered after other requests.
const (
	carrierHears = `<recv request="INVITE"%s><action>
  <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
  <ereg regexp=".*" search_in="hdr" header="From:" assign_to="us"/>
  <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
  <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>
  <ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" assign_to="contact"/>%s
</action></recv>
`
	carrierSays = `<send%s><![CDATA[

SIP/2.0 %s
Via:[$via]
From:[$us]
To:[$to];tag=%s
Call-ID: [call_id]
CSeq:[$cseq]
Contact: <sip:carrier@CONTACT>
%sContent-Length: [len]

%s]]></send>
`
	carrierAgrees = `<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:carrier@CONTACT>
%sContent-Length: [len]

%s]]></send>
`
	carrierAsks = `<send retrans="500"><![CDATA[

%s [$contact] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From:[$to];tag=%s
To:[$us]
Call-ID: [call_id]
CSeq: %d %s
Contact: <sip:carrier@CONTACT>
%sContent-Length: [len]

%s]]></send>
`
	carrierSDP = `v=0
o=carrier 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:101 telephone-event/8000
a=ptime:20
`
	carrierType = "Content-Type: application/sdp\r\n"
)

// scene is a scenario under way.
type scene struct{ strings.Builder }

func (s *scene) hears(method string) *scene { return s.hearsWith(method, "", "") }

func (s *scene) hearsWith(method, attributes, actions string) *scene {
	if method == "INVITE" {
		fmt.Fprintf(s, carrierHears, attributes, actions)
	} else {
		fmt.Fprintf(s, "<recv request=%q%s/>\n", method, attributes)
	}
	return s
}

// says answers the INVITE; reliably: until there is an ACK.
func (s *scene) says(status, headers string, sdp bool) *scene {
	return s.branchSays("[call_number]c", status, headers, sdp)
}

func (s *scene) branchSays(tag, status, headers string, sdp bool) *scene {
	again, body := "", ""
	if status[0] != '1' {
		again = ` retrans="500"`
	}
	if sdp {
		headers, body = headers+carrierType, carrierSDP
	}
	fmt.Fprintf(s, carrierSays, again, status, tag, headers, body)
	return s
}

// agrees answers the last request.
func (s *scene) agrees() *scene { fmt.Fprintf(s, carrierAgrees, "", ""); return s }

// asks makes a request in the dialog and waits for its success.
func (s *scene) asks(method string, cseq int, headers string, sdp bool) *scene {
	body := ""
	if sdp {
		headers, body = headers+carrierType, carrierSDP
	}
	fmt.Fprintf(s, carrierAsks, method, "[call_number]c", cseq, method, headers, body)
	s.WriteString("<recv response=\"100\" optional=\"true\"/>\n<recv response=\"200\"/>\n")
	if method == "INVITE" {
		ack := fmt.Sprintf(carrierAsks, "ACK", "[call_number]c", cseq, "ACK", "", "")
		s.WriteString(strings.Replace(ack, ` retrans="500"`, "", 1))
	}
	return s
}

// proves wants the INVITE to have an account's credentials.
func (s *scene) proves() *scene {
	s.hearsWith("INVITE", ` test="valid" next="1"`, `<verifyauth assign_to="valid" username="acme" password="open sesame"/>`)
	s.says("403 Forbidden", "", false).hears("ACK").WriteString("<label id=\"1\"/>\n")
	return s
}

func (s *scene) waits(d time.Duration) *scene {
	fmt.Fprintf(s, "<pause milliseconds=\"%d\"/>\n", d.Milliseconds())
	return s
}

// ends is the call's usual end.
func (s *scene) ends() *scene { return s.hears("BYE").agrees() }

// sippCarrier is sipp as a carrier.
type sippCarrier struct {
	port      int
	dir, name string
	done      chan error
}

// sippCalled has sipp answer calls by a scenario, so many of them. contact is what it
// says of where it is, empty: the truth.
func sippCalled(t *testing.T, name string, s *scene, calls int, contact string, more ...string) *sippCarrier {
	t.Helper()
	c := &sippCarrier{port: freePort(t, "udp"), dir: t.TempDir(), name: name, done: make(chan error, 1)}
	if contact == "" {
		contact = fmt.Sprintf("127.0.0.1:%d", c.port)
	}
	text := "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<scenario name=\"" + name + "\">\n" +
		"<Global variables=\"none\"/>\n" + strings.ReplaceAll(s.String(), "CONTACT", contact) +
		"<timewait milliseconds=\"2000\"/>\n<Reference variables=\"none,via,us,to,cseq,contact\"/>\n</scenario>\n"
	file := filepath.Join(c.dir, "scenario.xml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rtpPorts.Lock()
	lo := rtpPorts.next
	rtpPorts.next += 20
	rtpPorts.Unlock()
	args := append([]string{
		"-sf", file, "-t", "u1", "-i", "127.0.0.1", "-p", itoa(c.port), "-m", itoa(calls), "-nostdin", "-timeout", "90s", "-timeout_error",
		"-recv_timeout", "40000", "-trace_err", "-error_file", filepath.Join(c.dir, "errors"), "-trace_msg", "-message_file", filepath.Join(c.dir, "messages"),
		"-mp", itoa(lo),
	}, more...)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	cmd := exec.CommandContext(ctx, "sipp", args...)
	cmd.Dir = c.dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { c.done <- cmd.Wait(); close(exited) }()
	t.Cleanup(func() { cancel(); <-exited })
	return c
}

// went waits until the carrier's calls have gone as written.
func (c *sippCarrier) went(t *testing.T) {
	t.Helper()
	if err := <-c.done; err != nil {
		errs, _ := os.ReadFile(filepath.Join(c.dir, "errors"))
		msgs, _ := os.ReadFile(filepath.Join(c.dir, "messages"))
		t.Errorf("the carrier, %s: %v\n%s\n%s", c.name, err, errs, tail(string(msgs), 8000))
	}
}

// outcall is a call out under way by the command line.
type outcall struct {
	steps []string
	id    string
	cause string
	err   error
	took  time.Duration
}

// ringOut is tryOut until the gateway, on a machine that has too much to do, does not
// refuse to call at all.
func (g *gateway) ringOut(to, room string, wait time.Duration) (o outcall) {
	for end := time.Now().Add(40 * time.Second); ; <-time.After(time.Second) {
		begun := time.Now()
		o = g.tryOut(to, room, wait)
		o.took = time.Since(begun)
		if o.cause != "limit" || time.Now().After(end) {
			return o
		}
	}
}

// tryOut has the gateway call into a room; it returns once that is answered or not.
func (g *gateway) tryOut(to, room string, wait time.Duration) (o outcall) {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, partyline, "call", to, "--room", room, "--wait", wait.String(), "--json", "--config", g.config)
	out, err := cmd.Output()
	o.err = err
	for line := range strings.Lines(string(out)) {
		var p struct{ State, ID, Cause string }
		if json.Unmarshal([]byte(line), &p) == nil && p.State != "" {
			o.steps = append(o.steps, p.State)
			o.cause = p.Cause
			if p.State == "connected" {
				o.id = p.ID
			}
		}
	}
	return o
}

// overCarriers runs a gateway whose numbers +41445550NNN go to the NNNth trunk.
func overCarriers(t *testing.T, trunks ...string) *gateway {
	t.Helper()
	var rules []string
	for i := range trunks {
		rules = append(rules, fmt.Sprintf("{match: \"+41445550%03d\", trunk: t%d}", i, i))
		trunks[i] = fmt.Sprintf("  - {name: t%d, options_ping: 0s, allow: [127.0.0.1/32], %s}\n", i, trunks[i])
	}
	g := start(t, "trunks:\n"+strings.Join(trunks, "")+"limits: {outbound: {calls: 200, per_host_per_hour: 0, calls_to_number_per_hour: 0}}\n"+
		"dialplan: {outbound: ["+strings.Join(rules, ", ")+"]}\n")
	g.room("112752642", "48219")
	return g
}

func number(i int) string { return fmt.Sprintf("+41445550%03d", i) }

// TestDialOutFlows calls sipp as carriers do what carriers do, and has tshark judge
// what the gateway sends.
func TestDialOutFlows(t *testing.T) {
	t.Parallel()
	const reliably = "Require: 100rel\r\nRSeq: %d\r\n"
	flows := []struct {
		name   string
		scene  *scene
		trunk  string // more of its configuration
		steps  string // that the command line tells
		cause  string // empty: it is connected, and we hang up
		remote bool   // the carrier hangs up
		wait   time.Duration
		more   []string
	}{
		{
			name: "plain",
			scene: new(scene).hears("INVITE").says("100 Trying", "", false).says("180 Ringing", "", false).
				waits(300*time.Millisecond).says("200 OK", "", true).hears("ACK").ends(),
			steps: "calling proceeding ringing connected",
		},
		{
			name: "early media, PRACK, UPDATE",
			scene: new(scene).hears("INVITE").says("183 Session Progress", fmt.Sprintf(reliably, 1), true).hears("PRACK").agrees().
				asks("UPDATE", 10, "", true).says("180 Ringing", fmt.Sprintf(reliably, 2), false).hears("PRACK").agrees().
				waits(300*time.Millisecond).says("200 OK", "", false).hears("ACK").ends(),
			steps: "calling early ringing connected",
		},
		{
			name: "session timers",
			scene: new(scene).hears("INVITE").says("422 Session Interval Too Small", "Min-SE: 2400\r\n", false).hears("ACK").
				hears("INVITE").says("200 OK", "Session-Expires: 2400;refresher=uas\r\nRequire: timer\r\n", true).hears("ACK").
				asks("UPDATE", 10, "Supported: timer\r\nSession-Expires: 2400;refresher=uac\r\n", false).
				asks("INVITE", 11, "Supported: timer\r\nSession-Expires: 2400;refresher=uac\r\n", true).
				waits(300*time.Millisecond).asks("BYE", 12, "", false),
			steps: "calling connected", remote: true,
		},
		{
			name: "redirected on the trunk",
			scene: new(scene).hears("INVITE").says("302 Moved Temporarily", "", false).hears("ACK").
				hearsWith("INVITE", "", `<ereg regexp="sip:carrier@" search_in="msg" check_it="true" assign_to="none"/>`).says("200 OK", "", true).hears("ACK").ends(),
			trunk: ", redirects: same_trunk", steps: "calling forwarded connected",
		},
		{
			name: "redirection refused", scene: new(scene).hears("INVITE").says("302 Moved Temporarily", "", false).hears("ACK"),
			steps: "calling failed", cause: "rejected",
		},
		{
			name: "401",
			scene: new(scene).hears("INVITE").says("401 Unauthorized", "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"47ebe028cda119c35d4877b383027d28da013815\", algorithm=MD5, qop=\"auth\"\r\n", false).hears("ACK").
				proves().says("200 OK", "", true).hears("ACK").ends(),
			trunk: ", auth: {username: acme, password_file: PASSWORD}", steps: "calling connected",
		},
		{
			name: "407",
			scene: new(scene).hears("INVITE").says("407 Proxy Authentication Required", "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"47ebe028cda119c35d4877b383027d28da013815\", algorithm=MD5, qop=\"auth\"\r\n", false).hears("ACK").
				// sipp verifies none but Authorization.
				hearsWith("INVITE", "", `<ereg regexp="username=.acme.*realm=.carrier.*response=" search_in="hdr" header="Proxy-Authorization:" check_it="true" assign_to="none"/>`).
				says("200 OK", "", true).hears("ACK").ends(),
			trunk: ", auth: {username: acme, password_file: PASSWORD}", steps: "calling connected",
		},
		{
			name: "retransmissions",
			scene: new(scene).hears("INVITE").hears("INVITE").says("180 Ringing", "", false).waits(200*time.Millisecond).
				says("200 OK", "", true).hears("ACK").says("200 OK", "", true).hears("ACK").ends(),
			steps: "calling ringing connected", more: []string{"-nr"},
		},
		{
			name: "forked",
			scene: new(scene).hears("INVITE").branchSays("kitchen", "180 Ringing", "", false).branchSays("cellar", "183 Session Progress", "", true).
				says("200 OK", "", true).hears("ACK").branchSays("kitchen", "200 OK", "", true).hears("ACK").hears("BYE").agrees().ends(),
			steps: "calling ringing early connected", more: []string{"-nr"},
		},
		{name: "busy", scene: new(scene).hears("INVITE").says("486 Busy Here", "", false).hears("ACK"), steps: "calling failed", cause: "busy"},
		{
			name: "no answer",
			scene: new(scene).hears("INVITE").says("180 Ringing", "", false).hears("CANCEL").agrees().
				says("487 Request Terminated", "", false).hears("ACK"),
			wait: 2 * time.Second, steps: "calling ringing failed", cause: "no-answer",
		},
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var carriers []*sippCarrier
	var trunks, ports []string
	for _, f := range flows {
		c := sippCalled(t, f.name, f.scene, 1, "", f.more...)
		carriers = append(carriers, c)
		ports = append(ports, fmt.Sprintf("udp port %d", c.port))
		trunks = append(trunks, fmt.Sprintf("peers: [\"sip:127.0.0.1:%d\"]", c.port)+strings.ReplaceAll(f.trunk, "PASSWORD", password))
	}
	g := overCarriers(t, trunks...)
	tape := recording(t, strings.Join(ports, " or "))
	var all sync.WaitGroup
	for i, f := range flows {
		all.Go(func() {
			o := g.ringOut(number(i), "112752642", cmp.Or(f.wait, 20*time.Second))
			if got := strings.Join(o.steps, " "); got != f.steps || o.cause != f.cause {
				t.Errorf("%s: steps %q, cause %q; want %q, %q", f.name, got, o.cause, f.steps, f.cause)
			}
			if o.id != "" && !f.remote {
				g.cli("calls", "kick", o.id)
			}
			carriers[i].went(t)
		})
	}
	all.Wait()
	g.await("no calls", 20*time.Second, func(list []call) bool { return len(list) == 0 })
	tape.end(t)
	tape.wellFormed(t, g, carriers)
	if strings.Contains(g.log.text(), "sesame") {
		t.Error("a password stands in the log")
	}
}

// wellFormed has tshark look at all that crossed the wire: nothing malformed, nothing
// of ours that it objects to.
func (c *capture) wellFormed(t *testing.T, g *gateway, carriers []*sippCarrier) {
	t.Helper()
	_, port, _ := strings.Cut(g.sip, ":")
	args := []string{"-r", c.file, "-n", "-d", "udp.port==" + port + ",sip", "-T", "fields", "-e", "frame.number", "-e", "sip.Request-Line", "-e", "sip.Status-Line", "-e", "_ws.expert.message"}
	for _, k := range carriers {
		args = append(args, "-d", fmt.Sprintf("udp.port==%d,sip", k.port))
	}
	seen, err := exec.Command("tshark", append(args, "-Y", "sip and udp.srcport=="+port)...).Output()
	if err != nil || strings.Count(string(seen), "\n") < 3*len(carriers) {
		t.Errorf("tshark saw %d messages of ours: %v", strings.Count(string(seen), "\n"), err)
	}
	for _, method := range []string{"INVITE", "ACK", "PRACK", "BYE", "CANCEL"} {
		if len(carriers) > 1 && !strings.Contains(string(seen), "\t"+method+" sip:") {
			t.Errorf("no %s of ours was captured", method)
		}
	}
	bad, _ := exec.Command("tshark", append(args, "-Y", "_ws.malformed or (udp.srcport=="+port+" and _ws.expert.severity>=0x00600000)")...).Output()
	if len(strings.TrimSpace(string(bad))) > 0 {
		t.Errorf("tshark objects:\n%s", bad)
	}
}

// TestDialOutOverLoss makes 20 calls over signalling that loses 30 %: each is set up or
// fails cleanly within 32 s, and nothing is left of any.
func TestDialOutOverLoss(t *testing.T) {
	t.Parallel()
	const calls = 20
	relay, err := shim.Open(netip.MustParseAddr("127.0.0.1"), 7)
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	s := new(scene).hears("INVITE").says("180 Ringing", "", false).waits(200*time.Millisecond).says("200 OK", "", true).hears("ACK").ends()
	// sipp takes an INVITE that comes again after its answer for an error, and must not
	// mind. It is told of more calls than will come, so that it stays to the end.
	c := sippCalled(t, "loss", s, 10*calls, relay.Near().String(), "-default_behaviors", "all,-abortunexp")
	relay.To(netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", c.port)))
	bad := shim.Conditions{Loss: 0.3}
	relay.Up(bad)
	relay.Down(bad)
	g := overCarriers(t, fmt.Sprintf("peers: [\"sip:%s\"]", relay.Near()))
	results := make([]outcall, calls)
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() { results[i] = g.ringOut(number(0), "112752642", 45*time.Second) })
	}
	all.Wait()
	up, longest := 0, time.Duration(0)
	for i, o := range results {
		longest = max(longest, o.took)
		switch {
		case o.id != "":
			up++
		case o.cause != "unreachable" && o.cause != "no-answer":
			t.Errorf("call %d failed with %q: %v", i, o.cause, o.err)
		}
	}
	for line := range strings.Lines(g.log.text()) {
		if strings.Contains(line, "call out failed") {
			t.Log(line)
		}
	}
	t.Logf("%d of %d calls were set up, the slowest took %v", up, calls, longest.Round(100*time.Millisecond))
	if up < calls*9/10 || longest > 45*time.Second {
		t.Errorf("%d of %d calls were set up, the slowest took %v", up, calls, longest)
	}
	for _, o := range results {
		if o.id != "" {
			g.tryCLI("calls", "kick", o.id)
		}
	}
	g.await("no calls", 40*time.Second, func(list []call) bool { return len(list) == 0 })
	if n := strings.Count(g.log.text(), "panic"); n > 0 {
		t.Errorf("%d panics", n)
	}
}
