package call

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/internal/capture"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/h323/tpkt"
)

// TestSilentConnection: nothing but keep-alives, and nothing at all, for 30 s.
func TestSilentConnection(t *testing.T) {
	for _, alive := range []bool{false, true} {
		with(t, Config{}, func(t *testing.T, x *exchange) {
			began := time.Now()
			for alive && time.Since(began) < time.Minute && x.desk.reason().Cause == 0 {
				x.say(nil)
				x.settle(time.Second)
			}
			<-x.call.Done()
			if d := time.Since(began); d < 30*time.Second || d > 32*time.Second {
				t.Errorf("closed after %v", d)
			}
			if r := x.desk.reason(); r.Err != errNoSetup {
				t.Errorf("ended for %v", r)
			}
		})
	}
}

// TestSlowFrame: a frame that trickles in is not waited for.
func TestSlowFrame(t *testing.T) {
	for _, answered := range []bool{false, true} {
		with(t, Config{}, func(t *testing.T, x *exchange) {
			if answered {
				x.setup(nil)
			}
			began := time.Now()
			for _, b := range []byte{3, 0, 0, 100, 8, 2, 0, 1, 5, 4, 3, 8, 8, 8} {
				_, _ = x.conn.Write([]byte{b})
				x.settle(time.Second)
			}
			x.settle(0)
			if r := x.desk.reason(); r.Cause != causeRecoveryOnTimer || !errors.Is(r.Err, tpkt.ErrSlow) {
				t.Errorf("ended for %v", r)
			}
			<-x.call.Done()
			if d := time.Since(began); d > 20*time.Second {
				t.Errorf("closed after %v", d)
			}
			if answered && x.last(q931.ReleaseComplete) == nil {
				t.Error("no ReleaseComplete")
			}
		})
	}
}

// TestBrokenFraming: what is not TPKT ends the connection at once.
func TestBrokenFraming(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		_, _ = x.conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		x.settle(3 * time.Second)
		if r := x.desk.reason(); r.Cause != causeProtocolError || !errors.Is(r.Err, tpkt.ErrVersion) {
			t.Errorf("ended for %v", r)
		}
	})
}

// TestStuckPeer: a peer that reads nothing loses its call, and costs no more than
// its queue.
func TestStuckPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := connPair(netip.MustParseAddrPort(phoneAt), target.Signal)
		d := newDesk(calleeIP + ":6000")
		d.incoming = func(c *Call, _ *Setup) { c.Answer() }
		c := d.has(Accept(far, &Config{}, d, d))
		frame, _ := tpkt.Append(nil, build(t, q931.Setup, setupPDU(nil), nil))
		_, _ = near.Write(frame)
		ask := pdu{H323MessageBody: h225.H323UUPDUH323MessageBody{StatusInquiry: &h225.StatusInquiryUUIE{
			ProtocolIdentifier: h225.Protocol, CallIdentifier: h225.CallIdentifier{Guid: testID},
		}}}
		inquiry, _ := tpkt.Append(nil, build(t, q931.StatusInquiry, ask, nil))
		go func() {
			for {
				if _, err := near.Write(inquiry); err != nil {
					return
				}
			}
		}()
		<-c.Done()
		r := d.reason()
		if !errors.Is(r.Err, errStuck) && !errors.Is(r.Err, os.ErrDeadlineExceeded) {
			t.Errorf("ended for %v", r)
		}
		near.Close()
	})
}

// TestGarbageInCall: unreadable messages are answered with Status, and too many
// of them end the call.
func TestGarbageInCall(t *testing.T) {
	with(t, Config{}, func(t *testing.T, x *exchange) {
		x.setup(nil)
		m := q931.New(q931.Facility, testCRV, false)
		m.SetUserUser([]byte{0xff, 0xff})
		b, _ := m.Append(nil)
		x.say(b)
		if x.last(q931.Status) == nil || x.desk.reason().Cause != 0 {
			t.Fatalf("%s %v", x.types(), x.desk.reason())
		}
		for range mostGarbage {
			x.say([]byte{1, 2, 3})
		}
		if r := x.desk.reason(); !errors.Is(r.Err, errGarbage) {
			t.Errorf("ended for %v", r)
		}
	})
	with(t, Config{}, func(t *testing.T, x *exchange) {
		// Unreadable H.245 costs nobody the call, however much it is.
		x.setup(nil)
		for range 3 * mostGarbage {
			x.say(build(t, q931.Facility, facilityPDU(yes(), nil, []byte{0xff, 0xff, 0xff}), nil))
		}
		if r := x.desk.reason(); r.Cause != 0 {
			t.Errorf("ended for %v", r)
		}
	})
}

