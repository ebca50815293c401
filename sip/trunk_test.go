package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

func twoPeers(ping time.Duration) []Trunk {
	return []Trunk{{
		Name: "carrier", OptionsPing: ping,
		Peers: []Peer{{URI: "sip:198.51.100.1"}, {URI: "sip:198.51.100.2"}},
	}}
}

func yes(req *msg.Request) *msg.Response { return status(req, 200) }

// order is the order of the addresses that the next call would try.
func (h *house) order() string {
	h.t.Helper()
	hops, err := h.srv.hops(h.t.Context(), h.srv.trunkNamed("carrier"), "")
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, hop := range hops {
		all = append(all, hop.addr.Addr().String())
	}
	return strings.Join(all, " ")
}

func (h *house) peer(i int) PeerState { return h.srv.Trunks()[0].Peers[i] }

func TestPeersArePinged(t *testing.T) {
	withTrunks(t, nil, twoPeers(30*time.Second), func(t *testing.T, h *house) {
		a := h.provider("198.51.100.1:5060", yes)
		b := h.provider("198.51.100.2:5060", nil)
		h.start()
		time.Sleep(10 * time.Second)
		if p := h.peer(0); p.State != PeerUp || p.LastStatus != 200 || p.Address != "198.51.100.1:5060" || p.Network != "udp" {
			t.Errorf("first peer %+v", p)
		}
		if p := h.peer(1); p.State != PeerDown || p.LastError != "no answer" {
			t.Errorf("second peer %+v", p)
		}
		if got := h.order(); got != "198.51.100.1 198.51.100.2" {
			t.Errorf("order %s", got)
		}
		a.say(func(req *msg.Request) *msg.Response { return status(req, 503) })
		b.say(func(req *msg.Request) *msg.Response { return status(req, 405) })
		time.Sleep(40 * time.Second)
		if got := h.order(); got != "198.51.100.2 198.51.100.1" {
			t.Errorf("order %s with the first down, %+v", got, h.srv.Trunks()[0].Peers)
		}
		a.say(yes)
		time.Sleep(20 * time.Second)
		if got := h.order(); got != "198.51.100.1 198.51.100.2" || h.peer(0).State != PeerUp {
			t.Errorf("order %s with the first back", got)
		}
		got, _ := a.requests("OPTIONS")
		if from := got[0].From().Address; from.Host != "gw.example" || got[0].To().Address.Host != "198.51.100.1" {
			t.Errorf("OPTIONS\n%s", got[0])
		}
	})
}

// TestAHopThatFailedIsTriedLast, and again within a minute.
func TestAHopThatFailedIsTriedLast(t *testing.T) {
	withTrunks(t, nil, twoPeers(0), func(t *testing.T, h *house) {
		trunk := h.srv.trunkNamed("carrier")
		hops, err := h.srv.hops(t.Context(), trunk, "")
		if err != nil {
			t.Fatal(err)
		}
		lost := h.srv.hopLost(trunk, hops[0])
		h.srv.hopFailed(trunk, hops[0], nil, errTimeout)
		select {
		case <-lost:
		default:
			t.Error("who waits for the hop is not told")
		}
		if got := h.order(); got != "198.51.100.2 198.51.100.1" {
			t.Errorf("order %s", got)
		}
		time.Sleep(holdDown + time.Second)
		if got := h.order(); got != "198.51.100.1 198.51.100.2" {
			t.Errorf("order %s after a minute", got)
		}
		h.srv.hopFailed(trunk, hops[0], challengedBy(nil, 500), nil)
		if got := h.order(); got != "198.51.100.1 198.51.100.2" {
			t.Errorf("order %s after one call failed with 500", got)
		}
		busy := challengedBy(nil, 503)
		busy.AppendHeader(msg.NewHeader("Retry-After", "20 (in maintenance)"))
		h.srv.hopFailed(trunk, hops[0], busy, nil)
		if got := h.order(); got != "198.51.100.2 198.51.100.1" {
			t.Errorf("order %s after 503 with Retry-After", got)
		}
		time.Sleep(21 * time.Second)
		if got := h.order(); got != "198.51.100.1 198.51.100.2" {
			t.Errorf("order %s after what Retry-After said", got)
		}
		h.srv.hopFailed(trunk, hops[0], nil, errTimeout)
		h.srv.hopAnswered(trunk, hops[0])
		if got := h.order(); got != "198.51.100.1 198.51.100.2" {
			t.Errorf("order %s after it answered", got)
		}
		if n := h.srv.Trunks()[0].Failures; n != 4 {
			t.Errorf("%d failures", n)
		}
	})
}

