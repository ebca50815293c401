package control

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/internal/capture"
	"github.com/partyline/partyline/h323/per"
)

const captures = "../../../shared/pcap"

// dialogue is the H.245 of a captured call: who said what, and what fast connect had.
type dialogue struct {
	name            string
	callerPort      uint16
	lines           []spoken
	proposed, taken []*h245.OpenLogicalChannel
}

type spoken struct {
	byCaller bool
	octets   []byte
	m        *Message
}

// dialogues reads all captured calls that have any H.245.
func dialogues(t testing.TB) (list []dialogue) {
	paths := capture.Find(captures)
	if len(paths) == 0 {
		t.Skip("no captured calls in " + captures)
	}
	for _, path := range paths {
		messages, err := capture.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		d := dialogue{name: strings.TrimSuffix(filepath.Base(path), ".pcap")}
		for _, m := range messages {
			d.add(t, m)
		}
		list = append(list, d)
	}
	return list
}

func (d *dialogue) add(t testing.TB, m capture.Message) {
	switch m.Kind {
	case capture.Control: // its first speaker is the called endpoint in these calls
		d.say(t, m.To.Port() > m.From.Port(), m.Data)
	case capture.Signalling:
		octets, ok := capture.UserUser(m.Data)
		if !ok {
			return
		}
		info, err := h225.Unmarshal(octets)
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		pdu := &info.H323UuPdu
		if b := pdu.H323MessageBody.Setup; b != nil {
			d.callerPort = m.From.Port()
			d.proposed = channels(t, b.FastStart)
			for _, c := range b.ParallelH245Control {
				d.say(t, true, c)
			}
		}
		if b := pdu.H323MessageBody.Connect; b != nil {
			d.taken = channels(t, b.FastStart)
		}
		for _, c := range pdu.H245Control {
			d.say(t, m.From.Port() == d.callerPort, c)
		}
	}
}

func (d *dialogue) say(t testing.TB, byCaller bool, octets []byte) {
	m, err := h245.Unmarshal(octets)
	if err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	d.lines = append(d.lines, spoken{byCaller, octets, m})
}

func channels(t testing.TB, list [][]byte) (olcs []*h245.OpenLogicalChannel) {
	for _, b := range list {
		olc := new(h245.OpenLogicalChannel)
		if err := per.Unmarshal(b, olc); err != nil {
			t.Fatal(err)
		}
		olcs = append(olcs, olc)
	}
	return olcs
}

// replay plays one end of the call to a Session that stands for the other end, with
// that end's number, and tells how it was.
func (d *dialogue) replay(t *testing.T, asCaller bool) *side {
	p := scripted(t, stopped, func(c *Config) {
		c.TerminalType = 50
		c.Random = func() uint32 { return d.number(asCaller) }
	})
	p.w.do(func() {
		if d.proposed == nil {
			return
		}
		if !asCaller {
			p.s.Choose(d.proposed)
			return
		}
		if _, err := p.s.Propose(); err != nil {
			t.Error(err)
		}
		if err := p.s.Adopt(d.taken); err != nil && d.taken != nil {
			t.Error(err)
		}
	})
	p.w.do(p.s.Start)
	for _, l := range d.lines {
		if l.byCaller == asCaller {
			continue
		}
		m, err := h245.Unmarshal(l.octets)
		if err != nil {
			t.Fatal(err)
		}
		if r := m.Response; r != nil && r.OpenLogicalChannelAck != nil {
			if p.count("openLogicalChannel") == 0 || r.OpenLogicalChannelAck.ForwardLogicalChannelNumber != 101 {
				continue // of video, which we don't open
			}
			r.OpenLogicalChannelAck.ForwardLogicalChannelNumber = p.pending() // we count from 1
		}
		p.receive(m)
	}
	return p
}

