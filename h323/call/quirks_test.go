package call

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/q931"
)

const phoneAt = callerIP + ":40000"

// with runs a test with a phone against our callee, in virtual time.
func with(t *testing.T, cfg Config, f func(*testing.T, *exchange)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, cfg, phoneAt)
		f(t, x)
		x.end()
	})
}

// call sends a Setup.
func (x *exchange) setup(edit func(*h225.SetupUUIE, *pdu)) {
	x.say(build(x.t, q931.Setup, setupPDU(edit), nil))
}

// TestKeepAlives: empty frames, empty Facility and a reserved TPKT octet that is
// not zero change nothing.
func TestKeepAlives(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		for range 3 {
			x.say(nil)
		}
		x.setup(nil)
		before := len(x.messages())
		x.say(nil)
		x.say(build(t, q931.Facility, facilityPDU(yes(), nil), nil))
		x.say(build(t, q931.Facility, facilityPDU(yes(), nil), func(m *q931.Message) { m.Set(q931.IDFacility, nil) }))
		b := build(t, q931.StatusInquiry, pdu{H323MessageBody: h225.H323UUPDUH323MessageBody{StatusInquiry: &h225.StatusInquiryUUIE{
			ProtocolIdentifier: h225.Protocol, CallIdentifier: h225.CallIdentifier{Guid: testID},
		}}}, nil)
		frame := append([]byte{3, 0x5a, byte((len(b) + 4) >> 8), byte(len(b) + 4)}, b...)
		_, _ = x.conn.Write(frame)
		x.settle(time.Second)
		if x.desk.reason().Cause != 0 || len(x.messages()) != before+1 {
			t.Errorf("%s, %v", x.types(), x.desk.reason())
		}
		s := x.last(q931.Status)
		if s == nil {
			t.Fatal("StatusInquiry was not answered")
		}
		if state, _ := s.CallState(); state != q931.StateActive {
			t.Errorf("call state %d", state)
		}
		if c, _ := s.Cause(); c.Value != q931.ResponseToStatusEnquiry {
			t.Errorf("cause %d", c.Value)
		}
	})
}

// TestSeveralPDUs: several H.245 messages in one Facility, and several in one
// octet string, are all answered.
func TestSeveralPDUs(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		one := roundTrip(t)
		x.say(build(t, q931.Facility, facilityPDU(yes(), nil, one, one, append(append([]byte(nil), one...), one...)), nil))
		if n := strings.Count(x.names(), "roundTripDelayResponse"); n != 4 {
			t.Errorf("%d answers of 4: %s", n, x.names())
		}
		for _, m := range x.messages() {
			if m.Type == q931.Facility && len(m.pdu.H245Control) != 1 {
				t.Error("several PDUs in a Facility of ours")
			}
			if m.pdu.H245Tunneling == nil || m.Type != q931.CallProceeding && !*m.pdu.H245Tunneling {
				t.Errorf("%s does not say that it is tunnelled", m.Type)
			}
		}
	})
}

// TestEarlyControl: H.245 in Setup is answered by the first message that can be.
func TestEarlyControl(t *testing.T) {
	for _, alert := range []bool{false, true} {
		for _, parallel := range []bool{false, true} {
			with(t, Config{}, func(t *testing.T, x *exchange) {
				x.desk.incoming = func(c *Call, _ *Setup) {
					c.Proceed()
					if alert {
						c.Alert()
					} else {
						c.Answer()
					}
				}
				x.setup(func(s *h225.SetupUUIE, p *pdu) {
					if parallel {
						s.ParallelH245Control = [][]byte{roundTrip(t)}
					} else {
						p.H245Control = [][]byte{roundTrip(t)}
					}
				})
				m := x.messages()[1]
				if len(m.pdu.H245Control) != 3 || !strings.Contains(x.names(), "roundTripDelayResponse") {
					t.Errorf("%s carries %d PDUs: %s", m.Type, len(m.pdu.H245Control), x.names())
				}
				if !alert {
					return
				}
				x.call.Answer()
				x.settle(time.Second)
				if x.last(q931.Connect) == nil {
					t.Error("no Connect")
				}
			})
		}
	}
}

// TestUndecided: H.245 before the owner has decided opens nothing.
func TestUndecided(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.desk.incoming = func(c *Call, _ *Setup) { c.Proceed() }
		x.setup(nil)
		x.say(build(t, q931.Facility, facilityPDU(yes(), nil, roundTrip(t)), nil))
		if x.types() != "CallProceeding" || x.desk.asked != 0 {
			t.Errorf("%s, asked %d times", x.types(), x.desk.asked)
		}
		x.call.Answer()
		x.settle(time.Second)
		if !strings.Contains(x.names(), "roundTripDelayResponse") {
			t.Error("what waited was forgotten")
		}
	})
}

// TestEndSession: alone it ends the call with EndSession and ReleaseComplete;
// inside ReleaseComplete it needs no answer.
func TestEndSession(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		x.say(build(t, q931.Facility, facilityPDU(yes(), nil, endSession(t)), nil))
		m := x.last(q931.ReleaseComplete)
		if m == nil {
			t.Fatalf("no ReleaseComplete: %s", x.types())
		}
		if !strings.HasSuffix(x.names(), "endSessionCommand") {
			t.Errorf("no EndSession: %s", x.names())
		}
		if r := x.desk.reason(); r.Cause != 16 || !r.Peer {
			t.Errorf("ended for %v", r)
		}
	})
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		rc := pdu{H245Tunneling: yes(), H245Control: [][]byte{endSession(t)}}
		rc.H323MessageBody.ReleaseComplete = &h225.ReleaseCompleteUUIE{ProtocolIdentifier: h225.Protocol}
		x.say(build(t, q931.ReleaseComplete, rc, nil))
		if r := x.desk.reason(); r.Cause != 16 || !r.Peer {
			t.Errorf("ended for %v", r)
		}
		if x.last(q931.ReleaseComplete) != nil {
			t.Error("ReleaseComplete was answered")
		}
	})
}

// TestOwnRelease: our ReleaseComplete carries EndSession, cause and reason.
func TestOwnRelease(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		x.call.Release(Reason{Cause: 17, Release: ReleaseInConf})
		x.settle(time.Second)
		m := x.last(q931.ReleaseComplete)
		if m == nil || len(m.pdu.H245Control) != 1 || m.body.ReleaseComplete.Reason.InConf == nil {
			t.Fatalf("%s", x.types())
		}
		if c, _ := m.Cause(); c.Value != q931.UserBusy {
			t.Errorf("cause %d", c.Value)
		}
	})
}

// TestKeypad: keys in any message, of either case.
func TestKeypad(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		keypad := func(keys string) func(*q931.Message) {
			return func(m *q931.Message) { m.SetKeypad(keys) }
		}
		info := pdu{H245Tunneling: yes()}
		info.H323MessageBody.Information = &h225.InformationUUIE{ProtocolIdentifier: h225.Protocol}
		x.say(build(t, q931.Information, info, keypad("1")))
		x.say(build(t, q931.Facility, facilityPDU(yes(), nil), keypad("2#")))
		x.say(build(t, q931.Notify, facilityPDU(yes(), nil), keypad("a")))
		bare := q931.New(q931.Information, testCRV, true) // no user-user element, wrong flag
		bare.SetKeypad("9")
		b, _ := bare.Append(nil)
		x.say(b)
		if x.desk.digits() != "12#A9" {
			t.Errorf("keys %q", x.desk.digits())
		}
	})
}

// TestStopsTunnelling: a peer that stops tunnelling gets our H.245 address, and
// H.245 goes on there where it was.
func TestStopsTunnelling(t *testing.T) {
	with(t, Config{H245Ports: PortRange{30000, 30001}}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		x.say(build(t, q931.Facility, facilityPDU(no(), nil), nil))
		m := x.last(q931.Facility)
		if m.body.Facility == nil || m.body.Facility.Reason.StartH245 == nil {
			t.Fatal("no startH245")
		}
		at, _ := m.body.Facility.H245Address.AddrPort()
		if at.Addr().String() != calleeIP || at.Port() < 30000 || at.Port() > 30001 {
			t.Errorf("h245Address %v", at)
		}
		conn, err := x.host.Dial(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		p := newControlPhone(t, conn)
		p.say(roundTrip(t))
		if p.names() != "roundTripDelayResponse" {
			t.Errorf("on the new connection: %q", p.names())
		}
		p.say(endSession(t))
		if p.names() != "roundTripDelayResponse endSessionCommand" || x.last(q931.ReleaseComplete) == nil {
			t.Errorf("end: %q, %s", p.names(), x.types())
		}
		conn.Close()
		<-p.done
	})
}

