package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client asks a running gateway.
type Client struct {
	http *http.Client
	dir  string
}

// NewClient returns a client of the gateway on a data directory. It connects
// with the first request.
func NewClient(dir string) *Client {
	transport := &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return dial(dir) },
		// One request a connection: the command line asks once and goes.
		DisableKeepAlives: true,
	}
	return &Client{dir: dir, http: &http.Client{Transport: transport, Timeout: 15 * time.Second}}
}

// Status asks how the gateway is.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.do(ctx, "GET", "/v1/status", nil, &s)
}

// Reload has the gateway read its configuration again.
func (c *Client) Reload(ctx context.Context) (r Reloaded, err error) {
	return r, c.do(ctx, "POST", "/v1/reload", nil, &r)
}

// Calls lists the live calls.
func (c *Client) Calls(ctx context.Context) (calls []Call, err error) {
	return calls, c.do(ctx, "GET", "/v1/calls", nil, &calls)
}

// Call finds one call by its id or the beginning of it, if only one begins so.
func (c *Client) Call(ctx context.Context, id string) (Call, error) {
	calls, err := c.Calls(ctx)
	if err != nil {
		return Call{}, err
	}
	var found []Call
	for _, call := range calls {
		if call.ID == id || call.CallID == id && id != "" {
			return call, nil
		}
		if id != "" && strings.HasPrefix(call.ID, id) {
			found = append(found, call)
		}
	}
	switch len(found) {
	case 0:
		return Call{}, fmt.Errorf("call %s: %w", id, ErrNotFound)
	case 1:
		return found[0], nil
	}
	return Call{}, fmt.Errorf("%d calls begin with %s", len(found), id)
}

// Kick ends a call.
func (c *Client) Kick(ctx context.Context, id string) error {
	return c.do(ctx, "DELETE", "/v1/calls/"+url.PathEscape(id), nil, nil)
}

// SendKeys sends key presses into a call: '0'–'9', '*', '#', 'A'–'D'.
func (c *Client) SendKeys(ctx context.Context, id, digits string) error {
	return c.do(ctx, "POST", "/v1/calls/"+url.PathEscape(id)+"/keys", keys{digits}, nil)
}

// Transfer moves a call to another room, or has its party call somebody else, which
// may take as long as that rings.
func (c *Client) Transfer(ctx context.Context, id string, t Transfer) error {
	patient := *c.http
	patient.Timeout = time.Minute
	slow := Client{http: &patient, dir: c.dir}
	return slow.do(ctx, "POST", "/v1/calls/"+url.PathEscape(id)+"/transfer", t, nil)
}

// Rooms lists the live rooms.
func (c *Client) Rooms(ctx context.Context) (rooms []Room, err error) {
	return rooms, c.do(ctx, "GET", "/v1/rooms", nil, &rooms)
}

// Admit lets one call in from a room's lobby, or all if call is empty, and
// returns how many came in.
func (c *Client) Admit(ctx context.Context, extension, call string) (int, error) {
	var done outcome
	err := c.act(ctx, extension, "admit", order{Call: call}, &done)
	return done.Count, err
}

// Mute mutes or unmutes one call, or everyone but the hosts.
func (c *Client) Mute(ctx context.Context, extension, call string, on bool) error {
	return c.act(ctx, extension, "mute", order{Call: call, On: on}, nil)
}

// Lock keeps newcomers out of a room, or lets them in again.
func (c *Client) Lock(ctx context.Context, extension string, on bool) error {
	return c.act(ctx, extension, "lock", order{On: on}, nil)
}

// End ends a meeting for all.
func (c *Client) End(ctx context.Context, extension string) error {
	return c.act(ctx, extension, "end", order{}, nil)
}

func (c *Client) act(ctx context.Context, extension, what string, o order, into any) error {
	return c.do(ctx, "POST", "/v1/rooms/"+url.PathEscape(extension)+"/"+what, o, into)
}

func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://control"+path, content)
	if err != nil {
		return err
	}
	res, err := c.send(c.http, req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// refused is an error in the gateway's words.
type refused struct {
	words string
	kind  error
}

func (e refused) Error() string { return e.words }
func (e refused) Unwrap() error { return e.kind }

// send asks, and turns refusals into errors.
func (c *Client) send(client *http.Client, req *http.Request) (*http.Response, error) {
	req.Header.Set(userHeader, UserName())
	res, err := client.Do(req)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("the gateway on %s belongs to another user: %w", c.dir, fs.ErrPermission)
		}
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" || errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w with its data in %s: start it with `partyline serve`", ErrNotRunning, c.dir)
		}
		return nil, err
	}
	if res.StatusCode >= 300 {
		defer res.Body.Close()
		var f failure
		if json.NewDecoder(io.LimitReader(res.Body, 4096)).Decode(&f) != nil || f.Error == "" {
			f.Error = res.Status
		}
		switch res.StatusCode {
		case http.StatusNotFound:
			return nil, refused{f.Error, ErrNotFound}
		case http.StatusUnprocessableEntity:
			return nil, refused{f.Error, ErrInvitation}
		}
		return nil, errors.New(f.Error)
	}
	return res, nil
}
