package media

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// clockPacer waits by clock_nanosleep(2) with absolute times: no drift, and no
// detour over the runtime's timers and poller, whose wake-ups come up to a
// millisecond late on a busy machine. The system call is a raw one: the engine
// keeps its processor of the scheduler while it sleeps (Media.Start adds one for
// each), so that it never has to wait for one when it wakes, and the runtime does
// not wake 50 times a millisecond to see whether it should be taken away.
//
// To the runtime an engine so never rests. What runs for 10 ms it interrupts by a
// signal and queues behind all others, and it wakes a thread to see to that: at 100
// callers a tenth of the gateway's time. An engine that yields by itself before that
// is left alone.
type clockPacer struct {
	base  time.Time
	nanos int64 // CLOCK_MONOTONIC at base
}

func systemPacer() Pacer {
	var ts unix.Timespec
	base := time.Now()
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return TimerPacer{}
	}
	return clockPacer{base, ts.Nano()}
}

// patience is how long an engine sleeps at most without having yielded. The runtime
// looks every 10 ms and interrupts what it then finds in the same turn: mostly a yield
// has come between.
const patience = 10 * time.Millisecond

func (p clockPacer) Wait(until time.Time) {
	for {
		goyield()
		left := time.Until(until)
		if left <= patience {
			p.sleep(until)
			return
		}
		// In equal parts, so that the last is no hurried one.
		p.sleep(until.Add(-left + left/((left+patience-1)/patience)))
	}
}

// sleep waits for the given time.
func (p clockPacer) sleep(until time.Time) {
	ts := unix.NsecToTimespec(p.nanos + int64(until.Sub(p.base)))
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC,
			unix.TIMER_ABSTIME, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
		if errno != unix.EINTR {
			return
		}
		// The garbage collector, which stops us for a moment, or the scheduler's
		// reminder that others may want to run.
		runtime.Gosched()
	}
}
