package sip

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

func registering(uri string) Trunk {
	return Trunk{
		Name: "carrier", Peers: []Peer{{URI: uri}}, Register: true,
		Auth: Account{Username: "acme", Realm: "carrier.example", Password: "opensesame"},
	}
}

func TestRegisterAndAgainAndLeave(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		t.Run(algorithm, func(t *testing.T) {
			withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
				r := &registrar{user: "acme", password: "opensesame", realm: "carrier.example", algorithm: algorithm, expires: "600", nonce: "n1"}
				c := h.provider("198.51.100.7:5060", r.answer)
				h.start()
				synctest.Wait()
				got, _ := c.requests("REGISTER")
				if len(got) != 2 {
					t.Fatalf("%d REGISTERs", len(got))
				}
				if to := got[0].To().Address; to.User != "acme" || to.Host != "198.51.100.7" || got[0].Recipient.User != "" {
					t.Errorf("To %v, Request-URI %v", to, got[0].Recipient)
				}
				st := h.srv.Trunks()[0]
				if st.Registered[0].State != Registered || time.Until(st.Registered[0].Expires) != 600*time.Second {
					t.Fatalf("state %+v", st.Registered)
				}
				time.Sleep(359 * time.Second)
				synctest.Wait()
				if again, _ := c.requests("REGISTER"); len(again) != 2 {
					t.Fatal("again too early")
				}
				time.Sleep(122 * time.Second)
				synctest.Wait()
				again, _ := c.requests("REGISTER")
				if len(again) != 3 {
					t.Fatalf("%d REGISTERs after four fifths of the time", len(again))
				}
				cred, err := digest.ParseCredentials(header(again[2], "Authorization", ""))
				if err != nil || cred.Nc != 2 || cred.Nonce != "n1" {
					t.Errorf("the nonce is not used again: %+v, %v", cred, err)
				}
				if again[2].CallID().Value() != got[0].CallID().Value() || again[2].CSeq().SeqNo != 3 {
					t.Errorf("CSeq %d of %s", again[2].CSeq().SeqNo, again[2].CallID().Value())
				}
				if err := h.srv.Shutdown(context.Background()); err != nil {
					t.Fatal(err)
				}
				all, _ := c.requests("REGISTER")
				last := all[len(all)-1]
				if len(all) != 4 || header(last, "Expires", "") != "0" || last.Contact().Params.GetOr("expires", "") != "0" {
					t.Errorf("not taken back:\n%s", last)
				}
			})
		})
	}
}

func TestRegisterStaleNonce(t *testing.T) {
	withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
		r := &registrar{user: "acme", password: "opensesame", realm: "carrier.example", expires: "600", nonce: "n1", stale: true}
		c := h.provider("198.51.100.7:5060", r.answer)
		h.start()
		synctest.Wait()
		r.renew("n2")
		time.Sleep(8 * time.Minute)
		synctest.Wait()
		got, _ := c.requests("REGISTER")
		if len(got) != 4 || h.srv.Trunks()[0].Registered[0].State != Registered {
			t.Fatalf("%d REGISTERs, %+v", len(got), h.srv.Trunks()[0].Registered)
		}
	})
}

// TestRegisterWrongPassword: who is refused insists slowly, and tells the password
// to nobody else.
func TestRegisterWrongPassword(t *testing.T) {
	withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
		r := &registrar{user: "acme", password: "other", realm: "carrier.example", expires: "600", nonce: "n1"}
		c := h.provider("198.51.100.7:5060", r.answer)
		h.start()
		time.Sleep(time.Hour)
		synctest.Wait()
		_, at := c.requests("REGISTER")
		if n := len(at); n < 8 || n > 60 {
			t.Errorf("%d REGISTERs in an hour", n)
		}
		for i := 2; i < len(at); i++ {
			if d := at[i].Sub(at[i-2]); d < 15*time.Second {
				t.Fatalf("again after %v", d)
			}
		}
		st := h.srv.Trunks()[0].Registered[0]
		if st.State != RegisterFail || !strings.Contains(st.LastError, "password") {
			t.Errorf("state %+v", st)
		}
	})
}

