package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/partyline/partyline/internal/customer"
)

// Server is an HTTP server with the limits that a listener open to everyone
// needs. With TLS it speaks HTTP/2.
type Server struct {
	http     *http.Server
	listener net.Listener
	done     chan struct{}
}

// connectionsPerSource is how many connections one source may have open: an office
// behind one address has two a browser.
const connectionsPerSource = 1000

// The bounds on a request.
const (
	headerTime  = 5 * time.Second
	headerSize  = 64 << 10
	requestTime = 30 * time.Second
	idleTime    = 60 * time.Second
)

// Listen serves a site on a listener until Close; with HTTPS if tc is not nil.
func Listen(l net.Listener, site *Site, tc *tls.Config, log *slog.Logger) *Server {
	return Serve(customer.Limit(l, connectionsPerSource, site.trusted), site, tc, log)
}

// Serve serves any handler likewise, to whatever number of connections.
func Serve(l net.Listener, h http.Handler, tc *tls.Config, log *slog.Logger) *Server {
	s := &Server{
		http: &http.Server{
			Handler: h, TLSConfig: tc,
			ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: requestTime, IdleTimeout: idleTime,
			// net/http lets 4 KiB more pass, for the request line.
			MaxHeaderBytes: headerSize - 4096,
			ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
		listener: l,
		done:     make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		run := func() error { return s.http.Serve(l) }
		if tc != nil {
			run = func() error { return s.http.ServeTLS(l, "", "") }
		}
		if err := run(); !errors.Is(err, http.ErrServerClosed) {
			log.Error("an HTTP listener ended", "address", l.Addr().String(), "error", err)
		}
	}()
	return s
}

// Addr is the bound address.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close waits for requests under way, at most until ctx is done. Sockets that
// were taken over are not among them.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close()
	}
	<-s.done
	return err
}
