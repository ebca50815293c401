package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	msg "github.com/emiago/sipgo/sip"
)

func requestWith(pairs ...string) *msg.Request {
	req := msg.NewRequest(msg.INVITE, msg.Uri{Scheme: "sip", Host: "x"})
	for i := 0; i+1 < len(pairs); i += 2 {
		req.AppendHeader(msg.NewHeader(pairs[i], pairs[i+1]))
	}
	return req
}

func TestDiversions(t *testing.T) {
	for name, c := range map[string]struct {
		headers []string
		want    string
	}{
		"none": {nil, "[]"},
		"one":  {[]string{"Diversion", `"Bob" <sip:+41445550100@pbx.example;user=phone>;reason=user-busy;counter=1`}, "[{+41445550100 user-busy}]"},
		"two, the latest first": {
			[]string{"Diversion", "<sip:200@pbx>;reason=no-answer, <tel:+41445550100>;reason=\"Unconditional\""},
			"[{200 no-answer} {+41445550100 unconditional}]",
		},
		"two header fields": {[]string{"Diversion", "<sip:200@pbx>", "Diversion", "<sip:201@pbx>"}, "[{200 } {201 }]"},
		"withheld":          {[]string{"Diversion", "<sip:200@pbx>;privacy=full;reason=deflection"}, "[{ deflection}]"},
		"a PIN":             {[]string{"Diversion", "<sip:1234.98765@pbx>"}, "[{1234.**** }]"},
		"history": {
			[]string{"History-Info", "<sip:+41445550100@a>;index=1, <sip:200@pbx;cause=486>;index=1.1;mp=1, <sip:reception@us;cause=302>;index=1.1.1;mp=1.1"},
			"[{200 unconditional} {+41445550100 user-busy}]",
		},
		"history of one hop after another": {
			[]string{"History-Info", "<sip:reception@a>;index=1, <sip:reception@b>;index=1.1;rc=1"}, "[]",
		},
		"history withheld": {
			[]string{"History-Info", "<sip:+41445550100@a?Privacy=history>;index=1, <sip:reception@us;cause=408>;index=1.1;mp=1"},
			"[{ no-answer}]",
		},
		"Diversion is more exact": {[]string{"Diversion", "<sip:200@pbx>", "History-Info", "<sip:1@a>;index=1, <sip:2@b;cause=302>;index=1.1"}, "[{200 }]"},
		"nonsense":                {[]string{"Diversion", `<<<>;;;"`, "History-Info", ","}, "[]"},
		"a flood":                 {[]string{"Diversion", strings.Repeat("<sip:200@pbx>,", 100)}, fmt.Sprint(make([]struct{}, 8))},
	} {
		t.Run(name, func(t *testing.T) {
			got := fmt.Sprint(diversions(requestWith(c.headers...)))
			if name == "a flood" {
				if n := strings.Count(got, "200"); n != mostDiversions {
					t.Errorf("%d of them", n)
				}
				return
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestDiversionsOfTrunksOnly: strangers tell what they like.
func TestDiversionsOfTrunksOnly(t *testing.T) {
	inVirtualTime(t, func(c *Config) {
		c.Trunks = []Trunk{{
			Name: "carrier", Allow: []netip.Prefix{netip.MustParsePrefix("198.51.100.7/32")},
			NumberIn: func(n string) string { return strings.Replace(n, "044", "+4144", 1) },
		}}
	}, func(t *testing.T, h *house) {
		for _, addr := range []string{"198.51.100.7:5062", "198.51.100.8:5062"} {
			p := h.phone(addr)
			p.extra = "Diversion: <sip:0445550100@pbx>;reason=user-busy\r\n"
			p.call(h)
		}
		if got := fmt.Sprint(h.inbound[0].Diversions); got != "[{+41445550100 user-busy}]" {
			t.Errorf("the trunk's: %s", got)
		}
		if got := h.inbound[1].Diversions; got != nil {
			t.Errorf("a stranger's: %v", got)
		}
	})
}

func FuzzDiversions(f *testing.F) {
	f.Add("<sip:200@pbx>;reason=no-answer, <tel:+41445550100>", "<sip:1@a>;index=1, <sip:2@b;cause=302>;index=1.1")
	f.Add(`"a\"b" <sip:x@y>;privacy="off"`, "<sip:a?Privacy=history>;index=1,<sip:b;cause=x>")
	f.Add(",,,", "<")
	f.Fuzz(func(t *testing.T, diversion, history string) {
		for _, req := range []*msg.Request{requestWith("Diversion", diversion), requestWith("History-Info", history)} {
			all := diversions(req)
			if len(all) > mostDiversions {
				t.Errorf("%d diversions", len(all))
			}
			for _, d := range all {
				if len(d.Number) > 64*4 || len(d.Reason) > 32*4 || strings.ContainsAny(d.Number+d.Reason, "\r\n\x00") {
					t.Errorf("%q", d)
				}
			}
		}
	})
}

func FuzzContacts(f *testing.F) {
	f.Add(`<sip:a@b>;q=0.5, "x" <tel:+41445550100>;q=0.9`, "Q.850;cause=17;text=\"a, b\"")
	f.Add("*", "SIP ;cause=486")
	f.Fuzz(func(t *testing.T, contact, reason string) {
		res := msg.NewResponse(302, "Moved")
		res.AppendHeader(msg.NewHeader("Contact", contact))
		res.AppendHeader(msg.NewHeader("Reason", reason))
		all := contacts(res)
		if len(all) > mostContacts {
			t.Errorf("%d contacts", len(all))
		}
		for i := range all {
			if len(all[i].Headers) > 0 || !knownScheme(&all[i]) {
				t.Errorf("%q leads to %s", contact, all[i].String())
			}
		}
		causeFrom(res)
	})
}