func TestWhatFailsOver(t *testing.T) {
	for code, want := range map[int]bool{200: false, 302: false, 401: false, 403: false, 404: false, 408: true, 486: false, 500: true, 501: false, 502: true, 503: true, 504: true, 505: false, 513: false, 603: false} {
		if got := failsOver(challengedBy(nil, code), nil); got != want {
			t.Errorf("%d: %v", code, got)
		}
	}
	if !failsOver(nil, errTimeout) {
		t.Error("no answer")
	}
}

// TestPeersByName: a trunk is where its names lead, also when they change, and
// says what is wrong with them.
func TestPeersByName(t *testing.T) {
	z := newZone(
		t, "_sip._udp.carrier.example. 30 IN SRV 10 0 5060 a.carrier.example.",
		"_sip._udp.carrier.example. 30 IN SRV 20 0 5062 b.carrier.example.",
		"a.carrier.example. 30 IN A 198.51.100.1", "b.carrier.example. 30 IN A 198.51.100.2",
	)
	trunks := []Trunk{{Name: "carrier", OptionsPing: 10 * time.Second, Peers: []Peer{{URI: "sip:carrier.example"}}}}
	withTrunks(t, z, trunks, func(t *testing.T, h *house) {
		h.provider("198.51.100.1:5060", yes)
		h.provider("198.51.100.2:5062", yes)
		h.provider("198.51.100.3:5060", yes)
		h.start()
		time.Sleep(time.Second)
		if got := h.order(); got != "198.51.100.1 198.51.100.2" || h.peer(1).Address != "198.51.100.2:5062" {
			t.Errorf("order %s", got)
		}
		z.set(t, "_sip._udp.carrier.example. 30 IN SRV 10 0 5060 c.carrier.example.", "c.carrier.example. 30 IN A 198.51.100.3")
		time.Sleep(time.Minute)
		if got := h.order(); got != "198.51.100.3" || len(h.srv.Trunks()[0].Peers) != 1 || h.peer(0).State != PeerUp {
			t.Errorf("order %s, %+v", got, h.srv.Trunks()[0].Peers)
		}
	})
	withTrunks(t, nil, trunks, func(t *testing.T, h *house) {
		h.start()
		time.Sleep(10 * time.Second)
		if p := h.peer(0); p.State != PeerUnknown || !strings.Contains(p.LastError, "no address") {
			t.Errorf("a name that leads nowhere: %+v", p)
		}
	})
}

func TestTestTrunk(t *testing.T) {
	withTrunks(t, nil, twoPeers(0), func(t *testing.T, h *house) {
		h.provider("198.51.100.1:5060", yes)
		h.start()
		probes, err := h.srv.TestTrunk(t.Context(), "carrier")
		if err != nil || len(probes) != 2 || probes[0].State != PeerUp || probes[1].State != PeerDown || probes[1].LastError == "" {
			t.Errorf("%+v, %v", probes, err)
		}
		if _, err := h.srv.TestTrunk(t.Context(), "other"); err != ErrNoTrunk {
			t.Error(err)
		}
	})
}

