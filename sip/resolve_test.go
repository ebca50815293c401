package sip

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// asking asks a zone in virtual time.
func withNames(t *testing.T, f func(t *testing.T, n *names, z *zone), records ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		z := newZone(t, records...)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		n := &names{
			servers: func() []string { return []string{"192.0.2.53:53"} }, exchange: z.exchange, ctx: ctx, wg: &wg,
		}
		f(t, n, z)
		cancel()
		wg.Wait()
	})
}

func anywhere(string, netip.Addr) bool { return true }

// found is where a URI leads, as text.
func found(t *testing.T, n *names, uri string) []string {
	t.Helper()
	u, err := parseURI(uri)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := n.find(t.Context(), &u, anywhere)
	if err != nil {
		return []string{err.Error()}
	}
	var all []string
	for _, x := range targets {
		all = append(all, x.network+" "+x.addr.String())
	}
	return all
}

func TestWhereURIsLead(t *testing.T) {
	records := []string{
		`carrier.example. 60 IN NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.carrier.example.`,
		`carrier.example. 60 IN NAPTR 10 20 "s" "SIP+D2T" "" tcp.carrier.example.`,
		`carrier.example. 60 IN NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.carrier.example.`,
		`carrier.example. 60 IN NAPTR 5 10 "u" "E2U+sip" "!.*!sip:x@y!" .`,
		`_sips._tcp.carrier.example. 60 IN SRV 10 0 5061 a.carrier.example.`,
		`tcp.carrier.example. 60 IN SRV 10 0 5070 a.carrier.example.`,
		`_sip._udp.carrier.example. 60 IN SRV 20 0 5062 b.carrier.example.`,
		`_sip._udp.carrier.example. 60 IN SRV 10 0 5060 a.carrier.example.`,
		`a.carrier.example. 60 IN A 198.51.100.1`,
		`a.carrier.example. 60 IN AAAA 2001:db8::1`,
		`b.carrier.example. 60 IN CNAME bb.carrier.example.`,
		`bb.carrier.example. 60 IN A 198.51.100.2`,
		`plain.example. 60 IN A 198.51.100.3`,
		`_sip._tcp.tcponly.example. 60 IN SRV 0 0 5080 plain.example.`,
		`_sip._udp.closed.example. 60 IN SRV 0 0 0 .`,
		`closed.example. 60 IN A 198.51.100.4`,
	}
	for uri, want := range map[string]string{
		// RFC 3263 §4.1: NAPTR's order decides; what we do not speak is left out.
		"sip:carrier.example":                 "TLS 198.51.100.1:5061, TLS [2001:db8::1]:5061, TCP 198.51.100.1:5070, TCP [2001:db8::1]:5070, UDP 198.51.100.1:5060, UDP [2001:db8::1]:5060, UDP 198.51.100.2:5062",
		"sips:carrier.example":                "TLS 198.51.100.1:5061, TLS [2001:db8::1]:5061",
		"sip:carrier.example;transport=udp":   "UDP 198.51.100.1:5060, UDP [2001:db8::1]:5060, UDP 198.51.100.2:5062",
		"sip:carrier.example:5099":            "no address",
		"sip:b.carrier.example:5099":          "UDP 198.51.100.2:5099",
		"sip:plain.example":                   "UDP 198.51.100.3:5060",
		"sips:plain.example":                  "TLS 198.51.100.3:5061",
		"sip:plain.example;transport=tls":     "TLS 198.51.100.3:5061",
		"sip:tcponly.example":                 "TCP 198.51.100.3:5080",
		"sip:198.51.100.9":                    "UDP 198.51.100.9:5060",
		"sip:198.51.100.9:5070;transport=tcp": "TCP 198.51.100.9:5070",
		"sips:[2001:db8::9]":                  "TLS [2001:db8::9]:5061",
		"sip:closed.example;transport=udp":    "UDP 198.51.100.4:5060",
		"sip:nowhere.example":                 "no address",
	} {
		withNames(t, func(t *testing.T, n *names, _ *zone) {
			got := strings.Join(found(t, n, uri), ", ")
			if want == "no address" && strings.Contains(got, want) {
				return
			}
			if got != want {
				t.Errorf("%s\n got %s\nwant %s", uri, got, want)
			}
		}, records...)
	}
}

// TestSRVWeights: chance shares calls by weight (RFC 2782).
func TestSRVWeights(t *testing.T) {
	first := map[string]int{}
	withNames(t, func(t *testing.T, n *names, _ *zone) {
		for range 4000 {
			all := found(t, n, "sip:carrier.example;transport=udp")
			if len(all) != 3 || all[2] != "UDP 198.51.100.3:5060" {
				t.Fatalf("order %v", all)
			}
			first[all[0]]++
		}
	},
		"_sip._udp.carrier.example. 60 IN SRV 1 75 5060 a.carrier.example.",
		"_sip._udp.carrier.example. 60 IN SRV 1 25 5060 b.carrier.example.",
		"_sip._udp.carrier.example. 60 IN SRV 2 100 5060 c.carrier.example.",
		"a.carrier.example. 60 IN A 198.51.100.1", "b.carrier.example. 60 IN A 198.51.100.2", "c.carrier.example. 60 IN A 198.51.100.3",
	)
	if n := first["UDP 198.51.100.1:5060"]; n < 2800 || n > 3200 {
		t.Errorf("three quarters of 4000 calls: %d", n)
	}
}

