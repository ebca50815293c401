//go:build peers

package peers

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/control"
)

// relayScript passes calls on to a telephone and keeps out of what follows.
const relayScript = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("INVITE|CANCEL")) { $du = "sip:PHONE"; }
	if (is_method("INVITE")) { xlog("L_NOTICE", "relays a call\n"); }
	t_relay();
}
`

// relayed is how many calls a proxy has passed on.
func (p *proxy) relayed() int { return strings.Count(p.log.text(), "relays a call") }

// TestTrunkFailover: two kamailios, found by SRV, are a carrier's; the first is
// killed while twenty calls a second go out. No call fails, those that are up stay,
// and the first gets calls again when it is back.
func TestTrunkFailover(t *testing.T) {
	t.Parallel()
	phone := newAnswerer(t)
	first := newProxy(t, script(relayScript, "PHONE", addrOf(phone.conn).String()))
	second := newProxy(t, script(relayScript, "PHONE", addrOf(phone.conn).String()))
	_, a, _ := strings.Cut(first.udp, ":")
	_, b, _ := strings.Cut(second.udp, ":")
	dns := resolver(
		t, "_sip._udp.carrier.example. 60 IN SRV 10 0 "+a+" sbc1.carrier.example.",
		"_sip._udp.carrier.example. 60 IN SRV 20 0 "+b+" sbc2.carrier.example.",
		"sbc1.carrier.example. 60 IN A 127.0.0.1", "sbc2.carrier.example. 60 IN A 127.0.0.1",
	)
	rtpPorts.Lock()
	ports := fmt.Sprintf("%d-%d", rtpPorts.next, rtpPorts.next+799)
	rtpPorts.next += 800
	rtpPorts.Unlock()
	g := start(t, fmt.Sprintf(`sip: {listen: ["udp://127.0.0.1:0"], rtp_bind: 127.0.0.1, rtp_ports: %s}
trunks:
  - name: carrier
    peers: ["sip:carrier.example"]
    dns: [%q]
    allow: [127.0.0.1]
    options_ping: 2s
dialplan: {outbound: [{match: "+41*", trunk: carrier, caller_id: "+41445550100"}]}
limits: {outbound: {calls: 0, per_host_per_hour: 0, calls_to_number_per_hour: 0}}
`, ports, dns))
	g.room("112752642", "48219", "--max-participants", "500")
	g.awaitTrunk("both up", "carrier", 20*time.Second, func(t control.Trunk) bool {
		return len(t.Peers) == 2 && t.Peers[0].State == "up" && t.Peers[1].State == "up"
	})
	l := &pacer{t: t, client: control.NewClient(filepath.Join(g.dir, "data"))}
	for i := range 5 {
		l.call(fmt.Sprintf("+4144555010%d", i), true)
	}
	if n := first.relayed(); n != 5 {
		t.Fatalf("%d calls by the first", n)
	}

	over := l.run(20)
	<-time.After(3 * time.Second)
	first.kill()
	down := time.Now()
	<-time.After(7 * time.Second)
	during := second.relayed()
	first.run()
	back := time.Now()
	for end := back.Add(60 * time.Second); first.relayed() == 0 && time.Now().Before(end); <-time.After(20 * time.Millisecond) {
	}
	returned := time.Since(back)
	if first.relayed() == 0 {
		t.Error("the first is not used again")
	}
	over()

	turnedDown := 0
	for _, c := range l.made {
		switch {
		case strings.HasPrefix(c.text, "limit "): // the engines strain: this machine has more to do than calls
			turnedDown++
		case c.state != control.Connected:
			t.Errorf("%v after the fall a call fails: %s", c.began.Sub(down).Round(time.Millisecond), c.text)
		}
	}
	if 2*turnedDown > len(l.made) {
		t.Skipf("this machine is too busy: %d of %d calls were not tried", turnedDown, len(l.made))
	}
	t.Logf("%d calls at 20 a second, the slowest was up after %v; %d by the second meanwhile; the first is used again after %v",
		len(l.made), l.slowest.Round(time.Millisecond), during, returned.Round(time.Millisecond))
	if l.slowest > 12*time.Second { // 4 s where the machine is not overloaded
		t.Errorf("a call took %v", l.slowest)
	}
	if during == 0 {
		t.Error("the second got no call")
	}
	g.await("the five from before, and no other", 20*time.Second, func(c []call) bool { return len(c) == 5 })
	if tr := g.trunk("carrier"); tr.Failures == 0 {
		t.Error("no failover is counted")
	}
}

// pacer makes calls out.
type pacer struct {
	t      *testing.T
	client *control.Client

	mu      sync.Mutex
	made    []made
	slowest time.Duration
}

type made struct {
	began       time.Time
	state, text string
}

// call calls a number; unless it is to stay it is ended when it is up.
func (l *pacer) call(number string, stays bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	m := made{began: time.Now()}
	last, err := l.client.Invite(ctx, control.Invitation{To: number, Room: "112752642", Wait: 30}, func(control.Progress) {})
	took := time.Since(m.began)
	m.state, m.text = last.State, last.Cause+" "+last.Text
	if err != nil {
		m.text = err.Error()
	}
	if m.state == control.Connected && !stays {
		if err := l.client.Kick(ctx, last.ID); err != nil {
			m.text = "it cannot be ended: " + err.Error()
			m.state = control.Failed
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = append(l.made, m)
	l.slowest = max(l.slowest, took)
}

// run makes so many calls a second until over is called, which waits for the last.
func (l *pacer) run(rate int) (over func()) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				wg.Go(func() { l.call(fmt.Sprintf("+4144666%04d", i%10000), false) })
			}
		}
	})
	return func() { close(stop); wg.Wait() }
}
