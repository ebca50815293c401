package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// SocketName is the socket's name in the data directory.
const SocketName = "control.sock"

// Calls is what the server asks of the live calls.
type Calls interface {
	List() []Call
	Kick(id string) error // ErrNotFound
	// SendKeys sends key presses from the gateway into the call: to the menu of
	// another bridge, or to a door.
	SendKeys(id, keys string) error
	// Transfer moves a call to another room, or has its party call somebody else.
	Transfer(ctx context.Context, id string, t Transfer) error
}

// Rooms is what the server asks of the live rooms; the extension names them.
type Rooms interface {
	Live(ctx context.Context) []Room
	Admit(ctx context.Context, extension, call string) (int, error) // empty call: all
	Mute(ctx context.Context, extension, call string, on bool) error
	Lock(ctx context.Context, extension string, on bool) error
	End(ctx context.Context, extension string) error
}

// Gateway is what the server asks of the daemon.
type Gateway interface {
	Status() Status
	Reload() (Reloaded, error)
	// Invite calls somebody into a room and reports each step, the last of which is
	// Connected or Failed. It returns then; the call goes on. The end of ctx gives
	// the call up. An error (ErrNotFound, ErrInvitation) comes instead of steps.
	Invite(ctx context.Context, inv Invitation, report func(Progress)) error
}

// Server answers on the control socket.
type Server struct {
	http     *http.Server
	listener net.Listener
	release  func()
	watch    *watch
	done     chan struct{}
}

// Open serves on DIR/control.sock until Close. It fails if another gateway
// serves there; a socket left behind by a killed one is replaced.
func Open(dir string, g Gateway, c Calls, r Rooms, log *slog.Logger) (*Server, error) {
	l, release, err := listen(dir)
	if err != nil {
		return nil, err
	}
	w := &watch{next: routes(g, c, r)}
	s := &Server{
		watch: w,
		http: &http.Server{
			Handler:           w,
			ReadHeaderTimeout: 5 * time.Second,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
		listener: l, release: release, done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("control socket ended", "err", err)
		}
	}()
	return s, nil
}

func listen(dir string) (net.Listener, func(), error) {
	if c, err := dial(dir); err == nil {
		c.Close()
		return nil, nil, fmt.Errorf("a gateway is already running on %s", dir)
	}
	if err := os.Remove(filepath.Join(dir, SocketName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	path, release, err := shortPath(dir)
	if err != nil {
		return nil, nil, err
	}
	l, err := listenPrivate(path)
	if err != nil {
		release()
		return nil, nil, err
	}
	return l, release, nil
}

// Close ends the server and removes the socket.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	<-s.done
	s.release()
	return err
}

func routes(g Gateway, c Calls, r Rooms) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) { reply(w, g.Status(), nil) })
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, _ *http.Request) {
		done, err := g.Reload()
		reply(w, done, err)
	})
	mux.HandleFunc("GET /v1/profile/{kind}", profile)
	mux.HandleFunc("GET /v1/calls", func(w http.ResponseWriter, _ *http.Request) { reply(w, c.List(), nil) })
	mux.HandleFunc("POST /v1/calls", func(w http.ResponseWriter, q *http.Request) { invite(w, q, g) })
	mux.HandleFunc("DELETE /v1/calls/{id}", func(w http.ResponseWriter, q *http.Request) {
		reply(w, struct{}{}, c.Kick(q.PathValue("id")))
	})
	mux.HandleFunc("POST /v1/calls/{id}/keys", func(w http.ResponseWriter, q *http.Request) {
		var k keys
		if err := json.NewDecoder(io.LimitReader(q.Body, 4096)).Decode(&k); err != nil {
			http.Error(w, `{"error":"the request is no JSON"}`, http.StatusBadRequest)
			return
		}
		reply(w, struct{}{}, c.SendKeys(q.PathValue("id"), k.Keys))
	})
	mux.HandleFunc("POST /v1/calls/{id}/transfer", func(w http.ResponseWriter, q *http.Request) {
		var t Transfer
		if err := json.NewDecoder(io.LimitReader(q.Body, 4096)).Decode(&t); err != nil {
			http.Error(w, `{"error":"the request is no JSON"}`, http.StatusBadRequest)
			return
		}
		reply(w, struct{}{}, c.Transfer(q.Context(), q.PathValue("id"), t))
	})
	mux.HandleFunc("GET /v1/rooms", func(w http.ResponseWriter, q *http.Request) { reply(w, r.Live(q.Context()), nil) })
	mux.HandleFunc("POST /v1/rooms/{extension}/{act}", func(w http.ResponseWriter, q *http.Request) { act(w, q, r) })
	traceRoutes(mux, g)
	trunkRoutes(mux, g)
	return mux
}

// keys is the body of a request to send key presses.
type keys struct {
	Keys string `json:"keys"`
}

// order is the body of an act on a room.
type order struct {
	Call string `json:"call,omitempty"` // empty: everyone
	On   bool   `json:"on"`
}

// outcome is the answer to one.
type outcome struct {
	Count int `json:"count"`
}

func act(w http.ResponseWriter, q *http.Request, r Rooms) {
	var o order
	if err := json.NewDecoder(io.LimitReader(q.Body, 4096)).Decode(&o); err != nil && !errors.Is(err, io.EOF) {
		http.Error(w, `{"error":"the request is no JSON"}`, http.StatusBadRequest)
		return
	}
	extension, done, err := q.PathValue("extension"), outcome{Count: 1}, error(nil)
	switch q.PathValue("act") {
	case "admit":
		done.Count, err = r.Admit(q.Context(), extension, o.Call)
	case "mute":
		err = r.Mute(q.Context(), extension, o.Call, o.On)
	case "lock":
		err = r.Lock(q.Context(), extension, o.On)
	case "end":
		err = r.End(q.Context(), extension)
	default:
		err = ErrNotFound
	}
	reply(w, done, err)
}

func reply(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		status := http.StatusInternalServerError
		switch {
		case errors.Is(err, ErrNotFound):
			status = http.StatusNotFound
		case errors.Is(err, ErrInvitation):
			status = http.StatusUnprocessableEntity
		}
		w.WriteHeader(status)
		v = failure{Error: err.Error()}
	}
	json.NewEncoder(w).Encode(v)
}

type failure struct {
	Error string `json:"error"`
}
