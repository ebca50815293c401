package call

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/internal/capture"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/tpkt"
)

// recordings are the captured calls.
func recordings(t testing.TB) []string {
	paths := capture.Find("../../../shared/pcap")
	if len(paths) == 0 {
		t.Skip("no captured calls beside the repository")
	}
	return paths
}

// recorded are the messages of a captured call from its caller's side.
type recorded struct {
	caller, callee netip.AddrPort
	all            []capture.Message
}

func record(t testing.TB, path string) *recorded {
	messages, err := capture.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	r := new(recorded)
	for _, m := range messages {
		if m.Kind == capture.Datagram {
			continue
		}
		if !r.caller.IsValid() {
			r.caller, r.callee = m.From, m.To
		}
		r.all = append(r.all, m)
	}
	return r
}

// phone is the far end of a call as a test drives it by hand: what it gets it
// decodes and keeps.
type phone struct {
	t       *testing.T
	conn    net.Conn
	done    chan struct{}
	mu      sync.Mutex
	got     []*message
	control []*h245.MultimediaSystemControlMessage
}

func newPhone(t *testing.T, conn net.Conn) *phone {
	p := &phone{t: t, conn: conn, done: make(chan struct{})}
	go p.read()
	return p
}

func (p *phone) read() {
	defer close(p.done)
	r := tpkt.NewReader(p.conn, tpkt.Policy{Frame: -1})
	for {
		b, err := r.Next()
		if err != nil {
			return
		}
		if len(b) == 0 {
			continue
		}
		m, err := parse(b)
		if err != nil {
			p.t.Errorf("message of ours cannot be decoded: %v", err)
			continue
		}
		p.mu.Lock()
		p.got = append(p.got, m)
		p.mu.Unlock()
		for _, e := range m.pdu.H245Control {
			p.pdu(e)
		}
	}
}

func (p *phone) pdu(e []byte) {
	c, err := h245.Unmarshal(e)
	if err != nil {
		p.t.Errorf("H.245 message of ours cannot be decoded: %v", err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.control = append(p.control, c)
}

// say sends a frame and lets its consequences happen.
func (p *phone) say(b []byte) {
	frame, err := tpkt.Append(nil, b)
	if err != nil {
		p.t.Fatal(err)
	}
	_, _ = p.conn.Write(frame)
	time.Sleep(50 * time.Millisecond)
	synctest.Wait()
}

func (p *phone) settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// types are the messages that came, as one text.
func (p *phone) types() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var s []string
	for _, m := range p.got {
		s = append(s, m.Type.String())
	}
	return strings.Join(s, " ")
}

// names are the H.245 messages that came, as one text.
func (p *phone) names() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var s []string
	for _, m := range p.control {
		s = append(s, m.Name())
	}
	return strings.Join(s, " ")
}

// messages are all that came.
func (p *phone) messages() []*message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got[:len(p.got):len(p.got)]
}

// heard are the H.245 messages that came.
func (p *phone) heard() []*h245.MultimediaSystemControlMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.control[:len(p.control):len(p.control)]
}

// last is the last message of that type; nil: none came.
func (p *phone) last(t q931.Type) *message {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.got) - 1; i >= 0; i-- {
		if p.got[i].Type == t {
			return p.got[i]
		}
	}
	return nil
}

// exchange is a phone against our callee.
type exchange struct {
	*phone
	net  *fabric
	desk *desk
	call *Call
	host *host // the phone's
	cfg  *Config
}

func newExchange(t *testing.T, cfg Config, from string) *exchange {
	f := newFabric()
	x := &exchange{net: f, desk: newDesk(calleeIP + ":6000")}
	at := netip.MustParseAddrPort(from)
	x.host = f.host(at.Addr().String())
	cfg.Net = f.host(calleeIP)
	x.cfg = &cfg
	near, far := connPair(at, target.Signal)
	x.desk.incoming = func(c *Call, _ *Setup) {
		c.Proceed()
		c.Answer()
	}
	x.call = x.desk.has(Accept(far, x.cfg, x.desk, x.desk))
	x.phone = newPhone(t, near)
	return x
}