func TestCallsOutAreLimited(t *testing.T) {
	withTrunks(t, nil, []Trunk{{Name: "carrier", MaxCalls: 3, CallsPerSecond: 2}}, func(t *testing.T, h *house) {
		trunk := h.srv.trunkNamed("carrier")
		var leave []func()
		take := func() string {
			l, why := h.srv.takeOut(trunk)
			if why == "" {
				leave = append(leave, l)
			}
			return why
		}
		for range 2 {
			if why := take(); why != "" {
				t.Fatal(why)
			}
		}
		if why := take(); !strings.Contains(why, "calls_per_second (2)") {
			t.Errorf("the third in a second: %q", why)
		}
		time.Sleep(time.Second)
		if why := take(); why != "" {
			t.Error(why)
		}
		time.Sleep(time.Second)
		if why := take(); !strings.Contains(why, "max_calls (3)") {
			t.Errorf("the fourth: %q", why)
		}
		if st := h.srv.Trunks()[0]; st.CallsOut != 3 || st.Max != 3 {
			t.Errorf("%+v", st)
		}
		leave[0]()
		if why := take(); why != "" {
			t.Error(why)
		}
		if _, why := h.srv.takeOut(nil); why != "" {
			t.Error(why)
		}
	})
}

// TestWhoCallsIn reads who calls whom as trunks say it.
func TestWhoCallsIn(t *testing.T) {
	digits := func(s string) string {
		if rest, ok := strings.CutPrefix(s, "00"); ok {
			return "+" + rest
		}
		return s
	}
	for name, c := range map[string]struct {
		headers                 string
		trusted, stranger       bool
		caller, shown, asserted string
		private                 bool
	}{
		"From":               {headers: "", caller: "alice", shown: "Alice"},
		"asserted":           {headers: "P-Asserted-Identity: \"Bob, the\" <sip:0041445550100@x>, <tel:+41445550101>\r\n", trusted: true, caller: "+41445550100", asserted: "+41445550100", shown: "Alice"},
		"number before name": {headers: "P-Asserted-Identity: <sip:bob@x>\r\nP-Asserted-Identity: <tel:+41445550101>\r\n", trusted: true, caller: "+41445550101", asserted: "+41445550101", shown: "Alice"},
		"not believed":       {headers: "P-Asserted-Identity: <sip:0041445550100@x>\r\n", caller: "alice", shown: "Alice"},
		"a stranger asserts": {headers: "P-Asserted-Identity: <sip:0041445550100@x>\r\n", stranger: true, caller: "alice", shown: "Alice"},
		"Remote-Party-ID":    {headers: "Remote-Party-ID: \"Bob\" <sip:0041445550100@x>;party=calling;privacy=full\r\n", trusted: true, caller: "+41445550100", asserted: "+41445550100", shown: "Alice", private: true},
		"Privacy":            {headers: "Privacy: id;critical\r\nP-Asserted-Identity: <sip:0041445550100@x>\r\n", trusted: true, caller: "+41445550100", asserted: "+41445550100", shown: "Alice", private: true},
		"garbage":            {headers: "P-Asserted-Identity: <sip:\r\nRemote-Party-ID: ,,,\r\nPrivacy: none\r\n", trusted: true, caller: "alice", shown: "Alice"},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Config{}, Streams{}, nil, nil)
			defer s.Close()
			text := "INVITE sip:0041445550199@gw SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: \"Alice\" <sip:alice@x>;tag=1\r\n" +
				"To: <sip:0041445550199@gw>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n" + c.headers + "Content-Length: 0\r\n\r\n"
			m, err := msg.NewParser().ParseSIP([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			trunk := &Trunk{Name: "carrier", TrustIdentity: c.trusted, NumberIn: digits}
			called := "+41445550199"
			if c.stranger {
				trunk, called = nil, "0041445550199"
			}
			got := s.incoming(m.(*msg.Request), trunk)
			want := incoming{called: called, caller: c.caller, name: c.shown, asserted: c.asserted, private: c.private}
			if got != want {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestWhoCallsOut: the caller is said where the trunk wants it.
func TestWhoCallsOut(t *testing.T) {
	s := New(Config{Domain: "gw.example"}, Streams{}, nil, nil)
	defer s.Close()
	uri, err := parseURI("sip:sbc.carrier.example:5061;transport=tls")
	if err != nil {
		t.Fatal(err)
	}
	h := hop{network: "TLS", addr: netip.MustParseAddrPort("198.51.100.1:5061"), uri: uri}
	plain := func(s string) string { return strings.TrimPrefix(s, "+") }
	for name, c := range map[string]struct {
		trunk   Trunk
		call    Call
		from    string
		headers string
	}{
		"from": {
			Trunk{CallerID: "+41445550100"},
			Call{To: "+41445550199"},
			"<sip:+41445550100@gw.example>", "",
		},
		"an account's number": {
			Trunk{Auth: Account{Username: "acme"}, Identity: IdentityAsserted, NumberOut: plain},
			Call{To: "+41445550199", CallerID: "+41445550100", CallerName: `The "Board"`},
			`"The \"Board\"" <sip:acme@sbc.carrier.example>`, `P-Asserted-Identity: "The \"Board\"" <sip:41445550100@sbc.carrier.example>`,
		},
		"remote party, private": {
			Trunk{Identity: IdentityRemote, FromDomain: "acme.example"},
			Call{To: "+41445550199", CallerID: "+41445550100", Privacy: true},
			`"Anonymous" <sip:anonymous@anonymous.invalid>`, "Remote-Party-ID: <sip:+41445550100@acme.example>;party=calling;privacy=full;screen=yes\nPrivacy: id",
		},
		"nobody": {Trunk{}, Call{To: "conference room"}, "<sip:partyline@gw.example>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.trunk.Name = "carrier"
			p := s.dialParties(&c.trunk, c.call, h)
			var lines []string
			for _, h := range p.headers {
				lines = append(lines, fmt.Sprintf("%s: %s", h.Name(), h.Value()))
			}
			if got := p.from.Value(); got != c.from {
				t.Errorf("From %s, want %s", got, c.from)
			}
			if got := strings.Join(lines, "\n"); got != c.headers {
				t.Errorf("headers\n%s\nwant\n%s", got, c.headers)
			}
			if p.uri.Host != "sbc.carrier.example" || p.uri.Port != 5061 || !strings.Contains(p.uri.String(), "transport=tls") {
				t.Errorf("Request-URI %s", p.uri.String())
			}
			if name == "nobody" && p.uri.User != "conference%20room" {
				t.Errorf("user %q", p.uri.User)
			}
		})
	}
}

func FuzzTrunkHeaders(f *testing.F) {
	f.Add("\"Bob, the\" <sip:0041445550100@x>, <tel:+41445550101>")
	f.Add("<sip:a@b;lr>,<sip:c>;privacy=full,\"\\\"")
	f.Add(",,,<,>\"")
	f.Fuzz(func(t *testing.T, value string) {
		req := msg.NewRequest(msg.INVITE, msg.Uri{Scheme: "sip", Host: "x"})
		req.AppendHeader(&msg.FromHeader{Address: msg.Uri{Scheme: "sip", Host: "x"}})
		req.AppendHeader(&msg.ToHeader{Address: msg.Uri{Scheme: "sip", Host: "x"}})
		for _, name := range []string{"P-Asserted-Identity", "Remote-Party-ID", "Privacy", "Service-Route", "P-Called-Party-ID"} {
			req.AppendHeader(msg.NewHeader(name, value))
		}
		s := &Server{}
		who := s.incoming(req, &Trunk{TrustIdentity: true, Register: true})
		for _, text := range []string{who.caller, who.name, who.asserted} {
			if strings.ContainsAny(text, "\r\n\x00") || len(text) > 256 {
				t.Fatalf("%q", text)
			}
		}
		if n := len(uris(req, "Service-Route")); n > mostAddrs {
			t.Fatalf("%d routes", n)
		}
	})
}

// TestShutdownWithTrunks: questions to peers that are not there hold nothing up.
func TestShutdownWithTrunks(t *testing.T) {
	withTrunks(t, nil, twoPeers(time.Second), func(t *testing.T, h *house) {
		h.start()
		time.Sleep(500 * time.Millisecond)
		start := time.Now()
		if err := h.srv.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("%v to end while peers are asked", d)
		}
		synctest.Wait()
	})
}
