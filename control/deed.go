package control

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"strings"
	"sync/atomic"
	"unicode"
)

// Deed is something that was done over the socket, for the record of changes.
type Deed struct {
	// User is who the command line says it runs for. Whoever may open the socket
	// may do all, and may say any name.
	User string
	// Action is a word such as "end-call", and Subject what it was done to: a
	// call's id or a room's extension; empty: the gateway.
	Action, Subject string
	// To is whom a call out calls, or where a transfer leads.
	To string
}

// userHeader is where the command line says who runs it.
const userHeader = "Partyline-User"

// mostUser is the longest name that is taken, in bytes.
const mostUser = 64

// mostBody is how much of a body is looked at, in bytes; those of ours are shorter.
const mostBody = 64 << 10

// UserName is who runs this program: the one behind sudo, if it is run by that.
func UserName() string {
	for _, name := range []string{os.Getenv("SUDO_USER"), ownName(), os.Getenv("USER"), os.Getenv("USERNAME")} {
		if name != "" && !strings.ContainsFunc(name, unicode.IsControl) {
			return name
		}
	}
	return ""
}

func ownName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// watch tells of what is done over the socket.
type watch struct {
	next http.Handler
	told atomic.Pointer[func(Deed)]
}

// Watch has f told of everything that is changed over the socket from now on, after
// it was done. f must not wait.
func (s *Server) Watch(f func(Deed)) { s.watch.told.Store(&f) }

// ServeHTTP implements http.Handler.
func (w *watch) ServeHTTP(out http.ResponseWriter, q *http.Request) {
	tell := w.told.Load()
	if tell == nil || q.Method == http.MethodGet {
		w.next.ServeHTTP(out, q)
		return
	}
	to := destination(q)
	n := &noted{ResponseWriter: out}
	w.next.ServeHTTP(n, q)
	if n.status < 300 {
		action, subject := deedOf(q)
		name := q.Header.Get(userHeader)
		(*tell)(Deed{User: name[:min(len(name), mostUser)], Action: action, Subject: subject, To: to})
	}
}

// destination is what the body of a request says of where a call leads. The body can
// be read again.
func destination(q *http.Request) string {
	body, err := io.ReadAll(io.LimitReader(q.Body, mostBody))
	q.Body = io.NopCloser(bytes.NewReader(body))
	var where struct{ To, Room string }
	if err != nil || json.Unmarshal(body, &where) != nil {
		return ""
	}
	switch {
	case where.To != "" && where.Room != "":
		return where.To + ", room " + where.Room
	case where.Room != "":
		return "room " + where.Room
	}
	return where.To
}

// deedOf is what a request is called in the record.
func deedOf(q *http.Request) (action, subject string) {
	parts := strings.Split(strings.TrimPrefix(q.URL.EscapedPath(), "/v1/"), "/")
	for i := range parts {
		if text, err := url.PathUnescape(parts[i]); err == nil {
			parts[i] = text
		}
	}
	switch {
	case parts[0] == "reload":
		return "reload", ""
	case parts[0] == "calls" && len(parts) == 1:
		return "call", ""
	case parts[0] == "calls" && len(parts) == 2 && q.Method == http.MethodDelete:
		return "end-call", parts[1]
	case len(parts) == 3 && parts[0] == "calls":
		return parts[2] + "-call", parts[1]
	case len(parts) >= 3 && parts[0] == "rooms":
		return parts[2] + "-room", parts[1]
	}
	return parts[0], strings.Join(parts[1:], " ")
}

// noted remembers the status of an answer.
type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	if n.status == 0 {
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap lets answers be flushed.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }
