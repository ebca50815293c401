package ras

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/partyline/partyline/h323/h225"
)

// others has other endpoints hold names at a gatekeeper, which says so one name at a
// time unless all is set.
type others struct {
	mu   sync.Mutex
	hold []string
	all  bool
}

func (o *others) set(names ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hold = names
}

// on refuses full RRQs that have such a name.
func (o *others) on(g *fakeGatekeeper) {
	g.on(func(m *h225.RasMessage) bool {
		r := m.RegistrationRequest
		if r == nil || *r.KeepAlive {
			return false
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		var held []h225.AliasAddress
		for _, a := range r.TerminalAlias {
			if slices.Contains(o.hold, a.Text()) && (o.all || held == nil) {
				held = append(held, a)
			}
		}
		if held == nil {
			return false
		}
		g.send(&h225.RasMessage{RegistrationReject: &h225.RegistrationReject{
			RequestSeqNum: sequence(m), ProtocolIdentifier: h225.Protocol,
			RejectReason: h225.RegistrationRejectReason{DuplicateAlias: held},
		}})
		return true
	})
}

// claims are the names of each full RRQ.
func (g *fakeGatekeeper) claims() (all []string) {
	for _, h := range g.messages("registrationRequest") {
		r := h.m.RegistrationRequest
		if *r.KeepAlive {
			continue
		}
		var names []string
		for i := range r.TerminalAlias {
			names = append(names, r.TerminalAlias[i].Text())
		}
		all = append(all, strings.Join(names, " "))
	}
	return all
}

// numbers are n aliases from 100 on.
func numbers(n int) (list []h225.AliasAddress, texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprint(100+i))
		list = append(list, h225.AliasDigits(texts[i]))
	}
	return list, texts
}

// Names that others have are left out, shown and logged once, and tried again; the
// registration stands all the while.
func TestNamesTaken(t *testing.T) {
	for _, all := range []bool{false, true} {
		for _, ttl := range []int64{60, 0, 24 * 60 * 60} {
			t.Run(fmt.Sprint(all, ttl), func(t *testing.T) {
				play(t, func(t *testing.T, n *network) {
					g := n.gatekeeper(t, theirs, "gk")
					g.ttl = ttl
					o := &others{all: all}
					o.set("100", "102")
					o.on(g)
					var log bytes.Buffer
					cfg := config()
					cfg.Aliases, _ = numbers(4)
					cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
					c := n.open(t, cfg)
					st := status(c)
					if st.Phase != Registered || !slices.Equal(st.Aliases, []string{"101", "103"}) || !slices.Equal(st.Taken, []string{"100", "102"}) {
						t.Fatalf("%+v", st)
					}
					call := admit(t, c, ask(1))
					if src := g.last("admissionRequest").AdmissionRequest.SrcInfo; len(src) != 2 {
						t.Errorf("ARQ from %v", src)
					}
					during(3 * reclaimAfter)
					if st := status(c); st.Phase != Registered || st.Since != g.began || !slices.Equal(st.Aliases, []string{"101", "103"}) || len(st.Taken) != 2 {
						t.Errorf("%+v", st)
					}
					if n := slices.Index(g.claims()[1:], "100 101 102 103"); n < 0 {
						t.Errorf("not tried again: %q", g.claims())
					}
					o.set("102")
					during(reclaimAfter)
					if st := status(c); !slices.Equal(st.Aliases, []string{"100", "101", "103"}) || !slices.Equal(st.Taken, []string{"102"}) {
						t.Errorf("%+v", st)
					}
					o.set()
					during(reclaimAfter)
					if st := status(c); st.Since != g.began || len(st.Aliases) != 4 || len(st.Taken) != 0 || st.Calls != 1 {
						t.Errorf("%+v", st)
					}
					call.Disengage()
					synctest.Wait()
					if n := strings.Count(log.String(), "names that other endpoints have"); n != 2 || strings.Count(log.String(), "all names are registered") != 1 {
						t.Errorf("log:\n%s", log.String())
					}
				})
			})
		}
	}
}

// Many names cost few requests while they are taken, and come back together when
// their holder is gone.
func TestManyNamesTaken(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "gk")
		cfg := config()
		var texts []string
		cfg.Aliases, texts = numbers(100)
		o := &others{}
		o.set(texts[:90]...)
		o.on(g)
		c := n.open(t, cfg)
		if st := status(c); len(st.Aliases) != 10 || len(st.Taken) != 90 {
			t.Fatalf("%+v", st)
		}
		began := len(g.claims())
		during(reclaimAfter)
		if n := len(g.claims()) - began; n != mostReclaimed+1 {
			t.Errorf("%d RRQs for one more try", n)
		}
		if st := status(c); len(st.Aliases) != 10 || len(st.Taken) != 90 {
			t.Fatalf("%+v", st)
		}
		o.set()
		during(reclaimAfter)
		if st := status(c); len(st.Aliases) != 100 || len(st.Taken) != 0 || st.Since != g.began {
			t.Errorf("%+v", st)
		}
	})
}

// New names do not bring those back that are taken, before their time; a new
// registration tries all.
func TestNamesTakenAndRenamed(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "gk")
		cfg := config()
		var texts []string
		cfg.Aliases, texts = numbers(3)
		o := &others{}
		o.set(texts[0])
		o.on(g)
		c := n.open(t, cfg)
		during(20 * s)
		more, _ := numbers(4)
		if err := c.SetAliases(more); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := g.claims(); !slices.Equal(got, []string{"100 101 102", "101 102", "101 102 103"}) {
			t.Errorf("RRQs with %q", got)
		}
		g.send(&h225.RasMessage{UnregistrationRequest: &h225.UnregistrationRequest{RequestSeqNum: g.next(), CallSignalAddress: []h225.TransportAddress{}}})
		synctest.Wait()
		if got := g.claims()[3:]; !slices.Equal(got, []string{"100 101 102 103", "101 102 103"}) {
			t.Errorf("RRQs with %q", got)
		}
		// What is left may be others' altogether: then there is no registration, until
		// a name is free.
		if err := c.SetAliases(more[:1]); err != nil {
			t.Fatal(err)
		}
		if st := status(c); st.Phase != Waiting || !strings.Contains(st.Error, "duplicateAlias") {
			t.Errorf("%+v", st)
		}
		o.set()
		during(lastRetry)
		if st := status(c); st.Phase != Registered || !slices.Equal(st.Aliases, texts[:1]) {
			t.Errorf("%+v", st)
		}
	})
}

// A gatekeeper that refuses names that we did not claim, or the same again and again,
// is not asked without end.
func TestNamesRefusedInVain(t *testing.T) {
	play(t, func(t *testing.T, n *network) {
		g := n.gatekeeper(t, theirs, "gk")
		g.on(func(m *h225.RasMessage) bool {
			if m.RegistrationRequest != nil {
				g.send(&h225.RasMessage{RegistrationReject: &h225.RegistrationReject{
					RequestSeqNum: sequence(m), ProtocolIdentifier: h225.Protocol,
					RejectReason: h225.RegistrationRejectReason{DuplicateAlias: []h225.AliasAddress{h225.AliasDigits("600"), h225.AliasDigits("9")}},
				}})
			}
			return m.RegistrationRequest != nil
		})
		c := n.open(t, config())
		if st := status(c); st.Phase != Waiting || len(g.claims()) != 2 {
			t.Errorf("%q %+v", g.claims(), st)
		}
	})
}