// TestStrangeAddress: H.245 is connected to the signalling peer and nobody else.
func TestStrangeAddress(t *testing.T) {
	stranger := netip.MustParseAddrPort("203.0.113.66:2776")
	for _, where := range []string{"setup", "startH245"} {
		with(t, Config{}, func(t *testing.T, x *exchange) {
			l, _ := x.net.host("203.0.113.66").Listen(stranger)
			x.setup(func(s *h225.SetupUUIE, p *pdu) {
				p.H245Tunneling = no()
				if where == "setup" {
					s.H245Address = h225.TransportAddressOf(stranger)
				}
			})
			if where == "startH245" {
				x.say(build(t, q931.Facility, facilityPDU(no(), func(f *h225.FacilityUUIE) {
					f.Reason.StartH245, f.H245Address = null, h225.TransportAddressOf(stranger)
				}), nil))
			}
			x.settle(5 * time.Second)
			if x.net.dialed != 0 {
				t.Error("connected to a stranger")
			}
			if x.last(q931.Connect).body.Connect.H245Address == nil {
				t.Error("our own address was not offered")
			}
			l.Close()
		})
	}
}

// TestStrangeCaller: only the signalling peer may use our H.245 listener.
func TestStrangeCaller(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(func(_ *h225.SetupUUIE, p *pdu) { p.H245Tunneling = nil })
		at, _ := x.last(q931.Connect).body.Connect.H245Address.AddrPort()
		strange, err := x.net.host("203.0.113.66").Dial(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		x.settle(time.Second)
		if n, err := strange.Read(make([]byte, 1)); err == nil {
			t.Errorf("a stranger got %d octets", n)
		}
		conn, err := x.host.Dial(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		p := newControlPhone(t, conn)
		p.say(roundTrip(t))
		if !strings.Contains(p.names(), "roundTripDelayResponse") {
			t.Errorf("H.245 %q", p.names())
		}
		conn.Close()
		<-p.done
	})
}

// TestNoWayForControl: a slow start that gets no H.245 ends; one whose H.245
// connection is refused offers its own.
func TestNoWayForControl(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(func(s *h225.SetupUUIE, p *pdu) {
			p.H245Tunneling = no()
			s.H245Address = h225.TransportAddressOf(netip.MustParseAddrPort(callerIP + ":2776"))
		})
		x.settle(time.Second)
		if m := x.last(q931.Facility); m == nil || m.body.Facility == nil || m.body.Facility.Reason.StartH245 == nil {
			t.Errorf("no startH245: %s", x.types())
		}
		x.settle(10 * time.Second)
		if r := x.desk.reason(); r.Err != errNoControl {
			t.Errorf("ended for %v", r)
		}
	})
}

// TestSecondSetup: the same Setup again is ignored, another call on the
// connection is refused, and the first one goes on.
func TestSecondSetup(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		before := x.types()
		x.setup(nil)
		if x.types() != before {
			t.Errorf("a repeated Setup was answered: %s", x.types())
		}
		b := build(t, q931.Setup, setupPDU(nil), nil)
		b[3]++ // another call reference
		x.say(b)
		m := x.last(q931.ReleaseComplete)
		if m == nil || m.CallReference != testCRV+1 || m.body.ReleaseComplete.Reason.NewConnectionNeeded == nil {
			t.Fatalf("second call: %s", x.types())
		}
		if x.desk.reason().Cause != 0 {
			t.Errorf("first call ended for %v", x.desk.reason())
		}
	})
}

// TestNotACall: Setups that want no call, or say nothing.
func TestNotACall(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(func(s *h225.SetupUUIE, _ *pdu) {
			s.ConferenceGoal = h225.SetupUUIEConferenceGoal{CallIndependentSupplementaryService: null}
		})
		if x.types() != "ReleaseComplete" || x.desk.setup != nil {
			t.Errorf("%s", x.types())
		}
	})
	with(t, Config{}, func(t *testing.T, x *exchange) {
		b, _ := q931.New(q931.Setup, testCRV, false).Append(nil)
		x.say(b)
		if c, _ := x.last(q931.ReleaseComplete).Cause(); c.Value != q931.MandatoryElementMissing {
			t.Errorf("cause %d", c.Value)
		}
	})
	with(t, Config{}, func(t *testing.T, x *exchange) {
		m := q931.New(q931.Setup, testCRV, false)
		m.SetUserUser([]byte{0xff, 0xff, 0xff})
		b, _ := m.Append(nil)
		x.say(b)
		if c, _ := x.last(q931.ReleaseComplete).Cause(); c.Value != q931.InvalidElementContents {
			t.Errorf("cause %d", c.Value)
		}
	})
}

// TestStatus: a peer that knows nothing of the call has cleared it; an unknown
// message type is answered with Status.
func TestStatus(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		x.say([]byte{8, 2, 0, testCRV, 0x3e})
		if c, _ := x.last(q931.Status).Cause(); c.Value != q931.MessageTypeNonExistent {
			t.Errorf("cause %d", c.Value)
		}
		m := q931.New(q931.Status, testCRV, false)
		m.SetCallState(q931.StateNull)
		b, _ := m.Append(nil)
		x.say(b)
		if r := x.desk.reason(); r.Err != errPeerCleared || !r.Peer {
			t.Errorf("ended for %v", r)
		}
	})
}

// TestProbeBySignalling: where there is no H.245, StatusInquiry tells whether the
// peer is there.
func TestProbeBySignalling(t *testing.T) {
	with(t, Config{Timers: Timers{Control: time.Hour}}, func(t *testing.T, x *exchange) {
		x.setup(func(_ *h225.SetupUUIE, p *pdu) { p.H245Tunneling = no() })
		got := make(chan error, 2)
		x.call.Probe(5*time.Second, func(_ time.Duration, err error) { got <- err })
		x.settle(time.Second)
		if x.last(q931.StatusInquiry) == nil {
			t.Fatal("no StatusInquiry")
		}
		m := q931.New(q931.Status, testCRV, false)
		m.SetCallState(q931.StateActive)
		b, _ := m.Append(nil)
		x.say(b)
		if err := <-got; err != nil {
			t.Error(err)
		}
		x.call.Probe(5*time.Second, func(_ time.Duration, err error) { got <- err })
		x.settle(6 * time.Second)
		if err := <-got; err == nil {
			t.Error("a silent peer was heard")
		}
		x.call.SendKey('7')
		x.settle(time.Second)
		if k, _ := x.last(q931.Information).Keypad(); k != "7" {
			t.Errorf("keypad %q", k)
		}
	})
}

// TestSignallingClosed: with H.245 on its own connection, call signalling may
// close after Connect; H.245 ends the call then.
func TestSignallingClosed(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(func(_ *h225.SetupUUIE, p *pdu) { p.H245Tunneling = no() })
		at, _ := x.last(q931.Connect).body.Connect.H245Address.AddrPort()
		conn, err := x.host.Dial(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		p := newControlPhone(t, conn)
		p.say(roundTrip(t))
		x.conn.Close()
		x.settle(time.Minute)
		if r := x.desk.reason(); r.Cause != 0 {
			t.Errorf("ended for %v", r)
		}
		p.say(endSession(t))
		if r := x.desk.reason(); r.Cause != 16 || !r.Peer {
			t.Errorf("ended for %v", r)
		}
		conn.Close()
		<-p.done
	})
}

// TestLost: connections that break end the call and say how.
func TestLost(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		x.conn.Close()
		x.settle(time.Second)
		if r := x.desk.reason(); r.Cause != causeTemporaryFailure || !r.Peer || r.Err == nil {
			t.Errorf("ended for %v", r)
		}
	})
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.conn.Close()
		x.settle(time.Second)
		if len(x.desk.ended) != 1 {
			t.Errorf("%d ends", len(x.desk.ended))
		}
	})
}
