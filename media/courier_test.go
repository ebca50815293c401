package media

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"sync"
	"testing"
)

// listSocket keeps the payloads of what is sent, page by page.
type listSocket struct {
	mu   sync.Mutex
	sent []uint32
	// gate, if there is one, must be passed by every page but the engine's last.
	gate chan struct{}
}

func (l *listSocket) send(p *page, head int32) (n int) {
	if l.gate != nil && p.n == batchSize {
		<-l.gate
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := head; i >= 0; i = p.messages[i].next {
		l.sent = append(l.sent, binary.BigEndian.Uint32(p.messages[i].payload))
		n++
	}
	return n
}

func (l *listSocket) receive(*inbox) int { return 0 }
func (l *listSocket) port() uint16       { return 0 }
func (l *listSocket) holds() int         { return 0 }
func (l *listSocket) close()             {}

// post adds messages with the numbers from to to-1, in scratch space, where a page
// that is filled before it was sent would overwrite them.
func post(b *batch, q *queue, from, to int) {
	for i := from; i < to; i++ {
		m := b.add(q, keyOf(netip.MustParseAddrPort("127.0.0.1:4000")))
		m.length = 0
		m.payload = binary.BigEndian.AppendUint32(b.room()[:0], uint32(i))
	}
}

// Whatever is posted in a step is sent once, before the step's end, by the courier
// or the engine.
func TestPagesAllGoOut(t *testing.T) {
	for _, n := range []int{0, 1, batchSize - 1, batchSize, batchSize + 1, 5*batchSize + 7} {
		b := newBatch(&Engine{})
		sockets := []*listSocket{{}, {}}
		queues := []*queue{b.use(sockets[0]), b.use(sockets[1])}
		for step := range 3 {
			for i := range n {
				post(b, queues[i%2], step*n+i, step*n+i+1)
			}
			b.flush()
			seen := map[uint32]bool{}
			for k, s := range sockets {
				for _, v := range s.sent {
					if seen[v] || int(v) < step*n || int(v) >= step*n+n || (int(v)-step*n)%2 != k {
						t.Fatalf("%d messages: %d came twice or on the wrong socket", n, v)
					}
					seen[v] = true
				}
				s.sent = nil
			}
			if len(seen) != n {
				t.Fatalf("%d of %d messages were sent in step %d", len(seen), n, step)
			}
		}
		if got := b.engine.packetsOut.Load(); got != uint64(3*n) || b.engine.unsent.Load() != 0 {
			t.Errorf("%d messages: %d counted", 3*n, got)
		}
		b.courier.close()
	}
}

// The engine does not wait for a courier that does not come to its work: here it
// is stuck in an earlier page's system call.
func TestEngineSendsWhatTheCourierHasNotBegun(t *testing.T) {
	var c courier
	gate := make(chan struct{})
	stuck, next := newPage(), newPage()
	stuck.n, next.n = batchSize, 1
	slow, quick := &listSocket{gate: gate}, &listSocket{}
	stuck.runs, next.runs = []run{{slow, -1}}, []run{{quick, -1}}
	c.take(stuck)
	for c.offered.Load() != nil { // until the courier has begun
		runtime.Gosched()
	}
	first := c.carries
	c.carries = nil
	c.take(next)
	if p, _ := c.wait(); p != next {
		t.Fatal("the second page was not sent by the engine")
	}
	close(gate)
	<-c.sent
	if first != stuck {
		t.Fatal("the first page is lost")
	}
	c.close()
}
