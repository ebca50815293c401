package trace

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	us      = netip.MustParseAddrPort("203.0.113.10:5060")
	carrier = netip.MustParseAddrPort("198.51.100.7:5060")
	other   = netip.MustParseAddrPort("198.51.100.9:5060")
	began   = time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)
)

// sipPacket is a message of a call, so many ms after the beginning.
func sipPacket(call string, ms int, out bool, summary, data string) Packet {
	return Packet{
		At: began.Add(time.Duration(ms) * time.Millisecond), Protocol: SIP, Network: "UDP", Local: us, Remote: carrier,
		Out: out, CallID: call, Summary: summary, Data: []byte(data),
	}
}

func invite(call string, ms int) Packet {
	return sipPacket(call, ms, false, "INVITE", "INVITE sip:100100@gw SIP/2.0\r\nFrom: <sip:+41445551234@x>\r\nCall-ID: "+call+"\r\n\r\n")
}

func TestACallIsKeptUntilItsEnd(t *testing.T) {
	b := NewBook(Limits{Calls: 10, Messages: 50})
	b.Add(invite("abc", 0))
	b.Add(sipPacket("abc", 5, true, "200 OK", "SIP/2.0 200 OK\r\n\r\n"))
	b.Begin(Call{CallID: "abc", LegID: "leg1", Protocol: "sip", Direction: "in", Caller: "+41445551234", Called: "100100", Began: began})
	b.Add(Packet{At: began.Add(time.Second), Protocol: Log, LegID: "leg1", Summary: "call joined"})
	b.Room("leg1", "100100")
	b.End("leg1", "hangup", "the party hung up", began.Add(time.Minute))
	for _, id := range []string{"abc", "leg1", "le", "ab"} {
		tr, err := b.Trace(id)
		if err != nil {
			t.Fatal(id, err)
		}
		if len(tr.Messages) != 3 || len(tr.Calls) != 1 || tr.Calls[0].Room != "100100" || tr.Calls[0].Cause != "hangup" {
			t.Errorf("%s: %+v", id, tr)
		}
	}
	if _, err := b.Trace("nobody"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if _, err := b.Trace(""); !errors.Is(err, ErrUnknown) {
		t.Error("nothing was asked for:", err)
	}
}

func TestRetransmissionsAreFolded(t *testing.T) {
	b := NewBook(Limits{Calls: 10, Messages: 50})
	for ms := range 4 {
		b.Add(invite("abc", 500*ms))
	}
	// The same octets the other way are another message.
	p := invite("abc", 2100)
	p.Out = true
	b.Add(p)
	tr, err := b.Trace("abc")
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Messages) != 2 || tr.Messages[0].Again != 3 || tr.Messages[0].LastAt.Sub(began) != 1500*time.Millisecond {
		t.Errorf("%+v", tr.Messages)
	}
}

// What is too much of one call is left out in its middle.
func TestBeginningAndEndOfALongCallAreKept(t *testing.T) {
	b := NewBook(Limits{Calls: 10, Messages: 10})
	for i := range 100 {
		b.Add(sipPacket("abc", i, i%2 == 0, fmt.Sprint("UPDATE ", i), fmt.Sprint("UPDATE ", i)))
	}
	tr, err := b.Trace("abc")
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Messages) != 10 || tr.Messages[0].Summary != "UPDATE 0" || tr.Messages[9].Summary != "UPDATE 99" {
		t.Fatalf("%d messages, first %q, last %q", len(tr.Messages), tr.Messages[0].Summary, tr.Messages[9].Summary)
	}
	skipped := 0
	for _, m := range tr.Messages {
		skipped += m.Skipped
	}
	if skipped != 90 || tr.Messages[5].Skipped != 90 || tr.Calls[0].Messages != 100 {
		t.Errorf("%d are said to be left out", skipped)
	}
}