// end closes what the phone has and waits for the call.
func (x *exchange) end() {
	x.conn.Close()
	<-x.call.Done()
	<-x.done
	synctest.Wait()
	if n := len(x.net.listen); n != 0 {
		x.t.Errorf("%d listeners left open", n)
	}
}

// TestCapturedCallers replays what callers in the captures sent, octet for octet,
// against our callee: it answers, opens sound to where the caller wants it, hears
// the keys, and ends when the caller does.
func TestCapturedCallers(t *testing.T) {
	for _, path := range recordings(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".pcap")
		t.Run(name, func(t *testing.T) {
			r := record(t, path)
			synctest.Test(t, func(t *testing.T) { replay(t, name, r) })
		})
	}
}

// replay plays the caller's side. Captured h245Addresses are of the recording's
// machines: the phone's own is the recorded one, and it connects to ours.
func replay(t *testing.T, name string, r *recorded) {
	x := newExchange(t, Config{Product: "Partyline", Version: "test"}, r.caller.String())
	var separate *phone
	var listener net.Listener
	if strings.HasPrefix(name, "b2_") {
		// This caller lets us connect: its address is in its Facility.
		listener, _ = x.host.Listen(netip.MustParseAddrPort("127.0.0.1:18561"))
		go func() {
			if conn, err := listener.Accept(); err == nil {
				separate = newControlPhone(t, conn)
			}
		}()
	}
	for _, m := range r.all {
		switch {
		case m.From.Addr() != r.caller.Addr():
			t.Fatalf("recording of several hosts")
		case m.Kind == capture.Signalling && m.From == r.caller:
			x.say(x.adapt(m.Data))
			if strings.HasPrefix(name, "b2_") {
				x.settle(yield) // its address is the lower one: it might connect to ours
			}
			if strings.HasPrefix(name, "c_") && separate == nil {
				if c := x.last(q931.Connect); c != nil {
					separate = x.connectControl(c)
				}
			}
		case m.Kind == capture.Control && m.From.Port() == 17661 && separate != nil:
			separate.say(acknowledge(t, m.Data, separate.heard()))
		}
		if sent := x.last(q931.Connect); sent != nil && x.desk.send != nil && x.desk.reason().Cause == 0 {
			checkSound(t, name, x.desk)
		}
	}
	x.checkReplay(name, separate)
	if listener != nil {
		listener.Close()
	}
	if separate != nil {
		separate.conn.Close()
		<-separate.done
	}
	x.end()
}

// connectControl opens the separate H.245 connection to where Connect says.
func (x *exchange) connectControl(connect *message) *phone {
	at, ok := connect.body.Connect.H245Address.AddrPort()
	if !ok {
		x.t.Fatal("Connect without h245Address")
	}
	conn, err := x.host.Dial(x.t.Context(), at)
	if err != nil {
		x.t.Fatal(err)
	}
	p := newControlPhone(x.t, conn)
	synctest.Wait()
	return p
}

// newControlPhone is the far end of a separate H.245 connection.
func newControlPhone(t *testing.T, conn net.Conn) *phone {
	p := &phone{t: t, conn: conn, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		r := tpkt.NewReader(conn, tpkt.Policy{})
		for {
			b, err := r.Next()
			if err != nil {
				return
			}
			p.pdu(b)
		}
	}()
	return p
}