// TestPanicIsAlone: a panic in the owner ends that call, politely, and no other.
func TestPanicIsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPair(t), newPair(t)
		a.callee.incoming = func(*Call, *Setup) { panic("fault") }
		b.dial(target)
		a.dial(target)
		a.gone()
		if r := a.callee.reason(); !errors.Is(r.Err, errPanic) || r.Cause != causeTemporaryFailure {
			t.Errorf("callee ended for %v", r)
		}
		if r := a.caller.reason(); r.Cause != causeTemporaryFailure || !r.Peer || r.Err != nil {
			t.Errorf("caller ended for %v", r)
		}
		b.talking(G722)
		b.hangUp()
	})
}

// panicky panics in every method.
type panicky struct{}

func (panicky) Incoming(*Setup)                              { panic("Incoming") }
func (panicky) Progress(Progress)                            { panic("Progress") }
func (panicky) Connected()                                   { panic("Connected") }
func (panicky) Key(Key)                                      { panic("Key") }
func (panicky) Ended(Reason)                                 { panic("Ended") }
func (panicky) Local() (rtp, rtcp netip.AddrPort, err error) { panic("Local") }
func (panicky) Send(*Channel)                                { panic("Send") }
func (panicky) Receive([]Channel)                            { panic("Receive") }

// TestPanicEverywhere: an owner that panics always still loses its call only.
func TestPanicEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.listen()
		c := Dial(t.Context(), target, &p.from, panicky{}, panicky{})
		<-c.Done()
		p.listener.Close()
		synctest.Wait()
		if p.callee.call != nil {
			<-p.callee.call.Done()
		}
		near, far := connPair(netip.MustParseAddrPort(phoneAt), target.Signal)
		c = Accept(far, &p.to, panicky{}, panicky{})
		frame, _ := tpkt.Append(nil, build(t, q931.Setup, setupPDU(nil), nil))
		_, _ = near.Write(frame)
		<-c.Done()
		near.Close()
	})
}

// setups are the Setups of the captures, without their TPKT header.
func setups(t testing.TB) [][]byte {
	var all [][]byte
	for _, path := range recordings(t) {
		for _, m := range record(t, path).all {
			if m.Kind == capture.Signalling {
				all = append(all, m.Data)
				break
			}
		}
	}
	return all
}

// mutate changes a few octets, lengths and ends of a message.
func mutate(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + r.IntN(4) {
		i := r.IntN(len(b))
		switch r.IntN(6) {
		case 0:
			b[i] = byte(r.Uint32())
		case 1:
			b[i] ^= 1 << r.IntN(8)
		case 2:
			b = b[:max(i, 1)]
		case 3:
			b = append(b[:i:i], append([]byte{byte(r.Uint32())}, b[i:]...)...)
		case 4:
			b[i] = []byte{0, 0x7f, 0x80, 0xff, 0xc4, 0xbf}[r.IntN(6)]
		case 5:
			n := min(r.IntN(32), len(b)-i)
			b = append(b[:i:i], b[i+n:]...)
			if len(b) == 0 {
				b = []byte{8}
			}
		}
	}
	return b
}

// TestMutatedSetups: 20,000 mutated Setups panic nowhere, leave no goroutine and
// no listener, and each connection still takes a call or ends. Some calls are
// answered and go on with a mutated message.
func TestMutatedSetups(t *testing.T) {
	total := 20000
	if testing.Short() {
		total = 2000
	}
	seeds := setups(t)
	r := rand.New(rand.NewPCG(1, 2))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	answered := 0
	for done := 0; done < total; done += 200 {
		synctest.Test(t, func(t *testing.T) {
			for range 200 {
				if mutated(t, r, seeds[r.IntN(len(seeds))]) {
					answered++
				}
			}
		})
	}
	runtime.ReadMemStats(&after)
	t.Logf("%d of %d calls were answered; %d KiB allocated a call", answered, total, (after.TotalAlloc-before.TotalAlloc)>>10/uint64(total))
	if answered < total/100 || answered == total {
		t.Errorf("%d of %d mutated Setups were answered: does this test mutate?", answered, total)
	}
}

// mutated plays one mutated call; answered says whether it became one.
func mutated(t *testing.T, r *rand.Rand, seed []byte) (answered bool) {
	f := newFabric()
	d := newDesk(calleeIP + ":6000")
	d.incoming = func(c *Call, _ *Setup) { c.Proceed(); c.Alert(); c.Answer() }
	near, far := connPair(netip.MustParseAddrPort("127.0.0.1:40000"), netip.MustParseAddrPort("127.0.0.1:1720"))
	log := &panics{}
	c := d.has(Accept(far, &Config{Net: f.host("127.0.0.1"), Log: log.logger(), Encryption: secure.Policy(r.IntN(2))}, d, d))
	for range 1 + r.IntN(2) {
		frame, err := tpkt.Append(nil, mutate(r, seed))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = near.Write(frame)
		synctest.Wait()
	}
	answered = d.connected > 0
	near.Close()
	<-c.Done()
	if len(d.ended) != 1 || len(f.listen) != 0 || log.n.Load() != 0 {
		t.Errorf("%d ends, %d listeners, %d panics: %s", len(d.ended), len(f.listen), log.n.Load(), log.text())
	}
	return answered
}
