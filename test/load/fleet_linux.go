package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/partyline/partyline/media/codec"
)

// Config is what a fleet is like.
type Config struct {
	// Gateway is where it listens for SIP over UDP, on this machine.
	Gateway netip.AddrPort
	// Signalling is how all phones call; SIP if empty. H323 is where the gateway
	// listens for the others.
	Signalling Signalling
	H323       netip.AddrPort
	// PID is the gateway's process, whose CPU time and memory are reported; 0: none.
	PID   int
	Rooms []Room
	// Codec is what all phones speak; PCMU if empty.
	Codec codec.Name
	// Talkers and Clickers are how many of a room's first members are such. Clickers
	// take turns; any 20 members in a row send in the 20 different milliseconds of a
	// frame.
	Talkers, Clickers int
	// ClickEvery is the time between two clicks in a room, 400 ms if zero.
	ClickEvery time.Duration
	// Idle is what listeners send. Clickers send noise between their clicks.
	Idle Idle
	// Tracks is how many listeners of a room record what they hear, for clicks and
	// tones to be looked for.
	Tracks int
}

// Room is a room's extension and PIN.
type Room struct{ Extension, PIN string }

// slots is the milliseconds of a frame.
const slots = frameMS

// Fleet is phones. Close hangs up.
type Fleet struct {
	cfg      Config
	loops    *loops
	clicks   []codedClick
	wires    [slots]*wire
	exchange *exchange
	h323     *endpoints // nil: phones call by SIP
	members  []int      // so far, by room
	dialled  int

	mu     sync.Mutex // the wires' phones, and what they received
	phones []*phone   // in call
	span   *span
	slots  [slots]atomic.Pointer[[]*phone]

	clicking atomic.Bool
	clickMu  sync.Mutex
	clicked  []click

	pacer   pacer
	over    chan struct{}
	running sync.WaitGroup
}

// Open opens the phones' sockets and starts sending and receiving. The pacer sleeps
// without telling the scheduler: set GOMAXPROCS one higher than for all the rest.
func Open(cfg Config) (*Fleet, error) {
	cfg.Codec = cmp.Or(cfg.Codec, codec.PCMU)
	cfg.Idle = cmp.Or(cfg.Idle, Noise)
	cfg.Signalling = cmp.Or(cfg.Signalling, SIP)
	cfg.ClickEvery = cmp.Or(cfg.ClickEvery, 400*time.Millisecond)
	if !cfg.Gateway.Addr().Is4() || !cfg.Gateway.Addr().IsLoopback() {
		return nil, fmt.Errorf("load: %s is not this machine's loopback", cfg.Gateway)
	}
	if !cfg.Idle.Valid() || !cfg.Signalling.Valid() || len(cfg.Rooms) == 0 || cfg.ClickEvery < (searchMS+100)*time.Millisecond {
		return nil, errors.New("load: a fleet needs rooms, something to send, and time between clicks")
	}
	f := &Fleet{cfg: cfg, members: make([]int, len(cfg.Rooms)), over: make(chan struct{})}
	var err error
	if f.loops, err = newLoops(cfg.Codec, cfg.Idle); err != nil {
		return nil, err
	}
	if cfg.Clickers > 0 {
		if f.clicks, err = f.loops.clicks(); err != nil {
			return nil, err
		}
	}
	if err := f.open(); err != nil {
		f.closeSockets()
		return nil, err
	}
	f.running.Go(f.exchange.listen)
	f.running.Go(f.receive)
	f.running.Go(f.pace)
	return f, nil
}

func (f *Fleet) open() error {
	for i := range f.wires {
		w, err := openWire()
		if err != nil {
			return err
		}
		f.wires[i] = w
		f.slots[i].Store(&[]*phone{})
	}
	var err error
	if f.exchange, err = openExchange(f.cfg.Gateway); err == nil && f.cfg.Signalling != SIP {
		f.h323, err = openEndpoints(f.exchange, &f.cfg)
	}
	return err
}

func (f *Fleet) closeSockets() {
	for _, w := range f.wires {
		if w != nil {
			unix.Close(w.fd)
		}
	}
	if f.exchange != nil {
		f.exchange.conn.Close()
	}
}

// Close hangs up and waits until all has ended.
func (f *Fleet) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := f.HangUp(ctx, 500, f.InCall())
	close(f.over)
	f.exchange.conn.Close()
	f.running.Wait()
	f.closeSockets()
	return err
}

// Setup is how the calls of one Call went.
type Setup struct {
	Calls int
	// Times are from INVITE to 200, or from the connection to Connect, in ms. Sound
	// is until sound could go both ways.
	Times, Sound Dist
	// Failures are the reasons of the calls that failed, and how many each.
	Failures map[string]int
}

// Failed is the number of calls that failed.
func (s Setup) Failed() int {
	n := 0
	for _, k := range s.Failures {
		n += k
	}
	return n
}

