package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	msg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// TestDigestVectors: the examples of RFC 7616 §3.9.1, RFC 2617 §3.5 and RFC 2069.
func TestDigestVectors(t *testing.T) {
	for name, v := range map[string]struct{ header, password string }{
		"RFC 7616 MD5":     {`Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="8ca523f5e9506fed4657c9700eebdbec", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`, "Circle of Life"},
		"RFC 7616 SHA-256": {`Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`, "Circle of Life"},
		"RFC 2617":         {`Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"`, "Circle Of Life"},
		"without qop":      {`Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", response="670fd8c2df070c60b045671b8b24ff02"`, "Circle Of Life"},
	} {
		c, err := digest.ParseCredentials(v.header)
		if err != nil {
			t.Fatal(err)
		}
		if !rightAnswer(c, "GET", &Trunk{InboundAuth: Account{Username: "Mufasa", Password: v.password}}) {
			t.Errorf("%s: refused", name)
		}
		if rightAnswer(c, "GET", &Trunk{InboundAuth: Account{Username: "Mufasa", Password: "x"}}) || rightAnswer(c, "GET", nil) || rightAnswer(c, "POST", &Trunk{InboundAuth: Account{Username: "Mufasa", Password: v.password}}) {
			t.Errorf("%s: taken for what it is not", name)
		}
	}
}

func outgoingCall(t *testing.T) (*Server, *Trunk, *msg.Request) {
	s := New(Config{Trunks: []Trunk{{Name: "carrier", Auth: Account{Username: "acme", Realm: "carrier.example", Password: "opensesame"}}}}, Streams{}, nil, nil)
	t.Cleanup(s.Close)
	var uri msg.Uri
	if err := msg.ParseUri("sip:+41445550100@carrier.example", &uri); err != nil {
		t.Fatal(err)
	}
	req := msg.NewRequest(msg.INVITE, uri)
	req.AppendHeader(&msg.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "192.0.2.1"})
	req.AppendHeader(&msg.CSeqHeader{SeqNo: 1, MethodName: msg.INVITE})
	req.AppendHeader(msg.NewHeader("Contact", "<sip:partyline@192.0.2.1>"))
	req.SetBody([]byte("v=0\r\n"))
	return s, s.trunkNamed("carrier"), req
}

func challengedBy(req *msg.Request, code int, challenges ...string) *msg.Response {
	name := "WWW-Authenticate"
	if code == 407 {
		name = "Proxy-Authenticate"
	}
	res := msg.NewResponse(code, "Unauthorized")
	for _, c := range challenges {
		res.AppendHeader(msg.NewHeader(name, c))
	}
	return res
}

func TestAuthorize(t *testing.T) {
	s, trunk, req := outgoingCall(t)
	again, ok := s.authorize(req, challengedBy(req, 407,
		`Digest realm="other.example", nonce="x", qop="auth"`,
		`Digest realm="carrier.example", nonce="y", algorithm=SHA-512-256-sess, qop="auth"`,
		`Digest realm="carrier.example", nonce="n1", algorithm=SHA-256, qop="auth-int, auth", opaque="o"`,
		`Digest realm="carrier.example", nonce="n1", algorithm=MD5, qop="auth"`), trunk)
	if !ok {
		t.Fatal("no answer")
	}
	c, err := digest.ParseCredentials(header(again, "Proxy-Authorization", ""))
	if err != nil || c.Algorithm != "SHA-256" || c.QOP != "auth" || c.Nc != 1 || c.Opaque != "o" || c.URI != "sip:+41445550100@carrier.example" {
		t.Errorf("%+v, %v", c, err)
	}
	if again.CSeq().SeqNo != 2 || again.Via() != nil || again.Contact() != nil || string(again.Body()) != "v=0\r\n" {
		t.Errorf("request\n%s", again)
	}
	if strings.Contains(again.String(), "opensesame") {
		t.Error("the password is in the request")
	}
	// The same password again would be wrong again.
	if _, ok = s.authorize(again, challengedBy(req, 407, `Digest realm="carrier.example", nonce="n2", qop="auth"`), trunk); ok {
		t.Error("a wrong password is insisted on")
	}
	third, ok := s.authorize(again, challengedBy(req, 407, `Digest realm="carrier.example", nonce="n2", stale=TRUE, qop="auth"`), trunk)
	if !ok || len(third.GetHeaders("Proxy-Authorization")) != 1 {
		t.Error("a stale nonce is not answered anew")
	}
	// A server's challenge after the proxy's: both answers go.
	both, ok := s.authorize(third, challengedBy(req, 401, `Digest realm="carrier.example", nonce="n3"`), trunk)
	if !ok || len(both.GetHeaders("Proxy-Authorization")) != 1 || len(both.GetHeaders("Authorization")) != 1 {
		t.Errorf("answers to proxy and server:\n%v", both)
	}
}

