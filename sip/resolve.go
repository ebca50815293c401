package sip

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const (
	// mostNames bounds what a resolver keeps, mostRecords what it takes of an answer.
	mostNames   = 1024
	mostRecords = 64
	// leastTTL and mostTTL bound for how long an answer is fresh, noTTL is that of an
	// answer that says there is nothing.
	leastTTL, mostTTL, noTTL = time.Second, time.Hour, 10 * time.Second
	// asking is how long a question may take. Where there is an old answer, who asks
	// waits only oldPatience for a new one, and nobody else does; when none comes the
	// old one serves for oldAgain more before it is asked again (RFC 8767 §5).
	asking, oldPatience, oldAgain = 6 * time.Second, 300 * time.Millisecond, 5 * time.Second
	// serverPatience is how long one name server may take.
	serverPatience = 1500 * time.Millisecond
)

var (
	// errNoName says that a name leads nowhere.
	errNoName = errors.New("sip: the name has no address")
	errDNS    = errors.New("sip: no name server answers")
)

// names asks name servers and keeps what they say. An answer is good for its TTL;
// after that, and while no server answers, for as long as it takes: a carrier
// whose addresses are known can be reached without DNS.
type names struct {
	// servers are asked in turn, host:port. search makes full names of a name.
	servers func() []string
	search  func(name string) []string
	// hosts are addresses known without asking; nil: none are.
	hosts    func(name string) []string
	exchange func(ctx context.Context, m *dns.Msg, server string) (*dns.Msg, error)

	ctx context.Context // ends with the server
	wg  *sync.WaitGroup

	mu   sync.Mutex
	kept map[question]*kept
}

type question struct {
	name string // fully qualified, lower case
	kind uint16
}

// kept is what is known about a question. The fields are names.mu's.
type kept struct {
	records []dns.RR
	known   bool      // records are an answer, be it that there are none
	until   time.Time // until when they are fresh, or not asked again
	used    time.Time
	err     error         // of the last time it was asked
	flight  chan struct{} // closed when the question under way is answered; nil: none is
}

// lookup answers a question; no records and no error: there are none.
func (n *names) lookup(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	q := question{strings.ToLower(dns.Fqdn(name)), kind}
	if _, ok := dns.IsDomainName(q.name); !ok || len(q.name) > 255 {
		return nil, fmt.Errorf("%w: %q is no name", errNoName, name)
	}
	n.mu.Lock()
	k := n.of(q)
	if time.Now().Before(k.until) {
		defer n.mu.Unlock()
		return k.answer()
	}
	if k.flight == nil {
		k.flight = make(chan struct{})
		n.wg.Go(func() { n.ask(q, k) })
	} else if k.known {
		defer n.mu.Unlock()
		return k.answer()
	}
	flight, old := k.flight, k.known
	n.mu.Unlock()
	if old {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, oldPatience)
		defer cancel()
	}
	select {
	case <-flight:
	case <-ctx.Done():
		if !old {
			return nil, ctx.Err()
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return k.answer()
}

// answer is what is known; names.mu is held.
func (k *kept) answer() ([]dns.RR, error) {
	if k.known {
		return k.records, nil
	}
	return nil, k.err
}

// of finds a question's place; n.mu is held. When there are too many, those not
// used for longest go.
func (n *names) of(q question) *kept {
	now := time.Now()
	k := n.kept[q]
	if k == nil {
		if len(n.kept) >= mostNames {
			n.forget()
		}
		if n.kept == nil {
			n.kept = map[question]*kept{}
		}
		k = new(kept)
		n.kept[q] = k
	}
	k.used = now
	return k
}

// forget makes room; n.mu is held.
func (n *names) forget() {
	used := make([]time.Time, 0, len(n.kept))
	for _, k := range n.kept {
		used = append(used, k.used)
	}
	slices.SortFunc(used, time.Time.Compare)
	limit := used[len(used)/4]
	for q, k := range n.kept {
		if !k.used.After(limit) {
			delete(n.kept, q)
		}
	}
}

// ask asks the servers and notes the answer.
func (n *names) ask(q question, k *kept) {
	ctx, cancel := context.WithTimeout(n.ctx, asking)
	defer cancel()
	records, ttl, err := n.query(ctx, q)
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	if err != nil {
		k.err, k.until = err, now.Add(oldAgain)
	} else {
		k.records, k.known, k.err, k.until = records, true, nil, now.Add(ttl)
	}
	close(k.flight)
	k.flight = nil
}

// query asks one server after the other, twice.
func (n *names) query(ctx context.Context, q question) ([]dns.RR, time.Duration, error) {
	err := errDNS
	servers := n.servers()
	for range 2 {
		for _, server := range servers {
			m := new(dns.Msg)
			m.SetQuestion(q.name, q.kind)
			m.SetEdns0(1232, false)
			limit, cancel := context.WithTimeout(ctx, serverPatience)
			res, e := n.exchange(limit, m, server)
			cancel()
			if e == nil {
				records, ttl, e2 := taken(q, res)
				if e2 == nil {
					return records, ttl, nil
				}
				e = e2
			}
			err = fmt.Errorf("%w: %s: %w", errDNS, server, e)
			if ctx.Err() != nil {
				return nil, 0, err
			}
		}
	}
	return nil, 0, err
}

// taken takes out of a server's answer what was asked, and for how long that
// holds.
func taken(q question, res *dns.Msg) ([]dns.RR, time.Duration, error) {
	if !res.Response || len(res.Question) != 1 || !strings.EqualFold(res.Question[0].Name, q.name) || res.Question[0].Qtype != q.kind {
		return nil, 0, errors.New("the answer is to another question")
	}
	if res.Rcode == dns.RcodeNameError {
		return nil, noTTL, nil
	}
	if res.Rcode != dns.RcodeSuccess {
		return nil, 0, errors.New(dns.RcodeToString[res.Rcode])
	}
	names := map[string]bool{q.name: true} // and what it is an alias of
	var records []dns.RR
	ttl := mostTTL
	for _, rr := range res.Answer {
		h := rr.Header()
		if !names[strings.ToLower(h.Name)] || h.Class != dns.ClassINET {
			continue
		}
		life := time.Duration(h.Ttl) * time.Second
		switch c, alias := rr.(*dns.CNAME); {
		case alias && q.kind != dns.TypeCNAME && len(names) < 16:
			names[strings.ToLower(c.Target)] = true
			ttl = min(ttl, life)
		case h.Rrtype == q.kind && len(records) < mostRecords:
			records = append(records, rr)
			ttl = min(ttl, life)
		}
	}
	if records == nil {
		return nil, noTTL, nil
	}
	return records, max(ttl, leastTTL), nil
}

// wireExchange asks over UDP, and over TCP what did not fit.
func wireExchange(ctx context.Context, m *dns.Msg, server string) (*dns.Msg, error) {
	c := &dns.Client{Net: "udp", UDPSize: 1232}
	res, _, err := c.ExchangeContext(ctx, m, server)
	if err == nil && res.Truncated {
		c.Net = "tcp"
		res, _, err = c.ExchangeContext(ctx, m, server)
	}
	return res, err
}