// Call has one more phone call each of the rooms listed, so many a second, and waits
// for the answers.
func (f *Fleet) Call(ctx context.Context, perSecond float64, rooms []int) (Setup, error) {
	s := Setup{Calls: len(rooms), Failures: map[string]int{}}
	var mu sync.Mutex
	var times, sounds []float64
	var calls sync.WaitGroup
	begin := time.Now()
	for i, room := range rooms {
		p, err := f.phone(room)
		if err != nil {
			return s, err
		}
		if !sleep(ctx, time.Until(begin.Add(time.Duration(float64(i)/perSecond*1e9)))) {
			break
		}
		calls.Go(func() {
			took, sound, err := f.invite(ctx, p, f.cfg.Rooms[room])
			if err == nil {
				f.begin(p)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				s.Failures[err.Error()]++
				return
			}
			times, sounds = append(times, float64(took)/1e6), append(sounds, float64(sound)/1e6)
		})
	}
	calls.Wait()
	s.Times, s.Sound = NewDist(times), NewDist(sounds)
	return s, ctx.Err()
}

// invite has a phone call.
func (f *Fleet) invite(ctx context.Context, p *phone, r Room) (answer, sound time.Duration, err error) {
	if f.h323 != nil {
		return f.h323.invite(ctx, p, r)
	}
	answer, err = f.exchange.invite(ctx, p, r.Extension+"."+r.PIN)
	return answer, answer, err
}

// bye has a phone hang up.
func (f *Fleet) bye(ctx context.Context, p *phone) error {
	if f.h323 != nil {
		return f.h323.bye(p)
	}
	return f.exchange.bye(ctx, p)
}

// Times repeats a room, for Call.
func Times(n, room int) []int { return slices.Repeat([]int{room}, n) }

// phone makes the next member of a room.
func (f *Fleet) phone(room int) (*phone, error) {
	n := f.dialled
	f.dialled++
	k := n/slots + 1
	p := &phone{
		room: room, member: f.members[room], slot: n * 7 % slots, loops: f.loops,
		addr: netip.AddrFrom4([4]byte{127, 1, byte(k >> 8), byte(k)}),
	}
	f.members[room]++
	p.wire = f.wires[p.slot]
	s := &p.tx
	s.header[0], s.header[8], s.header[9] = 0x80, byte(n>>8), byte(n)
	s.header[10], s.header[11] = 0x5a, byte(time.Now().UnixNano())
	s.source, s.paused = newSource(p.addr), true
	s.loop, s.idle, s.first = f.loops.idle, f.cfg.Idle, int64(p.member)
	switch c := p.member - f.cfg.Talkers; {
	case c < 0:
		p.role, p.hz = talker, toneOf(room, p.member, f.cfg.Talkers)
		var err error
		s.loop, err = f.loops.tone(p.hz)
		return p, err
	case c < f.cfg.Clickers:
		every := int64(f.cfg.ClickEvery / (frameMS * time.Millisecond))
		p.role, s.loop, s.clicks = clicker, f.loops.noise, f.clicks
		s.first, s.every = int64(c)*every, every*int64(f.cfg.Clickers)
	}
	return p, nil
}

// begin has a phone send and receive.
func (f *Fleet) begin(p *phone) {
	p.tx.remote = rawAddr(p.call.answered)
	f.mu.Lock()
	defer f.mu.Unlock()
	p.wire.phones[p.addr] = p
	f.phones = append(f.phones, p)
	now := append(slices.Clone(*f.slots[p.slot].Load()), p)
	f.slots[p.slot].Store(&now)
}

// end has it stop.
func (f *Fleet) end(p *phone) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := slices.DeleteFunc(slices.Clone(*f.slots[p.slot].Load()), func(q *phone) bool { return q == p })
	f.slots[p.slot].Store(&now)
	f.phones = slices.DeleteFunc(f.phones, func(q *phone) bool { return q == p })
	delete(p.wire.phones, p.addr)
}

// Phones are callers, to be hung up.
type Phones []*phone

// InCall are all that are in call, in the order of their answers.
func (f *Fleet) InCall() Phones {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.phones)
}

// Listeners are those of a room that only listen, the last to come first.
func (f *Fleet) Listeners(room int) Phones {
	all := f.InCall()
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(p *phone) bool { return p.room != room || p.role != listener })
}

// HangUp ends calls, so many a second, and waits for the answers.
func (f *Fleet) HangUp(ctx context.Context, perSecond float64, phones Phones) error {
	var calls sync.WaitGroup
	failed := make([]error, len(phones))
	begin := time.Now()
	for i, p := range phones {
		if !sleep(ctx, time.Until(begin.Add(time.Duration(float64(i)/perSecond*1e9)))) {
			break
		}
		f.exchange.mu.Lock()
		gone := p.call.left != 0
		if !gone {
			p.call.left = time.Now().UnixNano()
		}
		f.exchange.mu.Unlock()
		f.end(p)
		if gone {
			continue
		}
		calls.Go(func() { failed[i] = f.bye(ctx, p) })
	}
	calls.Wait()
	return errors.Join(ctx.Err(), errors.Join(failed...))
}

// Dropped is how many calls the gateway has ended.
func (f *Fleet) Dropped() int {
	f.exchange.mu.Lock()
	defer f.exchange.mu.Unlock()
	return f.exchange.dropped
}

// sleep waits; false: the context was done before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