// number is what the end gave in its determination.
func (d *dialogue) number(caller bool) uint32 {
	for _, l := range d.lines {
		if l.byCaller == caller && l.m.Request != nil && l.m.Request.MasterSlaveDetermination != nil {
			return uint32(l.m.Request.MasterSlaveDetermination.StatusDeterminationNumber)
		}
	}
	return 12345
}

// decided is what the end was told to be.
func (d *dialogue) decided(caller bool) (master, known bool) {
	for _, l := range d.lines {
		if l.byCaller != caller && l.m.Response != nil && l.m.Response.MasterSlaveDeterminationAck != nil {
			return l.m.Response.MasterSlaveDeterminationAck.Decision.Master != nil, true
		}
	}
	return false, false
}

// keysSent is what the end pressed.
func (d *dialogue) keysSent(caller bool) (keys string) {
	for _, l := range d.lines {
		if l.byCaller != caller || l.m.Indication == nil || l.m.Indication.UserInput == nil {
			continue
		}
		switch u := l.m.Indication.UserInput; {
		case u.Alphanumeric != nil:
			keys += *u.Alphanumeric
		case u.Signal != nil:
			keys += u.Signal.SignalType
		}
	}
	return keys
}

// TestCapturedDialogues puts a Session in the place of each end of each captured call.
func TestCapturedDialogues(t *testing.T) {
	played := 0
	for _, d := range dialogues(t) {
		if d.lines == nil && d.taken == nil {
			continue
		}
		for _, asCaller := range []bool{true, false} {
			t.Run(d.name, func(t *testing.T) {
				played++
				p := d.replay(t, asCaller)
				d.check(t, p, asCaller)
			})
		}
	}
	if played < 28 {
		t.Errorf("only %d dialogues", played)
	}
}

func (d *dialogue) check(t *testing.T, p *side, asCaller bool) {
	if want, known := d.decided(asCaller); known {
		if got, ok := p.s.Master(); !ok || got != want {
			t.Errorf("as caller %v: master %v (known %v), the real one was %v", asCaller, got, ok, want)
		}
	}
	if want := d.keysSent(!asCaller); p.keys != want {
		t.Errorf("as caller %v: keys %q, want %q", asCaller, p.keys, want)
	}
	opened := strings.Join(p.told, "; ")
	if !strings.Contains(opened, "opened receive") || !strings.Contains(opened, "opened transmit") {
		t.Errorf("as caller %v: told %q, sent %v", asCaller, opened, p.sent)
	}
	if d.name == "f_g722" && strings.Contains(opened, "G.711") {
		t.Errorf("told %q", opened)
	}
	for _, n := range p.sent {
		if n == "functionNotUnderstood" || n == "functionNotSupported" {
			t.Errorf("sent %s", n)
		}
	}
	ends := false
	for _, l := range d.lines {
		ends = ends || l.byCaller != asCaller && l.m.Command != nil && l.m.Command.EndSessionCommand != nil
	}
	if ends != (len(p.ended) == 1) {
		t.Errorf("ended %v", p.ended)
	}
	if d.name == "l_roomcaps_video" {
		d.checkRoom(t, p)
	}
}

// checkRoom: the room system's long set is read to its end, its video is refused.
func (d *dialogue) checkRoom(t *testing.T, p *side) {
	c := p.caps[len(p.caps)-1]
	for _, want := range []string{"H.264", "H.263", "H.239", "G.722.1", "G.722.1 Annex C", "AAC", "H.224", "iLBC"} {
		found := false
		for _, o := range c.Others {
			found = found || o == want
		}
		if !found {
			t.Errorf("%s is not among %q", want, c.Others)
		}
	}
	if len(c.Audio) != 3 || !c.Video || !c.Data || c.EventPayloadType != 101 || c.Input != InputBasicString|InputSignal|InputHookFlash {
		t.Errorf("%+v", c)
	}
	if r := p.last("openLogicalChannelReject").Response.OpenLogicalChannelReject; r.Cause.DataTypeNotSupported == nil {
		t.Errorf("%+v", r)
	}
}
