package tracing

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is an OTLP/HTTP collector in this process.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*otlp.Span
	paths []string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		var in collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &in)
		}
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.paths = append(r.paths, q.URL.Path)
		for _, resource := range in.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				r.spans = append(r.spans, scope.Spans...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(r.Close)
	return r
}

var start = time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)

func call() Call {
	return Call{
		Conversation: "first@carrier", CallID: "abc@carrier", Leg: "leg1", Protocol: "sip", Direction: "in", Trunk: "carrier-a",
		Caller: "+4144*****34", Called: "100100", Room: "100100", Role: "guest", Codec: "PCMA", Cause: "hangup", Reason: "the party hung up",
		MOS: 4.2, Loss: 0.01, Arrived: start, Routed: start.Add(time.Millisecond), Answered: start.Add(10 * time.Millisecond),
		Joined: start.Add(8 * time.Second), Ended: start.Add(time.Minute),
	}
}

func TestACallIsATrace(t *testing.T) {
	r := newReceiver(t)
	tracer, err := Open(t.Context(), Config{Endpoint: r.URL, Sample: 1, Version: "test", Node: "gw"})
	if err != nil {
		t.Fatal(err)
	}
	tracer.Record(call())
	refused := call()
	refused.CallID, refused.Answered, refused.Joined, refused.Routed = "def@carrier", time.Time{}, time.Time{}, time.Time{}
	refused.Cause, refused.Reason, refused.Failed = "unroutable", "no rule matches", true
	tracer.Record(refused)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := tracer.Close(ctx); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.paths) == 0 || r.paths[0] != "/v1/traces" || len(r.spans) != 7 {
		t.Fatalf("%v, %d spans", r.paths, len(r.spans))
	}
	names := map[string]*otlp.Span{}
	for _, s := range r.spans[:5] {
		names[s.Name] = s
		if id := TraceID("first@carrier"); hexed(s.TraceId) != id {
			t.Errorf("%s is of trace %s, want %s", s.Name, hexed(s.TraceId), id)
		}
	}
	root := names["call"]
	if root == nil || len(root.ParentSpanId) != 0 || len(r.spans) < 5 {
		t.Fatal("no call without a parent")
	}
	for name, took := range map[string]time.Duration{
		"call": time.Minute, "route": time.Millisecond, "answer": 9 * time.Millisecond, "reception": 7990 * time.Millisecond, "room": 52 * time.Second,
	} {
		s := names[name]
		if s == nil {
			t.Errorf("no span %s", name)
			continue
		}
		if got := time.Duration(s.EndTimeUnixNano - s.StartTimeUnixNano); got != took {
			t.Errorf("%s took %s, want %s", name, got, took)
		}
		if name != "call" && string(s.ParentSpanId) != string(root.SpanId) {
			t.Errorf("%s is not within the call", name)
		}
	}
	if value(root, "partyline.call_id") != "abc@carrier" || value(root, "partyline.caller") != "+4144*****34" || value(root, "partyline.trunk") != "carrier-a" {
		t.Error(root.Attributes)
	}
	for _, s := range r.spans[5:] {
		if s.Status.Code != otlp.Status_STATUS_CODE_ERROR || s.Status.Message != "no rule matches" {
			t.Errorf("%s: %s", s.Name, s.Status)
		}
	}
	if hexed(r.spans[5].TraceId) != hexed(root.TraceId) {
		t.Error("two legs of a conversation are in two traces")
	}
}

func hexed(b []byte) string {
	const digits = "0123456789abcdef"
	var out []byte
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

func value(s *otlp.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// A share of the conversations is exported, and always all of one.
func TestSampling(t *testing.T) {
	r := newReceiver(t)
	tracer, err := Open(t.Context(), Config{Endpoint: r.URL + "/otlp", Sample: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		for leg := range 2 {
			c := call()
			c.Conversation, c.Leg = string(rune('a'+i%26))+string(rune('a'+i/26)), string(rune('0'+leg))
			tracer.Record(c)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := tracer.Close(ctx); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	legs := map[string]int{}
	for _, s := range r.spans {
		if s.Name == "call" {
			legs[hexed(s.TraceId)]++
		}
	}
	if n := len(legs); n < 60 || n > 140 || r.paths[0] != "/otlp" {
		t.Errorf("%d of 400 conversations at %s", n, r.paths[0])
	}
	for id, n := range legs {
		if n != 2 {
			t.Errorf("%d legs of conversation %s", n, id)
		}
	}
}

// A collector that is away holds up nobody; off costs nothing.
func TestOff(t *testing.T) {
	tracer, err := Open(t.Context(), Config{})
	if tracer != nil || err != nil {
		t.Fatal(tracer, err)
	}
	c := call()
	if n := testing.AllocsPerRun(100, func() { tracer.Record(c) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"otel:4318", "udp://x:1", "http://", "http://[::1"} {
		if tracer, err := Open(t.Context(), Config{Endpoint: bad}); err == nil || tracer != nil {
			t.Errorf("%q is an endpoint", bad)
		}
	}
}