func TestRegisterAnotherRealmLearnsNothing(t *testing.T) {
	withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
		r := &registrar{user: "acme", password: "opensesame", realm: "evil.example", expires: "600", nonce: "n1"}
		c := h.provider("198.51.100.7:5060", r.answer)
		h.start()
		time.Sleep(10 * time.Minute)
		got, _ := c.requests("REGISTER")
		for _, req := range got {
			if header(req, "Authorization", "") != "" {
				t.Fatal("credentials for a realm that is not the trunk's")
			}
		}
	})
}

func TestRegisterMinExpires(t *testing.T) {
	withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
		c := h.provider("198.51.100.7:5060", func(req *msg.Request) *msg.Response {
			if header(req, "Expires", "") != "3600" {
				return status(req, 423, "Min-Expires: 3600")
			}
			return status(req, 200, "Expires: 3600")
		})
		h.start()
		synctest.Wait()
		got, _ := c.requests("REGISTER")
		st := h.srv.Trunks()[0].Registered[0]
		if len(got) != 2 || st.State != Registered || time.Until(st.Expires) != time.Hour {
			t.Fatalf("%d REGISTERs, %+v", len(got), st)
		}
	})
}

// TestRegisterBackOff: nobody answers, then somebody does.
func TestRegisterBackOff(t *testing.T) {
	withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
		c := h.provider("198.51.100.7:5060", nil)
		h.start()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		got, at := c.requests("REGISTER")
		var began []time.Time
		for i := range got {
			if i == 0 || got[i].CSeq().SeqNo != got[i-1].CSeq().SeqNo {
				began = append(began, at[i])
			}
		}
		if len(began) < 10 || len(began) > 25 {
			t.Errorf("%d attempts in 10 minutes", len(began))
		}
		for i := 1; i < len(began); i++ {
			if d := began[i].Sub(began[i-1]); d > 70*time.Second || i > 6 && d < 30*time.Second {
				t.Errorf("attempt %d after %v", i, d)
			}
		}
		c.say(func(req *msg.Request) *msg.Response { return status(req, 200, "Expires: 600") })
		time.Sleep(61 * time.Second)
		if st := h.srv.Trunks()[0].Registered[0]; st.State != Registered {
			t.Errorf("not back: %+v", st)
		}
	})
}

func TestRegisterGoesToTheNextRegistrar(t *testing.T) {
	z := newZone(
		t, "_sip._udp.carrier.example. 60 IN SRV 10 0 5060 a.carrier.example.",
		"_sip._udp.carrier.example. 60 IN SRV 20 0 5060 b.carrier.example.",
		"a.carrier.example. 60 IN A 198.51.100.1", "b.carrier.example. 60 IN A 198.51.100.2",
	)
	withTrunks(t, z, []Trunk{registering("sip:carrier.example")}, func(t *testing.T, h *house) {
		h.provider("198.51.100.1:5060", nil)
		b := h.provider("198.51.100.2:5060", func(req *msg.Request) *msg.Response { return status(req, 200, "Expires: 600") })
		h.start()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		got, _ := b.requests("REGISTER")
		if len(got) != 1 || h.srv.Trunks()[0].Registered[0].State != Registered {
			t.Fatalf("%d REGISTERs at the second, %+v", len(got), h.srv.Trunks()[0])
		}
	})
}

// TestRegisterBehindNAT: the Contact is where the registrar sees us.
func TestRegisterBehindNAT(t *testing.T) {
	withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
		c := h.provider("198.51.100.7:5060", func(req *msg.Request) *msg.Response {
			via := req.Via()
			via.Params.Add("received", "203.0.113.8")
			via.Params.Add("rport", "31111")
			contact := req.Contact()
			return status(req, 200, "Contact: <"+contact.Address.String()+">;expires=600")
		})
		h.start()
		synctest.Wait()
		got, _ := c.requests("REGISTER")
		if len(got) != 2 {
			t.Fatalf("%d REGISTERs", len(got))
		}
		if a := got[1].Contact().Address; a.Host != "203.0.113.8" || a.Port != 31111 {
			t.Errorf("Contact %v", a)
		}
	})
}