func TestAuthorizeNothing(t *testing.T) {
	s, trunk, req := outgoingCall(t)
	if _, ok := s.authorize(req, challengedBy(req, 401, `Digest realm="carrier.example", nonce="n1"`), nil); ok {
		t.Error("no trunk")
	}
	bare := *trunk
	bare.Auth = Account{}
	if _, ok := s.authorize(req, challengedBy(req, 401, `Digest realm="carrier.example", nonce="n1"`), &bare); ok {
		t.Error("no account")
	}
	for _, c := range []string{
		``, `Basic realm="carrier.example"`, `Digest realm="carrier.example"`, `Digest realm="carrier.example", nonce="n", algorithm=MD4`,
		`Digest realm="carrier.example", nonce="n", qop="token"`, `Digest realm="carrier.example", nonce="` + strings.Repeat("n", 600) + `"`,
	} {
		if _, ok := s.authorize(req, challengedBy(req, 401, c), trunk); ok {
			t.Errorf("answered %q", c)
		}
	}
}

func TestNonces(t *testing.T) {
	n := newNonces()
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	now := time.Now()
	x := n.make(a, now)
	if ours, stale := n.ours(x, a, now); !ours || stale {
		t.Error("not ours")
	}
	if ours, _ := n.ours(x, b, now); ours {
		t.Error("another source's nonce")
	}
	if ours, stale := n.ours(x, a, now.Add(nonceLife+time.Second)); !ours || !stale {
		t.Error("not stale")
	}
	if ours, _ := newNonces().ours(x, a, now); ours {
		t.Error("another server's nonce")
	}
	if x == n.make(a, now) {
		t.Error("twice the same")
	}
	if !n.use(x, 1, now) || n.use(x, 1, now) || !n.use(x, 2, now) || n.use(x, 0, now) {
		t.Error("counts")
	}
	for i := range mostNonces + 10 {
		n.use(fmt.Sprint(i), 1, now)
	}
	if len(n.used) > mostNonces {
		t.Errorf("%d nonces kept", len(n.used))
	}
}

// pbx is a trunk that proves who it is.
func pbx() Trunk {
	return Trunk{Name: "pbx", InboundAuth: Account{Username: "hq", Password: "letmein"}}
}

// answers are the credentials of a caller for a challenge.
func answers(t *testing.T, res *msg.Response, user, password, uri string, count int) string {
	t.Helper()
	c, err := digest.ParseChallenge(header(res, "WWW-Authenticate", ""))
	if err != nil {
		t.Fatal(err)
	}
	cred, err := digest.Digest(c, digest.Options{Method: "INVITE", URI: uri, Username: user, Password: password, Count: count})
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: " + cred.String() + "\r\n"
}

func withPBX(t *testing.T, anonymous bool, f func(*testing.T, *house)) {
	t.Helper()
	inVirtualTime(t, func(c *Config) {
		c.Anonymous = anonymous
		c.Trunks = []Trunk{pbx()}
	}, f)
}

func TestInboundDigest(t *testing.T) {
	withPBX(t, false, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.request("INVITE", "", "application/sdp", p.offer())
		res := p.expect(401)
		p.ack("", "")
		auth := answers(t, res, "hq", "letmein", p.uri, 1)
		p.request("INVITE", auth, "application/sdp", p.offer())
		ok := p.expect(200)
		p.toTag, _ = ok.To().Params.Get("tag")
		p.ack("", "")
		leg := h.leg()
		if leg.Party().Trunk != "pbx" {
			t.Errorf("trunk %q", leg.Party().Trunk)
		}
		// Somebody who heard it cannot say it again.
		q := h.phone("198.51.100.7:5063")
		q.request("INVITE", auth, "application/sdp", q.offer())
		if res := q.expect(401); !strings.Contains(header(res, "WWW-Authenticate", ""), "stale=true") {
			t.Errorf("a replay: %s", res)
		}
	})
}

