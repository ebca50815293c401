package media

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"time"
)

// Errors of Media.
var (
	// ErrNoPorts says that no RTP port is left for a call: 503.
	ErrNoPorts = errors.New("media: no RTP port is free")
	// ErrClosed says that the engine or stream was closed.
	ErrClosed = errors.New("media: closed")
	// ErrAddress says that a stream was asked on an address that is not bound.
	ErrAddress = errors.New("media: no such local address")
)

// Config says how many engines there are and where their ports lie.
type Config struct {
	// Engines is how many engines step rooms; 0: one a core (GOMAXPROCS).
	Engines int
	// Bind are the local addresses of RTP ports, IPv4 and IPv6. None: the engines
	// step units, but there are no streams.
	Bind []netip.Addr
	// PortMin and PortMax bound the ports, both included: RTP on even ones, its
	// RTCP on the next. Both 0: the system chooses.
	PortMin, PortMax uint16
	// Portable reads and writes by net.UDPConn also where the system has
	// recvmmsg(2) and sendmmsg(2).
	Portable bool
	// Pacer paces the engines; nil: the system's best.
	Pacer Pacer
	// Logger takes what an admin should know; nil: slog.Default().
	Logger *slog.Logger
	// CallsPerPort is how many calls share a port at most; 0: 500.
	CallsPerPort int
}

// Media is the engines and the ports of one gateway.
type Media struct {
	cfg     Config
	clock   *clock
	engines []*Engine

	mu      sync.Mutex // guards what follows; never held while an engine waits
	ports   map[netip.Addr][]*port
	next    map[netip.Addr]uint32 // where the search for a free port goes on
	opened  map[*port]struct{}    // all whose sockets are open
	running bool
	closed  bool
	wg      sync.WaitGroup
}

// New checks the configuration and makes the engines. Nothing runs before Start.
func New(cfg Config) (*Media, error) {
	if cfg.Engines <= 0 {
		cfg.Engines = runtime.GOMAXPROCS(0)
	}
	if cfg.PortMin > cfg.PortMax || (cfg.PortMin == 0) != (cfg.PortMax == 0) {
		return nil, fmt.Errorf("media: port range %d-%d", cfg.PortMin, cfg.PortMax)
	}
	if cfg.Pacer == nil {
		cfg.Pacer = systemPacer()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.CallsPerPort <= 0 {
		cfg.CallsPerPort = 500
	}
	m := &Media{
		cfg: cfg, clock: &clock{start: time.Now()},
		ports: map[netip.Addr][]*port{},
		next:  map[netip.Addr]uint32{}, opened: map[*port]struct{}{},
	}
	for _, a := range cfg.Bind {
		if !a.IsValid() {
			return nil, fmt.Errorf("media: invalid bind address")
		}
		m.ports[a.Unmap()] = nil
	}
	for i := range cfg.Engines {
		m.engines = append(m.engines, newEngine(m, i))
	}
	return m, nil
}

// Start runs the engines.
func (m *Media) Start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	if m.running {
		return nil
	}
	m.running = true
	// An engine keeps its processor of the scheduler while it waits for its next
	// step: the rest of the program has as many as without it.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + len(m.engines))
	for _, e := range m.engines {
		m.wg.Go(e.run)
	}
	return nil
}

// Close stops the engines, waits for them and closes all ports. Streams and units
// that are left are never stepped again.
func (m *Media) Close() error {
	m.mu.Lock()
	m.closed = true
	running := m.running
	m.running = false
	m.mu.Unlock()
	for _, e := range m.engines {
		e.stop()
	}
	m.wg.Wait()
	if running {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) - len(m.engines))
	}
	m.closePorts()
	return nil
}

// Engines are all engines, by index.
func (m *Media) Engines() []*Engine { return m.engines }

// now is the engines' clock: ns since New.
func (m *Media) now() int64 { return m.clock.now() }

// wall is the engines' clock as wall-clock time. It goes on evenly when the
// system's is set.
func (m *Media) wall(ns int64) time.Time { return m.clock.start.Add(time.Duration(ns)) }
