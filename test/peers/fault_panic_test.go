//go:build peers && soak

package peers

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSoakPanic: a gateway with a fault built into it, which comes by a key that
// nothing else uses, loses the call that has it and no other: in the attendance of a
// call, and in its signalling.
func TestSoakPanic(t *testing.T) {
	r := note(t, "Panic in one call")
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "sip", "leg_request.go")
	text := source(t, file, "func (l *Leg) onINFO(tx *serverTx) {\n", "\tif strings.Contains(string(tx.req.Body()), \"panic in signalling\") {\n\t\tpanic(\"a fault put in by a test\")\n\t}\n")
	other := filepath.Join(root, "reception", "keys.go")
	keys := source(t, other, "func (c *call) key(ctx context.Context, key byte) error {\n", "\tif key == '0' {\n\t\tpanic(\"a fault put in by a test\")\n\t}\n")
	old := partyline
	partyline = built(t, "partyline-fault", map[string]string{file: text, other: keys})
	t.Cleanup(func() { partyline = old })
	g := start(t, unlimited)
	f := g.fleet(t, 50)
	g.room("112752642", "48219")
	for i, fault := range []func(p *raw){
		func(p *raw) {
			p.ask("INFO", []string{"Content-Type: application/dtmf-relay"}, "panic in signalling\r\n")
		},
		func(p *raw) { p.press("0") },
	} {
		p := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.7"})
		stays := g.raw(t, "112752642.48219", rawWays{local: "127.0.0.8"})
		g.await("both in the room", 10*time.Second, inRoom(52))
		r.Faults++
		sounds(t, f, r, [...]string{"in signalling", "in attendance"}[i], 6*time.Second, func(context.Context) error {
			fault(p)
			return nil
		})
		if !p.gone(10 * time.Second) {
			t.Errorf("fault %d: the call goes on", i)
		}
		g.await("only that call is gone", 10*time.Second, inRoom(51))
		if len(stays.got("BYE")) > 0 {
			t.Errorf("fault %d ends another call in the same room", i)
		}
		stays.hangup()
		g.await("the others are there", 10*time.Second, inRoom(50))
	}
	log := g.log.text()
	if n := strings.Count(log, "a fault put in by a test"); n != 2 || !strings.Contains(log, "onINFO") {
		t.Errorf("%d of 2 faults are in the log with their stack:\n%s", n, tail(log, 3000))
	}
}
