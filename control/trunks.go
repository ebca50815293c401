package control

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Trunk is how things stand with a trunk.
type Trunk struct {
	Name       string         `json:"name"`
	Registered []Registration `json:"registered"`
	Peers      []TrunkPeer    `json:"peers"`
	CallsIn    int            `json:"calls_in"`
	CallsOut   int            `json:"calls_out"`
	Max        int            `json:"max_calls"` // 0: no limit
	Failures   uint64         `json:"failures"`  // calls that a peer failed
}

// Registration is how things stand with one registrar of a trunk.
type Registration struct {
	Registrar string    `json:"registrar"`
	State     string    `json:"state"` // registering, registered, failed, leaving
	Contact   string    `json:"contact,omitempty"`
	Since     time.Time `json:"since"`
	Expires   time.Time `json:"expires,omitzero"`
	Error     string    `json:"error,omitempty"` // the last, whenever it was
}

// TrunkPeer is one address of a trunk.
type TrunkPeer struct {
	URI         string    `json:"uri"`
	Network     string    `json:"network,omitempty"` // udp, tcp, tls
	Address     string    `json:"address,omitempty"`
	State       string    `json:"state"` // up, down, unknown
	Since       time.Time `json:"since,omitzero"`
	RTT         float64   `json:"rtt_ms"`
	Status      int       `json:"status,omitempty"` // of the last answer to OPTIONS
	Error       string    `json:"error,omitempty"`
	Certificate string    `json:"certificate,omitempty"` // after a test, of TLS
}

// TrunkTest is what a test of a trunk found.
type TrunkTest struct {
	Peers []TrunkPeer `json:"peers"`
	Error string      `json:"error,omitempty"` // with its names
}

// TrunkKeeper is what a Gateway may be besides: it looks after trunks.
type TrunkKeeper interface {
	Trunks() []Trunk
	TestTrunk(ctx context.Context, name string) (TrunkTest, error) // ErrNotFound
}

// trunkRoutes serves the state of the trunks.
func trunkRoutes(mux *http.ServeMux, g Gateway) {
	k, ok := g.(TrunkKeeper)
	if !ok {
		return
	}
	mux.HandleFunc("GET /v1/trunks", func(w http.ResponseWriter, _ *http.Request) { reply(w, k.Trunks(), nil) })
	mux.HandleFunc("POST /v1/trunks/{name}/test", func(w http.ResponseWriter, q *http.Request) {
		done, err := k.TestTrunk(q.Context(), q.PathValue("name"))
		reply(w, done, err)
	})
}

// Trunks tells how things stand with the trunks.
func (c *Client) Trunks(ctx context.Context) (all []Trunk, err error) {
	return all, c.do(ctx, "GET", "/v1/trunks", nil, &all)
}

// TestTrunk has the gateway look a trunk's names up and ask its peers whether they
// are there.
func (c *Client) TestTrunk(ctx context.Context, name string) (t TrunkTest, err error) {
	return t, c.do(ctx, "POST", "/v1/trunks/"+url.PathEscape(name)+"/test", nil, &t)
}
