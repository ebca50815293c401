package load

import (
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pacer is how well the sending kept time.
type pacer struct {
	mu    sync.Mutex
	woken histogram // ms by which it was woken late
	late  histogram // ms by which all was sent late
	sent  int64
	fails int64
}

// realTime gives this thread precedence over ordinary ones, or takes it back. Where
// that is not allowed, the report shows how late the pacer was.
func realTime(on bool) {
	const roundRobin, low = 2, 2
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr}
	if on {
		attr.Policy, attr.Priority = roundRobin, low
	}
	_ = unix.SchedSetAttr(0, &attr, 0)
}

func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

// sleepUntil does not tell the scheduler: an ordinary system call each millisecond
// would keep the runtime's monitor awake, which costs more than all the sending.
func sleepUntil(mono int64) {
	ts := unix.NsecToTimespec(mono)
	for {
		_, _, e := unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
		if e != unix.EINTR {
			return
		}
	}
}

// pace sends each phone's packet, every 20 ms, in the phone's millisecond.
func (f *Fleet) pace() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	realTime(true)
	defer realTime(false)
	var out outbox
	begin := monotonic()
	for n := int64(0); ; n++ {
		select {
		case <-f.over:
			return
		default:
		}
		due := begin + n*int64(time.Millisecond)
		sleepUntil(due)
		woken := monotonic()
		phones := *f.slots[n%slots].Load()
		clicking := f.clicking.Load()
		for _, p := range phones {
			f.send(p, &out, n/slots, clicking)
		}
		out.flush()
		f.pacer.mu.Lock()
		f.pacer.woken.add(float64(woken-due) / 1e6)
		f.pacer.late.add(float64(monotonic()-due) / 1e6)
		f.pacer.sent, f.pacer.fails = out.sent, out.errors
		f.pacer.mu.Unlock()
	}
}

func (f *Fleet) send(p *phone, out *outbox, frame int64, clicking bool) {
	s := &p.tx
	pt, payload, begins := s.payload(p.loops, frame, clicking)
	if begins {
		f.clickMu.Lock()
		f.clicked = append(f.clicked, click{room: p.room, phone: p, sent: time.Now().UnixNano(), offset: s.click.offset})
		f.clickMu.Unlock()
	}
	if payload != nil {
		out.add(p.wire.fd, &s.source, &s.remote, s.head(pt), payload)
	}
	s.paused = payload == nil
	s.stamp += p.loops.format.ClockTicks(frameMS * time.Millisecond)
}

// drain is how often what came is read. The kernel notes when it came.
const drain = 10 * time.Millisecond

// receive reads all wires in turn.
func (f *Fleet) receive() {
	in := newInbox()
	tick := time.NewTicker(drain)
	defer tick.Stop()
	for {
		select {
		case <-f.over:
			return
		case <-tick.C:
		}
		f.mu.Lock()
		for _, w := range f.wires {
			for n := wireBatch; n == wireBatch; {
				n = in.read(w.fd)
				for i := range n {
					b, arrival, to := in.packet(i)
					if p := w.phones[to]; p != nil {
						p.rx.packet(p, b, arrival, f.span)
					}
				}
			}
		}
		f.mu.Unlock()
	}
}
