package outbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// The header fields of a webhook's request. The signature is "v1=" and the
// hexadecimal HMAC-SHA256 with the shared secret over the timestamp (Unix seconds),
// a full stop and the body. The idempotency key is the same when a message is tried
// again.
const (
	SignatureField = "Partyline-Signature"
	TimestampField = "Partyline-Timestamp"
	KeyField       = "Idempotency-Key"
)

// DefaultTemplate is the body of a webhook's request unless there is a template.
const DefaultTemplate = `{"id":"{{.ID}}","to":"{{.To}}","text":"{{.Text}}","language":"{{.Language}}"}`

// minSecret is the length of a secret, in bytes, that nobody tries out.
const minSecret = 16

// WebhookConfig is a gateway of short messages that takes a signed POST.
type WebhookConfig struct {
	URL    string
	Secret []byte
	// Template is a text/template whose result is JSON. It has .ID, .To (E.164),
	// .Text and .Language, all escaped so as to stand between double quotes.
	// Empty: DefaultTemplate.
	Template  string
	Transport *http.Transport // nil: the system's roots, and the proxy of the environment
	Now       func() time.Time
}

// Webhook sends short messages by HTTP POST.
type Webhook struct {
	cfg      WebhookConfig
	template *template.Template
	client   *http.Client
}

// NewWebhook checks the configuration, and the template with texts that would break
// careless JSON.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	u, err := gatewayURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && !loopback(u) {
		return nil, errors.New("sms: the webhook's URL must be https: there are PINs in the messages")
	}
	if len(cfg.Secret) < minSecret {
		return nil, fmt.Errorf("sms: the webhook's secret is shorter than %d bytes", minSecret)
	}
	if strings.TrimSpace(cfg.Template) == "" {
		cfg.Template = DefaultTemplate
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	w := &Webhook{cfg: cfg, client: newClient(cfg.Transport)}
	if w.template, err = template.New("sms").Option("missingkey=error").Parse(cfg.Template); err != nil {
		return nil, fmt.Errorf("sms: template: %w", err)
	}
	sample := Envelope{ID: "0f", Message: Message{To: "+41791234567", SMS: "\"quoted\" \\ back\nline\t\u2028 </b> ä€😀 \x01", Language: "de"}}
	if _, err := w.body(sample); err != nil {
		return nil, fmt.Errorf("sms: template: %w", err)
	}
	return w, nil
}

// body is the request's, checked to be JSON.
func (w *Webhook) body(e Envelope) ([]byte, error) {
	var out bytes.Buffer
	err := w.template.Execute(&out, struct{ ID, To, Text, Language string }{
		inJSON(e.ID), inJSON(e.To), inJSON(e.SMS), inJSON(e.Language),
	})
	if err != nil {
		return nil, err
	}
	if !json.Valid(out.Bytes()) {
		return nil, errors.New("its result is no JSON: do the values stand between double quotes?")
	}
	return out.Bytes(), nil
}

// inJSON escapes a text so as to stand within a JSON string.
func inJSON(s string) string {
	quoted, _ := json.Marshal(s) // a string never fails
	return string(quoted[1 : len(quoted)-1])
}

// Sign gives the signature of a body sent at a time, for those who check it.
func Sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Send gives a short message to the gateway.
func (w *Webhook) Send(ctx context.Context, e Envelope) error {
	body, err := w.body(e)
	if err != nil {
		return &Refusal{Reason: "the message cannot be written", Permanent: true, Err: err}
	}
	r, err := http.NewRequest(http.MethodPost, w.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return &Refusal{Reason: "the message cannot be written", Permanent: true, Err: err}
	}
	at := strconv.FormatInt(w.cfg.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Partyline")
	r.Header.Set(TimestampField, at)
	r.Header.Set(SignatureField, Sign(w.cfg.Secret, at, body))
	r.Header.Set(KeyField, e.ID)
	return ask(ctx, w.client, r, w.cfg.Now)
}

// Close gives up the connections that are kept.
func (w *Webhook) Close() error {
	w.client.CloseIdleConnections()
	return nil
}
