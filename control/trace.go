package control

import (
	"context"
	"net/http"
	"net/url"
)

// Traces is what a Gateway may be besides: it remembers its last calls. The values
// go to the command line as JSON, as they are.
type Traces interface {
	Traces() any                  // the calls, the newest first
	Trace(id string) (any, error) // ErrNotFound
	Failures() any                // the newest first
}

// traceRoutes serves what is remembered of calls.
func traceRoutes(mux *http.ServeMux, g Gateway) {
	t, ok := g.(Traces)
	if !ok {
		return
	}
	mux.HandleFunc("GET /v1/traces", func(w http.ResponseWriter, _ *http.Request) { reply(w, t.Traces(), nil) })
	mux.HandleFunc("GET /v1/traces/{id}", func(w http.ResponseWriter, q *http.Request) {
		v, err := t.Trace(q.PathValue("id"))
		reply(w, v, err)
	})
	mux.HandleFunc("GET /v1/failures", func(w http.ResponseWriter, _ *http.Request) { reply(w, t.Failures(), nil) })
}

// Traces puts the calls that are remembered into a slice, the newest first.
func (c *Client) Traces(ctx context.Context, into any) error {
	return c.do(ctx, "GET", "/v1/traces", nil, into)
}

// Trace puts what is remembered of a call, and of the others of its conversation,
// into a structure.
func (c *Client) Trace(ctx context.Context, id string, into any) error {
	return c.do(ctx, "GET", "/v1/traces/"+url.PathEscape(id), nil, into)
}

// Failures puts the last calls that were refused or failed into a slice, the newest
// first.
func (c *Client) Failures(ctx context.Context, into any) error {
	return c.do(ctx, "GET", "/v1/failures", nil, into)
}