func TestPeersWithoutWeightKeepTheirOrder(t *testing.T) {
	rank := func(p Peer) (int, int) { return p.Priority, p.Weight }
	for range 20 {
		got := inOrder([]Peer{{URI: "c", Priority: 1}, {URI: "a"}, {URI: "b"}, {URI: "w", Weight: 5}}, rank)
		var order string
		for _, p := range got {
			order += p.URI
		}
		if order != "wabc" {
			t.Fatal(order)
		}
	}
}

// TestNamesAreKept: an answer is asked for once in its time, and serves on while no
// server answers.
func TestNamesAreKept(t *testing.T) {
	withNames(t, func(t *testing.T, n *names, z *zone) {
		const a = "A a.example."
		for range 5 {
			found(t, n, "sip:a.example:5060")
		}
		if z.count(a) != 1 {
			t.Fatalf("asked %d times", z.count(a))
		}
		time.Sleep(61 * time.Second)
		z.set(t, "a.example. 60 IN A 198.51.100.2")
		if got := found(t, n, "sip:a.example:5060"); got[0] != "UDP 198.51.100.2:5060" {
			t.Fatalf("still %v after its time", got)
		}
		z.fail(true)
		time.Sleep(24 * time.Hour)
		for range 10 {
			start := time.Now()
			if got := found(t, n, "sip:a.example:5060"); got[0] != "UDP 198.51.100.2:5060" {
				t.Fatalf("without DNS: %v", got)
			}
			if d := time.Since(start); d > 700*time.Millisecond {
				t.Fatalf("an old answer after %v", d)
			}
			time.Sleep(10 * time.Second)
		}
		z.fail(false)
		z.set(t, "a.example. 60 IN A 198.51.100.3")
		time.Sleep(20 * time.Second)
		found(t, n, "sip:a.example:5060")
		time.Sleep(time.Second)
		if got := found(t, n, "sip:a.example:5060"); got[0] != "UDP 198.51.100.3:5060" {
			t.Errorf("not asked again: %v", got)
		}
	}, "a.example. 60 IN A 198.51.100.1")
}

func TestNoDNSFromTheStart(t *testing.T) {
	withNames(t, func(t *testing.T, n *names, z *zone) {
		z.fail(true)
		if got := found(t, n, "sip:a.example:5060"); !strings.Contains(got[0], "no name server answers") {
			t.Fatal(got)
		}
	})
}

func TestManyAskOnce(t *testing.T) {
	withNames(t, func(t *testing.T, n *names, z *zone) {
		slow := n.exchange
		n.exchange = func(ctx context.Context, m *dns.Msg, s string) (*dns.Msg, error) {
			time.Sleep(100 * time.Millisecond)
			return slow(ctx, m, s)
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { found(t, n, "sip:a.example:5060") })
		}
		wg.Wait()
		if z.count("A a.example.") != 1 {
			t.Errorf("asked %d times", z.count("A a.example."))
		}
	}, "a.example. 60 IN A 198.51.100.1")
}

func TestNamesAreBounded(t *testing.T) {
	withNames(t, func(t *testing.T, n *names, _ *zone) {
		for i := range 3 * mostNames {
			_, _ = n.lookup(t.Context(), "x"+strings.Repeat("y", i%60)+string(rune('a'+i%26))+time.Duration(i).String()+".example", dns.TypeA)
			time.Sleep(time.Millisecond)
		}
		if len(n.kept) > mostNames {
			t.Errorf("%d names kept", len(n.kept))
		}
	})
}

func TestHostsTable(t *testing.T) {
	table := hostsTable([]byte("127.0.0.1 localhost\n# 1.2.3.4 no\n192.0.2.7\tPBX pbx.example # the old one\nbad line\n::1 ip6-localhost\n2001:db8::7 pbx\n"))
	if got := table["pbx"]; !slices.Equal(got, []string{"192.0.2.7", "2001:db8::7"}) {
		t.Error(got)
	}
	if len(table["no"]) > 0 || len(table["line"]) > 0 {
		t.Error(table)
	}
}

// FuzzDNSAnswer: whatever a name server sends is an answer to the question, or
// none.
func FuzzDNSAnswer(f *testing.F) {
	q := question{"carrier.example.", dns.TypeNAPTR}
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.kind)
	m.Response = true
	for _, text := range []string{
		`carrier.example. 60 IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.carrier.example.`,
		`carrier.example. 0 IN CNAME carrier.example.`,
	} {
		rr, _ := dns.NewRR(text)
		m.Answer = append(m.Answer, rr)
	}
	b, _ := m.Pack()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		res := new(dns.Msg)
		if res.Unpack(b) != nil {
			return
		}
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeSRV, dns.TypeNAPTR} {
			records, ttl, err := taken(question{q.name, kind}, res)
			if err == nil && (ttl < leastTTL || ttl > mostTTL) || len(records) > mostRecords {
				t.Fatalf("%d records for %v", len(records), ttl)
			}
			for _, r := range records {
				if r.Header().Rrtype != kind {
					t.Fatalf("a %v is no answer", r)
				}
			}
			preferred(records)
		}
	})
}
