package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"net/url"
	"runtime"
	"time"
)

// ProfileKinds are the profiles that a gateway makes of itself: where its
// processor time goes, and what its memory holds after a garbage collection.
var ProfileKinds = []string{"cpu", "heap", "goroutine"}

// profile answers GET /v1/profile/{kind}, in pprof's format.
func profile(w http.ResponseWriter, q *http.Request) {
	switch kind := q.PathValue("kind"); kind {
	case "cpu":
		pprof.Profile(w, q)
	case "heap":
		runtime.GC()
		pprof.Handler(kind).ServeHTTP(w, q)
	case "goroutine":
		pprof.Handler(kind).ServeHTTP(w, q)
	default:
		reply(w, struct{}{}, fmt.Errorf("profile %s: %w", kind, ErrNotFound))
	}
}

// Profile copies a profile of the running gateway to w, in pprof's format. A cpu
// profile takes as long as it watches; others are of the moment.
func (c *Client) Profile(ctx context.Context, kind string, watch time.Duration, w io.Writer) error {
	u := "http://control/v1/profile/" + url.PathEscape(kind)
	if kind == "cpu" { // of the others seconds would make the difference between two moments
		u += fmt.Sprintf("?seconds=%d", max(1, int(watch/time.Second)))
	}
	req, err := http.NewRequestWithContext(ctx, "GET", u, nil)
	if err != nil {
		return err
	}
	client := *c.http
	client.Timeout += watch
	res, err := c.send(&client, req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(w, res.Body)
	return err
}
