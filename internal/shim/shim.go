// Package shim is a bad network for tests: a UDP relay that loses, delays and
// reorders packets. A phone sends to Near, the other side to Far, which is what
// the phone announces; what comes in at one is sent on from the other. The fate
// of a packet depends on the seed and on how many came before it in its
// direction alone, so that a run can be repeated. The package owns its two
// sockets and four goroutines, which Close ends.
package shim

import (
	"container/heap"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Conditions are what a packet suffers.
type Conditions struct {
	Loss    float64 // share that is lost, 0 to 1
	Reorder float64 // share that is overtaken by those that follow
	// Delay is that of every packet, Jitter what is added to it: up to so much,
	// and the order stays.
	Delay, Jitter time.Duration
	// Late is what a reordered packet waits on top; 0: 30 ms, more than a packet.
	Late time.Duration
}

// Counts is what happened in one direction.
type Counts struct{ Passed, Lost, Reordered int }

// Relay is a running shim.
type Relay struct {
	near, far *net.UDPConn
	peer      atomic.Pointer[netip.AddrPort] // beyond far
	phone     atomic.Pointer[netip.AddrPort] // beyond near: who sent there last
	up, down  *way
	wg        sync.WaitGroup
}

// Open opens a relay on two ports of a local address. Both ways are good until
// they are told otherwise.
func Open(local netip.Addr, seed uint64) (*Relay, error) {
	at := net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	near, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err
	}
	far, err := net.ListenUDP("udp", at)
	if err != nil {
		near.Close()
		return nil, err
	}
	r := &Relay{near: near, far: far}
	r.up = newWay(seed, func(b []byte) { write(far, b, r.peer.Load()) })
	r.down = newWay(seed+1, func(b []byte) { write(near, b, r.phone.Load()) })
	r.wg.Go(r.up.run)
	r.wg.Go(r.down.run)
	r.wg.Go(func() { read(near, r.up, &r.phone) })
	r.wg.Go(func() { read(far, r.down, nil) })
	return r, nil
}

// Near is where the phone sends to.
func (r *Relay) Near() netip.AddrPort { return address(r.near) }

// Far is where the relay sends from: what the phone announces.
func (r *Relay) Far() netip.AddrPort { return address(r.far) }

// To says where what the phone sends goes on to.
func (r *Relay) To(peer netip.AddrPort) { r.peer.Store(&peer) }

// Up sets the conditions for what the phone sends, Down for what it gets.
func (r *Relay) Up(c Conditions)   { r.up.set(c) }
func (r *Relay) Down(c Conditions) { r.down.set(c) }

// Counts is what happened to packets of the phone, and to those for it.
func (r *Relay) Counts() (up, down Counts) { return r.up.count(), r.down.count() }

// Close drops what is still under way.
func (r *Relay) Close() error {
	err := errors.Join(r.near.Close(), r.far.Close())
	r.up.end()
	r.down.end()
	r.wg.Wait()
	return err
}

func address(c *net.UDPConn) netip.AddrPort {
	a := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func write(c *net.UDPConn, b []byte, to *netip.AddrPort) {
	if to != nil {
		_, _ = c.WriteToUDPAddrPort(b, *to) // a network may lose it
	}
}

func read(c *net.UDPConn, w *way, from *atomic.Pointer[netip.AddrPort]) {
	buf := make([]byte, 65536)
	for {
		n, sender, err := c.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // an ICMP error of an earlier packet
			continue
		}
		if from != nil {
			from.Store(&sender)
		}
		w.send(buf[:n], time.Now())
	}
}

// way is one direction.
type way struct {
	out  func([]byte)
	wake chan struct{}
	over chan struct{}

	mu      sync.Mutex
	fate    fate
	counts  Counts
	waiting queue
	serial  int
}

func newWay(seed uint64, out func([]byte)) *way {
	return &way{out: out, wake: make(chan struct{}, 1), over: make(chan struct{}), fate: newFate(seed)}
}

func (w *way) set(c Conditions) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate.Conditions = c
}

func (w *way) count() Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts
}

func (w *way) send(b []byte, now time.Time) {
	w.mu.Lock()
	at, lost, late := w.fate.next(now)
	switch {
	case lost:
		w.counts.Lost++
		w.mu.Unlock()
		return
	case late:
		w.counts.Reordered++
	}
	w.counts.Passed++
	w.serial++
	heap.Push(&w.waiting, packet{at, w.serial, append([]byte(nil), b...)})
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *way) end() { close(w.over) }

// run sends what is due.
func (w *way) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(w.flush(time.Now()))
		select {
		case <-w.over:
			return
		case <-w.wake:
		case <-timer.C:
		}
	}
}

// flush sends what is due and says when to come again.
func (w *way) flush(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.waiting) > 0 {
		if wait := w.waiting[0].at.Sub(now); wait > 0 {
			return wait
		}
		w.out(heap.Pop(&w.waiting).(packet).data)
	}
	return time.Hour
}

// fate decides what becomes of each packet.
type fate struct {
	Conditions
	dice *rand.Rand
	last time.Time // when the last packet in order leaves
}

func newFate(seed uint64) fate { return fate{dice: rand.New(rand.NewPCG(seed, 0x5eed))} }

// next always throws three dice, so that a change of the conditions changes
// nothing for the packets after.
func (f *fate) next(now time.Time) (at time.Time, lost, late bool) {
	loss, order, jitter := f.dice.Float64(), f.dice.Float64(), f.dice.Float64()
	if loss < f.Loss {
		return at, true, false
	}
	at = now.Add(f.Delay + time.Duration(jitter*float64(f.Jitter)))
	if order < f.Reorder {
		wait := f.Late
		if wait == 0 {
			wait = 30 * time.Millisecond
		}
		return at.Add(wait), false, true
	}
	if at.Before(f.last) {
		at = f.last
	}
	f.last = at
	return at, false, false
}

// packet waits for its time.
type packet struct {
	at     time.Time
	serial int
	data   []byte
}

type queue []packet

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].serial < q[j].serial
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(packet)) }
func (q *queue) Pop() any {
	old := *q
	p := old[len(old)-1]
	*q = old[:len(old)-1]
	return p
}