// acknowledge has a recorded OpenLogicalChannelAck name the channel that we
// opened: the only thing in a recording that our answers change.
func acknowledge(t *testing.T, recorded []byte, sent []*h245.MultimediaSystemControlMessage) []byte {
	number := 0
	for _, m := range sent {
		if m.Request != nil && m.Request.OpenLogicalChannel != nil {
			number = m.Request.OpenLogicalChannel.ForwardLogicalChannelNumber
		}
	}
	m, err := h245.Unmarshal(recorded)
	if err != nil {
		t.Fatal(err)
	}
	if m.Response == nil || m.Response.OpenLogicalChannelAck == nil || number == 0 {
		return recorded
	}
	m.Response.OpenLogicalChannelAck.ForwardLogicalChannelNumber = number
	changed, err := h245.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// adapt does so in a message of call signalling.
func (x *exchange) adapt(b []byte) []byte {
	m, err := parse(b)
	if err != nil {
		x.t.Fatal(err)
	}
	if m.Type != q931.Facility || len(m.pdu.H245Control) == 0 {
		return b
	}
	for i, e := range m.pdu.H245Control {
		m.pdu.H245Control[i] = acknowledge(x.t, e, x.heard())
	}
	uu, err := h225.Marshal(&h225.H323UserInformation{H323UuPdu: *m.pdu})
	if err != nil {
		x.t.Fatal(err)
	}
	m.SetUserUser(uu)
	if b, err = m.Append(nil); err != nil {
		x.t.Fatal(err)
	}
	return b
}

// checkSound: we send to where the caller wants its sound.
func checkSound(t *testing.T, name string, d *desk) {
	t.Helper()
	if d.send.RTP.Addr() != netip.MustParseAddr("127.0.0.1") || d.send.RTP.Port() == 0 || d.send.RTP.Port()%2 != 0 {
		t.Errorf("sends to %v", d.send.RTP)
	}
	if name == "f_g722" && d.send.Codec != G722 {
		t.Errorf("sends %s", d.send.Codec)
	}
}

// pressed are the keys of the captures' callers, as tshark reads them.
const pressed = "1234*#0"

func (x *exchange) checkReplay(name string, separate *phone) {
	synctest.Wait()
	t, names := x.t, x.names()
	if separate != nil {
		names += " " + separate.names()
	}
	t.Logf("Q.931: %s; H.245: %s; keys %q", x.types(), names, x.desk.digits())
	if !strings.HasPrefix(x.types(), "CallProceeding Connect") {
		t.Errorf("answered by %s", x.types())
	}
	if x.desk.setup == nil || x.desk.setup.Caller.Name != "caller" {
		t.Fatalf("setup %+v", x.desk.setup)
	}
	if x.desk.reason().Cause == 0 {
		t.Error("the call did not end with the caller's ReleaseComplete")
	}
	if name != "i_reject" && (x.desk.sends == 0 || x.desk.receives == 0) {
		t.Errorf("sound agreed on: to the caller %d times, from it %d times", x.desk.sends, x.desk.receives)
	}
	if id := x.last(q931.Connect).body.Connect.CallIdentifier; ID(id.Guid) != x.desk.setup.CallID {
		t.Error("another call identifier")
	}
	if strings.HasPrefix(name, "d_dtmf") && name != "d_dtmf_rfc2833" {
		if x.desk.digits() != pressed {
			t.Errorf("keys %q", x.desk.digits())
		}
	}
	for _, want := range []string{"terminalCapabilitySet", "masterSlaveDetermination"} {
		if name != "i_reject" && !strings.Contains(names, want) {
			t.Errorf("we sent no %s", want)
		}
	}
}

// TestCapturedNumbers: the called numbers of the captures.
func TestCapturedNumbers(t *testing.T) {
	want := map[string]string{
		"h_dest_bareip":    "[]",
		"h_dest_digits":    fmt.Sprint([]Called{{"600", DialedDigits, DestinationAddress}}),
		"h_dest_url":       fmt.Sprint([]Called{{"600", URLID, DestinationAddress}}),
		"h_dest_remoteext": fmt.Sprint([]Called{{"600", PartyNumber, CalledPartyNumber}, {"700", DialedDigits, DestExtraCallInfo}}),
		"b_faststart":      fmt.Sprint([]Called{{"600", H323ID, DestinationAddress}}),
	}
	for _, path := range recordings(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".pcap")
		if want[name] == "" {
			continue
		}
		m, err := parse(record(t, path).all[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		s := readSetup(m, m.body.Setup)
		if got := fmt.Sprint(s.Called); got != want[name] {
			t.Errorf("%s: called %s, not %s", name, got, want[name])
		}
		if s.Caller.Version != "1.0.0 (H323plus v1.28.0)" {
			t.Errorf("%s: version %q", name, s.Caller.Version)
		}
	}
}
