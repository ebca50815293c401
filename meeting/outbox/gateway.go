package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Bounds of a request to a gateway of short messages.
const (
	gatewayTimeout = 30 * time.Second
	answerSize     = 4 << 10 // bytes of its answer that are read
	headerSize     = 16 << 10
)

// newClient makes a client that follows no redirect: neither the text nor a
// password goes where the admin has not sent it. base may be nil.
func newClient(base *http.Transport) *http.Client {
	if base == nil {
		base = http.DefaultTransport.(*http.Transport).Clone()
	}
	base.MaxResponseHeaderBytes = headerSize
	base.MaxIdleConnsPerHost = defaultPar
	base.IdleConnTimeout = idleTimeout
	return &http.Client{
		Transport:     base,
		Timeout:       gatewayTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask makes one request. nil says that the gateway has taken the message; 429 and
// 5xx are for now, every other answer is for ever.
func ask(ctx context.Context, c *http.Client, r *http.Request, now func() time.Time) error {
	resp, err := c.Do(r.WithContext(ctx))
	if err != nil {
		// The error's own words have the URL, and that a password.
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return &Refusal{Reason: "the SMS gateway cannot be reached", Err: err}
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, answerSize)) // whatever came of it
	code := resp.StatusCode
	if code >= 200 && code < 300 {
		return nil
	}
	refusal := &Refusal{Reason: fmt.Sprintf("the SMS gateway refuses: %d %s", code, http.StatusText(code))}
	if answer := printable(string(text), 120); answer != "" {
		refusal.Reason += " (" + answer + ")"
	}
	refusal.Permanent = code != http.StatusTooManyRequests && code < 500
	if !refusal.Permanent {
		refusal.After = retryAfter(resp.Header.Get("Retry-After"), now())
	}
	return refusal
}

// retryAfter reads the header field (RFC 9110 §10.2.3): seconds or a date.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// printable is foreign text on one line of at most n characters.
func printable(s string, n int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// loopback says whether a URL's host is this machine.
func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// gatewayURL checks the URL of a gateway.
func gatewayURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("sms: the URL is none of http or https")
	}
	return u, nil
}