// TestInboundDigestTellsNothing: known and unknown users are answered alike.
func TestInboundDigestTellsNothing(t *testing.T) {
	withPBX(t, false, func(t *testing.T, h *house) {
		var seen []string
		for _, user := range []string{"hq", "nobody"} {
			p := h.phone("198.51.100.7:5062")
			p.user = user
			p.request("INVITE", "", "application/sdp", p.offer())
			first := p.expect(401)
			p.request("INVITE", answers(t, first, user, "wrong", p.uri, 1), "application/sdp", p.offer())
			second := p.expect(401)
			for _, res := range []*msg.Response{first, second} {
				c, _ := digest.ParseChallenge(header(res, "WWW-Authenticate", ""))
				c.Nonce = ""
				var names []string
				for _, h := range res.Headers() {
					names = append(names, h.Name())
				}
				seen = append(seen, c.String()+strings.Join(names, " "))
			}
			p.c.Close()
		}
		for _, s := range seen {
			if s != seen[0] {
				t.Errorf("answers differ:\n%s", strings.Join(seen, "\n"))
			}
		}
		if len(h.inbound) > 0 {
			t.Error("a call came in")
		}
	})
}

// TestWrongPasswordsCount: after some the right one is refused too, until later.
func TestWrongPasswordsCount(t *testing.T) {
	withPBX(t, false, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		try := func(password string) int {
			p.callID = newTag()
			p.request("INVITE", "", "application/sdp", p.offer())
			res := p.expect(401)
			time.Sleep(time.Second)
			p.request("INVITE", answers(t, res, "hq", password, p.uri, 1), "application/sdp", p.offer())
			return p.response().StatusCode
		}
		for range guesses {
			if code := try("wrong"); code != 401 {
				t.Fatalf("wrong password: %d", code)
			}
		}
		if code := try("letmein"); code != 401 {
			t.Fatalf("the right one at last, too late: %d", code)
		}
		time.Sleep(2 * time.Minute)
		if code := try("letmein"); code != 200 {
			t.Fatalf("the right one later: %d", code)
		}
	})
}

// TestStrangersBesideATrunkThatProves: with anonymous calls on only who claims to
// be the trunk is asked.
func TestStrangersBesideATrunkThatProves(t *testing.T) {
	withPBX(t, true, func(t *testing.T, h *house) {
		p := h.phone("198.51.100.7:5062")
		p.call(h)
		q := h.phone("198.51.100.7:5063")
		q.user = "hq"
		q.request("INVITE", "", "application/sdp", q.offer())
		q.expect(401)
		synctest.Wait()
		if len(h.inbound) != 1 {
			t.Errorf("%d calls", len(h.inbound))
		}
	})
}

func FuzzCredentials(f *testing.F) {
	f.Add(`Digest username="hq", realm="gw.example", nonce="AAAA", uri="sip:a@b", response="00", qop=auth, nc=00000001, cnonce="x"`)
	f.Add(`Digest username="h\"q", nc=zz`)
	f.Add(`Digest realm="gw.example", nonce="n", qop="auth,auth-int", algorithm=MD5, stale=TRUE`)
	s := New(Config{Domain: "gw.example", Trunks: []Trunk{pbx(), {Name: "out", Auth: Account{Username: "u", Password: "p"}}}}, Streams{}, nil, nil)
	f.Cleanup(s.Close)
	from := netip.MustParseAddr("192.0.2.1")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\r\n") {
			return
		}
		var uri msg.Uri
		_ = msg.ParseUri("sip:a@gw.example", &uri)
		req := msg.NewRequest(msg.INVITE, uri)
		req.AppendHeader(&msg.CSeqHeader{SeqNo: 1, MethodName: msg.INVITE})
		req.AppendHeader(msg.NewHeader("Authorization", text))
		if trunk, bad, _ := s.proven(req, from); trunk != nil || bad == nil {
			t.Fatal("a stranger is a trunk")
		}
		if again, ok := s.authorize(req, challengedBy(req, 401, text), s.trunkNamed("out")); ok {
			if strings.ContainsAny(header(again, "Authorization", ""), "\r\n") {
				t.Fatal("a line break in a header")
			}
		}
	})
}