// Neither scanners nor pings push out calls that were answered, and those that are
// up are forgotten last.
func TestWhatIsForgottenFirst(t *testing.T) {
	b := NewBook(Limits{Calls: 30, Messages: 10})
	for i := range 30 {
		id := fmt.Sprint("call", i)
		b.Add(invite(id, i))
		b.Begin(Call{CallID: id, LegID: fmt.Sprint("leg", i), Began: began})
	}
	b.End("leg3", "hangup", "", began)
	for i := range 1000 {
		b.Add(invite(fmt.Sprint("scan", i), i))
		b.Add(sipPacket(fmt.Sprint("ping", i), i, false, "OPTIONS", "OPTIONS "+fmt.Sprint(i)))
	}
	for i := range 30 {
		if _, err := b.Trace(fmt.Sprint("leg", i)); err != nil {
			t.Error(err)
		}
	}
	if n, _ := b.Figures(); n != 30+30+20 {
		t.Errorf("%d are kept", n)
	}
	b.Add(invite("new", 5000))
	b.Begin(Call{CallID: "new", LegID: "newleg", Began: began})
	if _, err := b.Trace("leg3"); err == nil {
		t.Error("the call that is over is kept, in place of one that is up")
	}
	b.Begin(Call{CallID: "newer", LegID: "newerleg", Began: began})
	if _, err := b.Trace("leg0"); err == nil {
		t.Error("more calls are kept than there may be")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	b := NewBook(Limits{Calls: 1000, Messages: 1000, Bytes: 1 << 20})
	for i := range 5000 {
		p := invite(fmt.Sprint("call", i), i)
		p.Data = append(p.Data, make([]byte, 20<<10)...)
		b.Add(p)
		if _, octets := b.Figures(); octets > 1<<20 {
			t.Fatalf("%d octets after %d", octets, i)
		}
	}
	long := invite(strings.Repeat("x", 5000), 0)
	b.Add(long)
	if tr, err := b.Trace(long.CallID); err != nil || len(tr.ID) != longestID {
		t.Error(err, len(tr.ID))
	}
	sum := 0
	for c := range b.lists {
		for at := b.lists[c].Front(); at != nil; at = at.Next() {
			sum += at.Value.(*entry).bytes
		}
	}
	if _, octets := b.Figures(); sum != octets {
		t.Errorf("%d octets are counted, there are %d", octets, sum)
	}
}

func TestLegsOfAConversation(t *testing.T) {
	b := NewBook(Limits{Calls: 10, Messages: 50})
	b.Add(invite("first", 0))
	b.Begin(Call{CallID: "first", LegID: "a", Direction: "in", Began: began})
	b.Link("a", "second") // before its first message
	p := invite("second", 100)
	p.Out, p.Remote = true, other
	b.Add(p)
	b.Begin(Call{CallID: "second", LegID: "b", Direction: "out", Began: began.Add(100 * time.Millisecond)})
	b.Link("second", "third")
	for _, id := range []string{"first", "second", "third", "a", "b"} {
		if got := b.Conversation(id); got != "first" {
			t.Errorf("%s is of %s", id, got)
		}
	}
	tr, err := b.Trace("b")
	if err != nil || len(tr.Calls) != 3 || tr.ID != "first" || len(tr.Messages) != 2 {
		t.Fatalf("%+v %v", tr, err)
	}
	b.Link("a", "b") // again is no harm
	if tr, _ := b.Trace("b"); len(tr.Calls) != 3 {
		t.Error(len(tr.Calls))
	}
	if got := b.Conversation("stranger"); got != "stranger" {
		t.Error(got)
	}
}

// A call that was refused is known by what the refusal said of it.
func TestDescribe(t *testing.T) {
	b := NewBook(Limits{Calls: 5, Messages: 5})
	b.Add(invite("abc", 0))
	b.Describe(Call{CallID: "abc", LegID: "leg1", Trunk: "carrier-a", Caller: "+41445551234", Direction: "in"})
	b.Describe(Call{CallID: "nobody", LegID: "none"})
	b.End("leg1", "forbidden", "no", began)
	tr, err := b.Trace("leg1")
	if err != nil || tr.Calls[0].Trunk != "carrier-a" || tr.Calls[0].Cause != "forbidden" || tr.Calls[0].Called != "100100" {
		t.Errorf("%+v %v", tr.Calls, err)
	}
	if n, _ := b.Figures(); n != 1 {
		t.Error(n)
	}
}

func TestABookThatIsOff(t *testing.T) {
	b := NewBook(Limits{})
	b.Add(invite("abc", 0))
	b.Begin(Call{CallID: "abc", LegID: "a"})
	b.Link("a", "x")
	b.Fail(Failure{Last: began, Cause: "busy"})
	if n, octets := b.Figures(); n != 0 || octets != 0 || len(b.Failures()) != 1 {
		t.Error(n, octets)
	}
	b.Limit(Limits{Calls: 5, Messages: 5})
	b.Add(invite("abc", 0))
	b.Limit(Limits{})
	if n, _ := b.Figures(); n != 0 {
		t.Error(n, "are kept after it was turned off")
	}
}

func TestManyAtOnce(t *testing.T) {
	b := NewBook(Limits{Calls: 20, Messages: 8, Bytes: 64 << 10})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 500 {
				id := fmt.Sprint("call", (i+w)%40)
				b.Add(invite(id, i))
				b.Begin(Call{CallID: id, LegID: "leg" + id, Began: began})
				b.Link("call1", id)
				b.Room("leg"+id, "1")
				b.End(id, "hangup", "", began)
				b.Fail(Failure{Last: began, Cause: "busy", Peer: id})
				_, _ = b.Trace(id)
				_ = b.List()
				_ = b.Failures()
			}
		})
	}
	wg.Wait()
	for c := range b.lists {
		for at := b.lists[c].Front(); at != nil; at = at.Next() {
			if e := at.Value.(*entry); b.byCall[e.call.CallID] != e {
				t.Error("a call is kept that nobody finds:", e.call.CallID)
			}
		}
	}
	for leg, e := range b.byLeg {
		if b.byCall[e.call.CallID] != e {
			t.Error("a leg's call was forgotten, the leg not:", leg)
		}
	}
}

