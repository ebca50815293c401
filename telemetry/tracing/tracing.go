// Package tracing exports each call as an OpenTelemetry trace, by OTLP over HTTP.
//
// In flow calls that are over, with the times of their steps; out flow spans: the
// call, and in it its route, its answer, its reception and its time in a room. They
// are made when the call has ended, from times that are known anyway: while a call
// lasts tracing costs nothing, and without an endpoint it costs nothing at all (a nil
// Tracer does nothing). All legs of a conversation are in one trace, whose id follows
// from the conversation's, so that it can be found by it.
//
// A Tracer owns the SDK's batching goroutine; Close sends what waits and ends it.
package tracing

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config is what a Tracer is told.
type Config struct {
	// Endpoint is the collector's URL: http://otel:4318. Without a path, /v1/traces.
	Endpoint string
	// Sample is the share of conversations that are exported, 0 to 1.
	Sample  float64
	Version string // of this program
	Node    string // the name of this gateway; empty: none
}

// Call is one leg that is over. Times that are zero are steps that it did not reach.
type Call struct {
	Conversation string // the Call-ID of the conversation's first leg
	CallID, Leg  string
	Protocol     string // sip, h323, webrtc
	Direction    string // in, out
	Trunk        string
	Caller       string // masked: this package hides nothing
	Called       string // masked
	Room, Role   string
	Codec        string
	Cause        string // the word
	Reason       string // in words
	Failed       bool   // it was refused, or a fault ended it
	MOS          float64
	Loss         float64

	Arrived  time.Time // its first message
	Routed   time.Time // it was known where it goes
	Answered time.Time
	Joined   time.Time // it was in a room
	Ended    time.Time
}

// Tracer exports calls. A nil one does nothing.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Open makes a tracer. The collector is not asked: it may come later. An empty
// endpoint gives nil.
func Open(ctx context.Context, cfg Config) (*Tracer, error) {
	if cfg.Endpoint == "" {
		return nil, nil
	}
	u, err := url.Parse(cfg.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("tracing: %q is no URL of a collector", cfg.Endpoint)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()), otlptracehttp.WithTimeout(5*time.Second))
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	about := []attribute.KeyValue{
		attribute.String("service.name", "partyline"), attribute.String("service.version", cfg.Version),
	}
	if cfg.Node != "" {
		about = append(about, attribute.String("service.instance.id", cfg.Node))
	}
	p := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter, sdk.WithMaxQueueSize(4096), sdk.WithBatchTimeout(2*time.Second)),
		sdk.WithSampler(sdk.TraceIDRatioBased(cfg.Sample)),
		sdk.WithIDGenerator(named{}),
		sdk.WithResource(resource.NewSchemaless(about...)),
	)
	return &Tracer{provider: p, tracer: p.Tracer("github.com/partyline/partyline")}, nil
}

// Close sends what waits, until ctx ends.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Flush sends what waits, until ctx ends.
func (t *Tracer) Flush(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.ForceFlush(ctx)
}

// Record exports a call. It does not wait.
func (t *Tracer) Record(c Call) {
	if t == nil || c.Arrived.IsZero() {
		return
	}
	ctx := context.WithValue(context.Background(), conversation{}, c.Conversation)
	ctx, call := t.tracer.Start(ctx, "call", trace.WithTimestamp(c.Arrived), trace.WithNewRoot(),
		trace.WithSpanKind(c.kind()), trace.WithAttributes(c.attributes()...))
	if !call.IsRecording() {
		call.End()
		return
	}
	for _, s := range c.steps() {
		_, span := t.tracer.Start(ctx, s.name, trace.WithTimestamp(s.from), trace.WithAttributes(s.attributes...))
		if s.failed {
			span.SetStatus(codes.Error, c.Reason)
		}
		span.End(trace.WithTimestamp(s.to))
	}
	if c.Failed {
		call.SetStatus(codes.Error, c.Reason)
	}
	call.End(trace.WithTimestamp(c.Ended))
}

func (c *Call) kind() trace.SpanKind {
	if c.Direction == "out" {
		return trace.SpanKindClient
	}
	return trace.SpanKindServer
}

// step is a part of a call.
type step struct {
	name       string
	from, to   time.Time
	failed     bool // the call did not come further, and was to
	attributes []attribute.KeyValue
}

// steps are the parts of a call that there were, one after the other.
func (c *Call) steps() []step {
	var list []step
	from := c.Arrived
	for _, s := range []struct {
		name  string
		until time.Time
	}{{"route", c.Routed}, {"answer", c.Answered}, {"reception", c.Joined}} {
		if s.name == "route" && s.until.IsZero() && !c.Answered.IsZero() {
			continue // calls out have been routed before
		}
		if s.until.IsZero() {
			return append(list, step{name: s.name, from: from, to: c.Ended, failed: c.Failed})
		}
		list = append(list, step{name: s.name, from: from, to: s.until})
		from = s.until
	}
	return append(list, step{name: "room", from: from, to: c.Ended, failed: c.Failed, attributes: []attribute.KeyValue{
		attribute.String("partyline.room", c.Room), attribute.String("partyline.role", c.Role),
	}})
}

// attributes say what the call was.
func (c *Call) attributes() []attribute.KeyValue {
	var list []attribute.KeyValue
	for _, a := range []struct{ key, value string }{
		{"partyline.conversation", c.Conversation},
		{"partyline.call_id", c.CallID},
		{"partyline.leg", c.Leg},
		{"partyline.protocol", c.Protocol},
		{"partyline.direction", c.Direction},
		{"partyline.trunk", c.Trunk},
		{"partyline.caller", c.Caller},
		{"partyline.called", c.Called},
		{"partyline.room", c.Room},
		{"partyline.role", c.Role},
		{"partyline.codec", c.Codec},
		{"partyline.cause", c.Cause},
		{"partyline.reason", c.Reason},
	} {
		if a.value != "" {
			list = append(list, attribute.String(a.key, a.value))
		}
	}
	if c.MOS > 0 {
		list = append(list, attribute.Float64("partyline.mos", c.MOS), attribute.Float64("partyline.loss", c.Loss))
	}
	return list
}

// TraceID is the id of a conversation's trace.
func TraceID(of string) string {
	id := idOf(of)
	return id.String()
}

// idOf makes a trace id of a conversation's. Its last octets decide on sampling: a
// hash's are as good as random ones.
func idOf(of string) trace.TraceID {
	sum := sha256.Sum256([]byte(of))
	return trace.TraceID(sum[:16])
}

// conversation is the key of a context's conversation.
type conversation struct{}

// named gives a conversation's trace the id that follows from it.
type named struct{}

// NewIDs implements sdk.IDGenerator.
func (n named) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	of, _ := ctx.Value(conversation{}).(string)
	id := idOf(of)
	return id, n.NewSpanID(ctx, id)
}

// NewSpanID implements sdk.IDGenerator.
func (named) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	for !id.IsValid() {
		n := rand.Uint64()
		for i := range id {
			id[i] = byte(n >> (8 * i))
		}
	}
	return id
}
