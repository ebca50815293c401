package sip

import (
	"context"
	"crypto/tls"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	msg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"
)

// lines are the trunks as they live: what is known of their peers, and who is
// registered where. A line outlives the configuration that named it first, as long
// as that goes on naming it.
type lines struct {
	mu        sync.Mutex
	byName    map[string]*line
	resolvers map[string]*names // by their servers
	running   bool              // goroutines are wanted
	leaving   bool

	// callers are the lines whose registrar or peers have an address.
	callers atomic.Pointer[map[netip.Addr][]*line]
}

// line is one trunk as it lives. Its goroutines, one that minds the peers and one a
// registrar, end when its context does.
type line struct {
	srv   *Server
	name  string
	trunk atomic.Pointer[Trunk]
	// issue counts the changes of what connections are made with: a new one is not
	// shared with calls of before.
	issue    atomic.Uint32
	failures atomic.Uint64
	kick     chan struct{} // has it look at its peers now
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu     sync.Mutex
	peers  map[hopKey]*peer
	known  []netip.Addr // of peers, registrars, proxy
	broken map[string]string
	regs   []*registration
	proofs map[string]*proof // by realm
}

// of is the line of a trunk; there is one from the first time it is asked for.
func (ls *lines) of(s *Server, t *Trunk) *line {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.get(s, t)
}

// get is that with ls.mu held.
func (ls *lines) get(s *Server, t *Trunk) *line {
	l := ls.byName[t.Name]
	if l == nil {
		l = &line{srv: s, name: t.Name, kick: make(chan struct{}, 1), stop: func() {}, peers: map[hopKey]*peer{}}
		l.trunk.Store(t)
		if ls.byName == nil {
			ls.byName = map[string]*line{}
		}
		ls.byName[t.Name] = l
	}
	return l
}

// run starts what trunks need.
func (ls *lines) run(s *Server) {
	ls.mu.Lock()
	ls.running = true
	ls.mu.Unlock()
	ls.use(s, s.cfg.Load())
}

// use follows a new configuration: trunks that are gone take their registrations
// back, those whose registration changed register anew. All others go on.
func (ls *lines) use(s *Server, cfg *Config) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if !ls.running || ls.leaving {
		return
	}
	for name, l := range ls.byName {
		if cfg.trunkNamed(name) == nil {
			delete(ls.byName, name)
			l.stop()
			l.learn(nil)
		}
	}
	for i := range cfg.Trunks {
		t := &cfg.Trunks[i]
		l := ls.byName[t.Name]
		if l != nil && l.started() && sameLife(l.trunk.Load(), t) {
			l.trunk.Store(t)
			continue
		}
		var before *line
		if l != nil && l.started() {
			l.stop()
			before = l
			delete(ls.byName, t.Name)
		}
		next := ls.get(s, t)
		if before != nil {
			next.inherit(before)
		}
		next.start(t, before)
	}
	ls.note()
}

// started says whether a line's goroutines run; lines.mu is held.
func (l *line) started() bool { return l.regs != nil }

// inherit takes over what is known of the peers.
func (l *line) inherit(old *line) {
	old.mu.Lock()
	defer old.mu.Unlock()
	for k, p := range old.peers {
		l.peers[k] = p.clone()
	}
	l.failures.Store(old.failures.Load())
	l.issue.Store(old.issue.Load() + 1)
}

// start begins to mind the peers and to register, when before has taken its own
// registrations back.
func (l *line) start(t *Trunk, before *line) {
	ctx, stop := context.WithCancel(l.srv.ctx)
	l.stop = stop
	l.trunk.Store(t)
	regs := []*registration{}
	if t.Register {
		for _, uri := range t.registrars() {
			regs = append(regs, newRegistration(l, uri))
		}
	}
	l.mu.Lock()
	l.regs = regs
	l.mu.Unlock()
	for _, r := range regs {
		l.run(func() { r.run(ctx, before) })
	}
	if len(t.Peers) > 0 {
		l.run(func() { l.mind(ctx) })
	}
}

// run runs f in a goroutine that the server and the line wait for.
func (l *line) run(f func()) {
	l.wg.Add(1)
	l.srv.wg.Go(func() {
		defer l.wg.Done()
		f()
	})
}

// leave has all registrations taken back; the server's wait group tells when.
func (ls *lines) leave() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.leaving = true
	for _, l := range ls.byName {
		l.stop()
	}
}

// all are the lines.
func (ls *lines) all() []*line {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	all := make([]*line, 0, len(ls.byName))
	for _, l := range ls.byName {
		all = append(all, l)
	}
	return all
}

// registrars are where a trunk registers.
func (t *Trunk) registrars() []string {
	if len(t.Registrars) > 0 {
		return t.Registrars
	}
	if len(t.Peers) == 0 {
		return nil
	}
	return []string{t.Peers[0].URI}
}