func TestReloadOfRegistrations(t *testing.T) {
	withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
		c := h.provider("198.51.100.7:5060", func(req *msg.Request) *msg.Response { return status(req, 200, "Expires: 600") })
		h.start()
		synctest.Wait()
		cfg := *h.srv.cfg.Load()
		with := func(change func(*Trunk)) Config {
			next := cfg
			next.Trunks = []Trunk{registering("sip:198.51.100.7")}
			change(&next.Trunks[0])
			return next
		}
		h.srv.Reload(with(func(t *Trunk) { t.MaxCalls = 3 }))
		time.Sleep(time.Second)
		if got, _ := c.requests("REGISTER"); len(got) != 1 {
			t.Fatalf("%d REGISTERs after a reload that changes nothing of it", len(got))
		}
		h.srv.Reload(with(func(t *Trunk) { t.ContactUser = "41445550100" }))
		time.Sleep(time.Second)
		got, _ := c.requests("REGISTER")
		if len(got) != 3 || header(got[1], "Expires", "") != "0" || got[2].Contact().Address.User != "41445550100" {
			t.Fatalf("%d REGISTERs; the old one is to be taken back, then the new one made", len(got))
		}
		if got[1].Contact().Address.User != got[0].Contact().Address.User {
			t.Error("another binding is taken back")
		}
		none := cfg
		none.Trunks = nil
		h.srv.Reload(none)
		time.Sleep(time.Second)
		if got, _ = c.requests("REGISTER"); len(got) != 4 || header(got[3], "Expires", "") != "0" {
			t.Fatalf("%d REGISTERs after the trunk is gone", len(got))
		}
		if len(h.srv.Trunks()) != 0 || h.srv.lines.at(c.c.addr.Addr()) != nil {
			t.Error("the trunk is still there")
		}
	})
}

func TestServiceRouteAndProxy(t *testing.T) {
	trunk := registering("sip:198.51.100.7")
	withTrunks(t, nil, []Trunk{trunk}, func(t *testing.T, h *house) {
		h.provider("198.51.100.7:5060", func(req *msg.Request) *msg.Response {
			if !strings.Contains(header(req, "Supported", ""), "path") {
				return status(req, 421)
			}
			return status(req, 200, "Expires: 600", "Service-Route: <sip:198.51.100.9;lr>, <sip:198.51.100.10:5070;lr>")
		})
		h.start()
		synctest.Wait()
		tr := h.srv.trunkNamed("carrier")
		hops, err := h.srv.hops(t.Context(), tr, "")
		if err != nil || len(hops) != 1 {
			t.Fatalf("%v, %v", hops, err)
		}
		if hop := hops[0]; hop.addr.String() != "198.51.100.9:5060" || len(hop.routes) != 2 || hop.uri.Host != "198.51.100.7" {
			t.Errorf("hop %+v", hop)
		}
		proxied := *tr
		proxied.OutboundProxy = "sip:198.51.100.20:5080"
		hops, err = h.srv.hops(t.Context(), &proxied, "")
		if err != nil || hops[0].addr.String() != "198.51.100.20:5080" || len(hops[0].routes) != 3 || !hops[0].routes[0].UriParams.Has("lr") {
			t.Errorf("by the proxy: %+v, %v", hops, err)
		}
	})
}

// TestRegisteredCallsIn: a call from the registrar to what we registered is the
// trunk's, one to anything else a stranger's.
func TestRegisteredCallsIn(t *testing.T) {
	withTrunks(t, nil, []Trunk{registering("sip:198.51.100.7")}, func(t *testing.T, h *house) {
		var contact msg.Uri
		c := h.provider("198.51.100.7:5060", func(req *msg.Request) *msg.Response {
			contact = req.Contact().Address
			return status(req, 200, "Expires: 600")
		})
		h.start()
		synctest.Wait()
		if u := contact.User; len(u) != 20 || strings.Contains(u, "acme") {
			t.Fatalf("Contact user %q can be guessed", u)
		}
		c.c.Close()
		for _, test := range []struct{ user, addr, trunk string }{
			{contact.User, "198.51.100.7:5060", "carrier"},
			{"reception", "198.51.100.7:5060", ""},
			{contact.User, "198.51.100.8:5060", ""},
		} {
			p := h.phone(test.addr)
			p.uri = "sip:" + test.user + "@192.0.2.1"
			p.request("INVITE", "", "application/sdp", p.offer())
			if res := p.expect(200); test.trunk != "" {
				_ = res
			}
			synctest.Wait()
			h.mu.Lock()
			in := h.inbound[len(h.inbound)-1]
			h.mu.Unlock()
			if in.Trunk != test.trunk {
				t.Errorf("%s from %s: trunk %q, want %q", test.user, test.addr, in.Trunk, test.trunk)
			}
		}
	})
}
