package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/telemetry"
	"github.com/partyline/partyline/trace"
)

// seen is a gateway of which only what tells of calls is there.
func seen(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{trace: trace.NewBook(trace.Limits{Calls: 10, Messages: 20})}
	var out bytes.Buffer
	s, err := store.Open(t.Context(), t.TempDir(), telemetry.NewLogger(&out, "text", &g.level))
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Close() })
	g.store = s
	return g
}

// Calls that nobody attended leave a record and a failure with its reason in words;
// strangers that were turned away leave only the failure.
func TestCallsThatWereNotAnswered(t *testing.T) {
	g := seen(t)
	now := time.Now()
	g.tap(trace.Packet{At: now, Protocol: trace.SIP, CallID: "abc@x", Summary: "INVITE", Data: []byte("INVITE sip:200@gw SIP/2.0\r\n\r\n")})
	for _, u := range []sip.Unanswered{
		{LegID: "leg1", CallID: "abc@x", Trunk: "carrier-a", Caller: "+41445551234", Called: "200", Address: "198.51.100.7:5060", Cause: cause.Unroutable, Status: 404, Reason: "no rule matches"},
		{CallID: "flood@y", Caller: "100", Address: "192.0.2.66:5060", Cause: cause.Forbidden, Status: 403, Reason: "the source is on no trunk"},
		{CallID: "limit@x", Trunk: "carrier-a", Address: "198.51.100.7:5060", Cause: cause.Limit, Status: 503, Reason: "too many calls of trunk carrier-a"},
		{LegID: "leg2", CallID: "out@us", Outgoing: true, Called: "+41791234567", Cause: cause.Busy, Status: 486, Reason: "busy"},
		{LegID: "leg3", CallID: "gone@x", Cause: cause.Cancelled, Status: 487, Reason: "the caller gave up"},
	} {
		u.Began, u.Ended = now, now.Add(time.Second)
		g.unansweredSIP(u)
	}
	if err := g.store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := g.store.CDRs(t.Context(), store.Calls{Unanswered: true})
	if err != nil || len(list) != 4 {
		t.Fatalf("%+v %v", list, err)
	}
	for _, c := range list {
		if c.Dialog == "abc@x" && (c.CallID != "leg1" || c.Reason != "no rule matches" || c.Status != 404 || c.Conversation != "abc@x" || c.Peer == "") {
			t.Errorf("%+v", c)
		}
	}
	failures := g.trace.Failures()
	words := ""
	for _, f := range failures {
		words += f.Cause + ": " + f.Reason + "\n"
		if strings.Contains(f.Caller, "551234") || strings.Contains(f.Called, "1234567") {
			t.Errorf("a number is shown: %+v", f)
		}
	}
	if len(failures) != 4 || strings.Contains(words, "gave up") || !strings.Contains(words, "no rule matches") {
		t.Errorf("%s", words)
	}
	tr, err := g.trace.Trace("leg1")
	if err != nil || tr.Calls[0].Trunk != "carrier-a" || tr.Calls[0].Reason != "no rule matches" {
		t.Errorf("%+v %v", tr, err)
	}
}

// All attempts at one call out are one conversation.
func TestAttemptsAreOneConversation(t *testing.T) {
	g := seen(t)
	next := g.callIDs("")
	first, second := next(), next()
	of := g.callIDs("theleg")()
	if first == second || g.trace.Conversation(second) != first || g.trace.Conversation(first) != first {
		t.Error(first, second, g.trace.Conversation(second))
	}
	if got := g.trace.Conversation(of); got != "theleg" {
		t.Error(got)
	}
}

// Names are there for a call's last lines, and gone later.
func TestNamesOfCalls(t *testing.T) {
	var n callNames
	n.called("leg1", "abc@x")
	n.placed("leg1", "100100")
	n.placed("stranger", "1")
	at := time.Now()
	n.routed("leg1", at)
	if got := n.over("leg1"); !got.Equal(at) {
		t.Error(got)
	}
	if callID, room := n.find("leg1"); callID != "abc@x" || room != "100100" {
		t.Error(callID, room)
	}
	if callID, room := n.find("stranger"); callID+room != "" || !n.over("stranger").IsZero() {
		t.Error(callID, room)
	}
}

// What is watched is drawn again until it is interrupted.
func TestWatch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	c := &console{out: &out, ctx: ctx}
	n := 0
	err := c.watch(time.Millisecond, func(page *console) error {
		if n++; n == 3 {
			cancel()
		}
		_, err := page.out.Write([]byte("calls\n"))
		return err
	})
	if err != nil || out.String() != "calls\ncalls\ncalls\n" {
		t.Errorf("%q %v", out.String(), err)
	}
}
