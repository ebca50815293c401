package outbox

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/partyline/partyline/meeting/invitation"
)

// KannelConfig is a gateway with the sendsms interface of Kannel (user's guide,
// "Using the HTTP interface to sendsms").
type KannelConfig struct {
	URL                string // with the path, as http://127.0.0.1:13013/cgi-bin/sendsms
	Username, Password string
	From               string // a number, or up to 11 letters; empty: the gateway's
	Transport          *http.Transport
	Now                func() time.Time
}

// Kannel sends short messages by that interface. It has no key by which the gateway
// could recognise a message that it is given twice.
type Kannel struct {
	cfg    KannelConfig
	url    *url.URL
	client *http.Client
}

// NewKannel checks the configuration.
func NewKannel(cfg KannelConfig) (*Kannel, error) {
	u, err := gatewayURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.Username == "" {
		return nil, errors.New("sms: kannel needs a username")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Kannel{cfg: cfg, url: u, client: newClient(cfg.Transport)}, nil
}

// Send gives a short message to the gateway. 202 says that it is accepted or
// queued there; 503 is a fault that will pass.
func (k *Kannel) Send(ctx context.Context, e Envelope) error {
	u := *k.url
	q := u.Query()
	q.Set("username", k.cfg.Username)
	q.Set("password", k.cfg.Password)
	if k.cfg.From != "" {
		q.Set("from", k.cfg.From)
	}
	q.Set("to", e.To)
	q.Set("text", e.SMS)
	q.Set("charset", "UTF-8")
	// 0 is the GSM 7-bit alphabet, 2 is UCS-2 (3GPP TS 23.038 §4).
	q.Set("coding", "0")
	if invitation.Segments(e.SMS).Encoding != "GSM-7" {
		q.Set("coding", "2")
	}
	u.RawQuery = q.Encode()
	r, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		return &Refusal{Reason: "the message cannot be written", Permanent: true}
	}
	r.Header.Set("User-Agent", "Partyline")
	return ask(ctx, k.client, r, k.cfg.Now)
}

// Close gives up the connections that are kept.
func (k *Kannel) Close() error {
	k.client.CloseIdleConnections()
	return nil
}
