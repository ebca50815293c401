package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"
)

const secret = "0123456789abcdef-not-in-any-log"

func short(text string) Envelope {
	return Envelope{ID: MessageKey("invite/ada/sms"), Message: Message{To: "+41791234567", SMS: text, Language: "de"}}
}

// gateway is an HTTP server that keeps the requests it gets.
type gateway struct {
	*httptest.Server
	requests []*http.Request
	bodies   []string
}

// newGateway answers with a status, and with what answer adds.
func newGateway(t *testing.T, answer http.HandlerFunc) *gateway {
	t.Helper()
	g := &gateway{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.requests, g.bodies = append(g.requests, r), append(g.bodies, string(body))
		answer(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestWebhookIsSigned(t *testing.T) {
	g := newGateway(t, status(http.StatusAccepted))
	w, err := NewWebhook(WebhookConfig{URL: g.URL + "/send", Secret: []byte(secret), Now: func() time.Time { return monday }})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const text = "Größe \"1\"\nPIN 48 219 \\ </script> 😀"
	if err := w.Send(t.Context(), short(text)); err != nil {
		t.Fatal(err)
	}
	r, body := g.requests[0], g.bodies[0]
	var got map[string]string
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(map[string]string{"id": short("").ID, "to": "+41791234567", "text": text, "language": "de"}) {
		t.Errorf("body is %q", got)
	}
	if r.Method != "POST" || r.URL.Path != "/send" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get(KeyField) != short("").ID {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	at := r.Header.Get(TimestampField)
	if at != fmt.Sprint(monday.Unix()) || r.Header.Get(SignatureField) != Sign([]byte(secret), at, []byte(body)) {
		t.Errorf("signed %v", r.Header)
	}
	// As openssl dgst -sha256 -hmac key has it for "1700000000.{}".
	if have, want := Sign([]byte("key"), "1700000000", []byte("{}")), "v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"; have != want {
		t.Errorf("signature is %s", have)
	}
}

func TestWebhookTemplate(t *testing.T) {
	with := func(template string) (*Webhook, error) {
		return NewWebhook(WebhookConfig{URL: "http://127.0.0.1:1/", Secret: []byte(secret), Template: template})
	}
	w, err := with(`{"messages":[{"destination":"{{.To}}","content":"{{.Text}}"}],"reference":"{{.ID}}"{{if eq .Language "de"}},"locale":"de"{{end}}}` + "\n")
	if err != nil {
		t.Fatal(err)
	}
	body, err := w.body(short(`a"b`))
	if err != nil || !strings.Contains(string(body), `"content":"a\"b"`) || !strings.Contains(string(body), `"locale":"de"`) {
		t.Errorf("%s, %v", body, err)
	}
	for _, bad := range []string{`{"to":{{.To}}}`, `{"text":"{{.Text}}"`, `{{.Nothing}}`, `{{`, `to={{.To}}`} {
		if _, err := with(bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if _, err := NewWebhook(WebhookConfig{URL: "http://sms.example.net/", Secret: []byte(secret)}); err == nil {
		t.Error("http was taken")
	}
	if _, err := NewWebhook(WebhookConfig{URL: "https://sms.example.net/", Secret: []byte("short")}); err == nil {
		t.Error("a short secret was taken")
	}
	if _, err := NewWebhook(WebhookConfig{URL: "sms.example.net", Secret: []byte(secret)}); err == nil {
		t.Error("no URL was taken")
	}
}

// Whatever the text, what goes out is JSON and says the same.
func FuzzWebhookBody(f *testing.F) {
	w, err := NewWebhook(WebhookConfig{URL: "http://127.0.0.1:1/", Secret: []byte(secret)})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", `"`, `\`, "\n", "\u2028", "</script>", "\x00", "\xff", "{{.To}}", "😀"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		body, err := w.body(short(text))
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ To, Text string }
		if err := json.Unmarshal(body, &got); err != nil || got.To != "+41791234567" || utf8.ValidString(text) && got.Text != text {
			t.Errorf("%s, %v", body, err)
		}
	})
}

func TestAnswersOfGateways(t *testing.T) {
	for _, c := range []struct {
		name      string
		answer    http.HandlerFunc
		permanent bool
		after     time.Duration
		reason    string // empty: sent
	}{
		{"200", status(200), false, 0, ""},
		{"202", status(202), false, 0, ""},
		{"400", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such\r\nnumber\x00", 400) }, true, 0, "400 Bad Request (no such number)"},
		{"403", status(403), true, 0, "403"},
		{"429", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "120"); w.WriteHeader(429) }, false, 2 * time.Minute, "429"},
		{"503", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", monday.Add(time.Hour).Format(http.TimeFormat))
			w.WriteHeader(503)
		}, false, time.Hour, "503"},
		{"500", status(500), false, 0, "500"},
		{"302", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, true, 0, "302"},
		{"307", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, true, 0, "307"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			for i := 0; i < 10000; i++ {
				if _, err := w.Write(make([]byte, 1<<12)); err != nil {
					return
				}
			}
		}, false, 0, "500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGateway(t, c.answer)
			now := func() time.Time { return monday }
			webhook, err := NewWebhook(WebhookConfig{URL: g.URL, Secret: []byte(secret), Now: now})
			if err != nil {
				t.Fatal(err)
			}
			kannel, err := NewKannel(KannelConfig{URL: g.URL, Username: "u", Password: secret, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range []Transport{webhook, kannel} {
				err := w.Send(t.Context(), short("hello"))
				if c.reason == "" {
					if err != nil {
						t.Error(err)
					}
					continue
				}
				wantRefusal(t, err, c.permanent, c.reason)
				if r, ok := err.(*Refusal); !ok || r.After != c.after {
					t.Errorf("after %v, want %v", r.After, c.after)
				}
			}
			if len(g.requests) != 2 {
				t.Errorf("%d requests", len(g.requests))
			}
		})
	}
}

// Neither a password nor a number is in the words of an error.
func TestGatewayThatIsNotThere(t *testing.T) {
	k, err := NewKannel(KannelConfig{URL: "http://127.0.0.1:1/cgi-bin/sendsms", Username: "u", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	err = k.Send(t.Context(), short("PIN 48219"))
	wantRefusal(t, err, false, "cannot be reached")
	for _, hidden := range []string{secret, "48219", "41791234567"} {
		if strings.Contains(err.Error(), hidden) {
			t.Error(err)
		}
	}
	// A certificate that nobody vouches for is no gateway.
	s := httptest.NewTLSServer(status(200))
	defer s.Close()
	w, err := NewWebhook(WebhookConfig{URL: s.URL, Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, w.Send(t.Context(), short("x")), false, "cannot be reached")
}

func TestGatewayIsBrokenOffWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Bool
	hang := make(chan struct{})
	g := newGateway(t, func(http.ResponseWriter, *http.Request) { asked.Store(true); cancel(); <-hang })
	w, err := NewWebhook(WebhookConfig{URL: g.URL, Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, w.Send(ctx, short("x")), false, "cannot be reached")
	close(hang)
	if !asked.Load() {
		t.Error("it was not asked")
	}
}

func TestKannelParameters(t *testing.T) {
	g := newGateway(t, status(http.StatusAccepted))
	k, err := NewKannel(KannelConfig{URL: g.URL + "/cgi-bin/sendsms?account=7", Username: "party line", Password: "p&ss", From: "Partyline"})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	for text, coding := range map[string]string{"Zürich @ 14:00 €": "0", "Łódź": "2"} {
		g.requests = nil
		if err := k.Send(t.Context(), short(text)); err != nil {
			t.Fatal(err)
		}
		r := g.requests[0]
		q := r.URL.Query()
		want := map[string]string{
			"account": "7", "username": "party line", "password": "p&ss", "from": "Partyline", "to": "+41791234567",
			"text": text, "charset": "UTF-8", "coding": coding,
		}
		if r.Method != "GET" || r.URL.Path != "/cgi-bin/sendsms" || len(q) != len(want) {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		for name, value := range want {
			if q.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, q.Get(name), value)
			}
		}
	}
	if _, err := NewKannel(KannelConfig{URL: g.URL}); err == nil {
		t.Error("no username was taken")
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "120", "-1", "99999999999999999999", "Mon, 30 Nov 2026 15:00:00 GMT", "Mon, 30 Nov 1926 15:00:00 GMT", "soon"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d := retryAfter(text, monday); d < 0 {
			t.Errorf("%q is %v", text, d)
		}
	})
}