func TestFailures(t *testing.T) {
	b := NewBook(Limits{Failures: 3})
	fail := func(peer, caller, reason string, at time.Time) {
		b.Fail(Failure{Last: at, Protocol: "sip", Direction: "in", Peer: peer, Caller: caller, Cause: "forbidden", Reason: reason})
	}
	fail("192.0.2.1:5060", "+41445551234", "no", began)
	fail("192.0.2.1:6060", "100", "no", began.Add(time.Minute))
	fail("192.0.2.2:5060", "", "no", began.Add(2*time.Minute))
	fail("192.0.2.1:5060", "", "no", began.Add(time.Hour))
	all := b.Failures()
	if len(all) != 3 || all[0].Count != 1 || all[2].Count != 2 || !all[2].First.Equal(began) || all[2].Caller != "100" {
		t.Errorf("%+v", all)
	}
	for i := range 10 {
		fail(fmt.Sprintf("192.0.2.%d:1", 10+i), "", "no", began)
	}
	if len(b.Failures()) != 3 {
		t.Error(len(b.Failures()))
	}
}

func TestMask(t *testing.T) {
	for number, want := range map[string]string{
		"+41445551234": "+4144*****34", "0445551234": "0445****34", "100100": "100100", "alice": "alice", "": "",
		"1234567": "12***67", "+41 44 555 12 34": "+41 44 *** ** 34",
	} {
		if got := Mask(number); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	book := NewBook(Limits{Calls: 500, Messages: 200})
	data := []byte("INVITE sip:100100@gw SIP/2.0\r\n" + strings.Repeat("X-Header: something of the usual length\r\n", 20))
	b.ReportAllocs()
	for i := range b.N {
		p := sipPacket(fmt.Sprint("call", i/12%600), i, i%2 == 0, "INVITE", "")
		p.Data = data[:len(data)-i%12]
		book.Add(p)
	}
}
