package call

import (
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/partyline/partyline/h323/internal/capture"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/tpkt"
)

// FuzzStream feeds what a peer sends, octet for octet, to a call that is answered
// at once: nothing panics, and everything ends.
func FuzzStream(f *testing.F) {
	frame, _ := tpkt.Append(nil, build(f, q931.Setup, setupPDU(nil), nil))
	f.Add(frame)
	f.Add([]byte{3, 0, 0, 4, 3, 0, 0, 5, 8})
	for _, path := range capture.Find("../../../shared/pcap") {
		r := record(f, path)
		var stream []byte
		for _, m := range r.all {
			if m.Kind == capture.Signalling && m.From == r.caller {
				stream, _ = tpkt.Append(stream, m.Data)
			}
		}
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		if len(stream) > 64<<10 {
			return
		}
		log := &panics{}
		synctest.Test(t, func(t *testing.T) {
			net := newFabric()
			d := newDesk(calleeIP + ":6000")
			d.incoming = func(c *Call, _ *Setup) { c.Alert(); c.Answer() }
			near, far := connPair(netip.MustParseAddrPort(phoneAt), target.Signal)
			near.out.limit = 1 << 20
			c := d.has(Accept(far, &Config{Net: net.host(calleeIP), Log: log.logger()}, d, d))
			_, _ = near.Write(stream)
			synctest.Wait()
			near.Close()
			<-c.Done()
			if len(d.ended) != 1 || len(net.listen) != 0 {
				t.Errorf("%d ends, %d listeners", len(d.ended), len(net.listen))
			}
		})
		if log.n.Load() != 0 {
			t.Error(log.text())
		}
	})
}
