//go:build peers && soak

package peers

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// outcome is how a call out went.
type outcome struct {
	at    time.Time
	took  time.Duration
	state string
	text  string
}

// TestSoakTrunkDown calls out by a trunk of two peers, twenty times a second. The first
// falls silent: each call is answered by the second within 4 s and a little, calls that
// are up by the first stay, and 60 s after it speaks again it gets calls again.
func TestSoakTrunkDown(t *testing.T) {
	r := note(t, "Trunk down")
	const rate = 20
	first, second := newCarrier(t), newCarrier(t)
	g := start(t, unlimited+manyPorts+fmt.Sprintf(`trunks:
  - name: carrier
    peers: [{uri: "sip:%s", priority: 1}, {uri: "sip:%s", priority: 2}]
    allow: [127.0.0.250/32]
    options_ping: 5s
    numbers_out: {format: e164}
dialplan: {outbound: [{match: "+41*", trunk: carrier, caller_id: "+41445550100"}]}
`, addrOf(first.conn), addrOf(second.conn)))
	g.reconfigure("invites_per_second_per_source: 0}", "invites_per_second_per_source: 0, outbound: {calls: 0, per_host_per_hour: 0, calls_to_number_per_hour: 0}}")
	g.cli("reload")
	ada, room := g.hosted(t)
	ada.do("PATCH", "/api/v1/rooms/"+room, map[string]any{"max_participants": 0})
	first.set(false, true)
	for i := range 5 {
		if o := ada.callOut(room, fmt.Sprintf("+4144666000%d", i)); o.state != "connected" {
			t.Fatalf("a call out: %+v", o)
		}
	}
	first.set(false, false)
	var mu sync.Mutex
	var all []outcome
	var calling sync.WaitGroup
	over := make(chan struct{})
	var pacing sync.WaitGroup
	pacing.Go(func() {
		tick := time.NewTicker(time.Second / rate)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			calling.Go(func() {
				o := ada.callOut(room, fmt.Sprintf("+4144555%04d", i%10000))
				mu.Lock()
				all = append(all, o)
				mu.Unlock()
			})
		}
	})
	<-time.After(10 * time.Second)
	before, _ := second.counts()
	first.set(true, false)
	down := time.Now()
	<-time.After(30 * time.Second)
	during, _ := second.counts()
	then, _ := first.counts()
	first.set(false, false)
	back := time.Now()
	returned := time.Duration(0)
	for end := back.Add(70 * time.Second); returned == 0 && time.Now().Before(end); <-time.After(200 * time.Millisecond) {
		if n, _ := first.counts(); n > then+rate {
			returned = time.Since(back)
		}
	}
	<-time.After(5 * time.Second)
	close(over)
	pacing.Wait()
	calling.Wait()
	r.Faults = 1
	slowest, failed, refused := time.Duration(0), 0, 0
	for _, o := range all {
		if strings.Contains(o.text, "limit") { // the machine's: the engines are busy
			refused++
			continue
		}
		if o.state != "connected" {
			if failed++; failed < 4 {
				t.Errorf("%v after the fall a call fails: %+v", o.at.Sub(down).Round(time.Millisecond), o)
			}
			continue
		}
		slowest = max(slowest, o.took)
	}
	_, ended := first.counts()
	// The short ones are ended by the carriers, two seconds after their answers; those
	// that the first was silent for end when the gateway asks whether they live.
	up := 0
	for _, c := range g.await("only those that stay are up", 30*time.Second, func(list []call) bool { return len(list) <= 5 }) {
		if c.Direction == "out" {
			up++
		}
	}
	r.Calls, r.Lost = 5, failed
	if refused > len(all)/10 {
		t.Skipf("this machine is too busy: %d of %d calls were refused for it", refused, len(all))
	}
	figure(r, "%d calls out at %d a second, %d failed, the slowest was connected after %v; %d by the second peer meanwhile; the first is used again after %v; of 5 calls up by it %d are left",
		len(all)-refused, rate, failed, slowest.Round(time.Millisecond), during-before, returned.Round(100*time.Millisecond), up)
	if slowest > 4500*time.Millisecond {
		t.Errorf("a call took %v", slowest)
	}
	if returned == 0 || returned > 60*time.Second {
		t.Errorf("the first peer is used again after %v", returned)
	}
	if up < 5 {
		t.Errorf("of 5 calls by the first peer %d are left; it got %d BYEs", up, ended)
	}
	g.panics(t, 0)
}

// callOut has a number called into a room, and waits for the outcome.
func (p *page) callOut(room, number string) outcome {
	o := outcome{at: time.Now()}
	res, err := p.try("POST", "/api/v1/rooms/"+room+"/calls", map[string]any{"to": number, "wait_s": 15})
	o.took = time.Since(o.at)
	if err != nil {
		o.text = err.Error()
		return o
	}
	lines := strings.Split(strings.TrimSpace(res.body), "\n")
	var last struct{ State, Cause, Text string }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		o.text = res.body
		return o
	}
	if o.state, o.text = last.State, last.Cause+" "+last.Text; last.State == "" {
		o.text = fmt.Sprint(res.status, " ", res.body)
	}
	return o
}