// sameLife says whether two versions of a trunk differ in nothing that its line is
// started with.
func sameLife(a, b *Trunk) bool {
	life := func(t *Trunk) any {
		return []any{t.Peers, t.Auth, t.Register, t.registrars(), t.RegisterExpires, t.ContactUser, t.OutboundProxy, t.OptionsPing, t.DNS, t.FromDomain}
	}
	return reflect.DeepEqual(life(a), life(b)) && sameTLS(a.TLS, b.TLS)
}

// sameTLS compares what connections are made with.
func sameTLS(a, b *tls.Config) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.ServerName != b.ServerName || len(a.Certificates) != len(b.Certificates) || (a.RootCAs == nil) != (b.RootCAs == nil) {
		return false
	}
	for i := range a.Certificates {
		if !reflect.DeepEqual(a.Certificates[i].Certificate, b.Certificates[i].Certificate) {
			return false
		}
	}
	return a.RootCAs == nil || a.RootCAs.Equal(b.RootCAs)
}

// learn notes which addresses the trunk's names lead to.
func (l *line) learn(addrs []netip.Addr) {
	l.mu.Lock()
	l.known = addrs
	l.mu.Unlock()
}

// note makes the table of addresses anew; ls.mu is held.
func (ls *lines) note() {
	table := map[netip.Addr][]*line{}
	for _, l := range ls.byName {
		if !l.trunk.Load().Register {
			continue // only who is registered is called by these
		}
		l.mu.Lock()
		for _, a := range l.known {
			table[a] = append(table[a], l)
		}
		l.mu.Unlock()
	}
	for _, list := range table {
		slices.SortFunc(list, func(a, b *line) int { return strings.Compare(a.name, b.name) })
	}
	ls.callers.Store(&table)
}

// at are the registered lines that an address may call.
func (ls *lines) at(a netip.Addr) []*line {
	if table := ls.callers.Load(); table != nil {
		return (*table)[a]
	}
	return nil
}

// names is what a trunk's names are asked of; t may be nil.
func (s *Server) names(t *Trunk) *names {
	servers := s.cfg.Load().DNS
	if t != nil && len(t.DNS) > 0 {
		servers = t.DNS
	}
	key := strings.Join(servers, " ")
	ls := s.lines
	ls.mu.Lock()
	defer ls.mu.Unlock()
	n := ls.resolvers[key]
	if n == nil {
		n = s.newNames(servers)
		if ls.resolvers == nil || len(ls.resolvers) > 64 { // reloads made them
			ls.resolvers = map[string]*names{}
		}
		ls.resolvers[key] = n
	}
	return n
}

// newNames asks the servers given or, without any, as the system does.
func (s *Server) newNames(servers []string) *names {
	n := &names{exchange: s.exchangeDNS, ctx: s.ctx, wg: &s.wg}
	if len(servers) == 0 || slices.Equal(servers, []string{"system"}) {
		here := newSystem()
		n.servers, n.search, n.hosts = here.servers, here.search, here.table
		return n
	}
	n.servers = func() []string { return servers }
	n.search = func(name string) []string { return []string{dns.Fqdn(name)} }
	return n
}

// serviceRoute is what the registrar told to put into requests.
func (l *line) serviceRoute() []msg.Uri {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.regs {
		if r.shown.State == Registered && len(r.service) > 0 {
			return r.service
		}
	}
	return nil
}

// State is how things stand with the trunk.
func (l *line) state() TrunkState {
	t := l.trunk.Load()
	st := TrunkState{Name: l.name, Max: t.MaxCalls, Failures: l.failures.Load(), Registered: []Registration{}, Peers: []PeerState{}}
	st.CallsIn, st.CallsOut = l.srv.meter.use(l.name)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.regs {
		st.Registered = append(st.Registered, r.shown)
	}
	shown := map[string]bool{}
	for k, p := range l.peers {
		shown[k.peer] = true
		st.Peers = append(st.Peers, p.shown(k))
	}
	for _, p := range t.Peers {
		if !shown[p.URI] {
			st.Peers = append(st.Peers, PeerState{URI: p.URI, State: PeerUnknown, LastError: l.broken[p.URI]})
		}
	}
	order := func(uri string) int {
		return slices.IndexFunc(t.Peers, func(p Peer) bool { return p.URI == uri })
	}
	slices.SortFunc(st.Peers, func(a, b PeerState) int {
		if d := order(a.URI) - order(b.URI); d != 0 {
			return d
		}
		return strings.Compare(a.Network+a.Address, b.Network+b.Address)
	})
	return st
}

// Trunks tells how things stand with the trunks, in the order of the
// configuration.
func (s *Server) Trunks() []TrunkState {
	cfg := s.cfg.Load()
	all := make([]TrunkState, 0, len(cfg.Trunks))
	for i := range cfg.Trunks {
		all = append(all, s.lines.of(s, &cfg.Trunks[i]).state())
	}
	return all
}

// minding is how often names are looked up anew, if nothing else has them looked up.
const minding = time.Minute
