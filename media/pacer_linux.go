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

func (p clockPacer) Wait(until time.Time) {
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
