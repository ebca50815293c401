package media

import (
	"time"

	"golang.org/x/sys/unix"
)

// clockPacer waits by clock_nanosleep(2) with absolute times: no drift, and no
// detour over the runtime's timers and poller, whose wake-ups come up to a
// millisecond late on a busy machine.
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
	// The runtime's preemption signals interrupt the sleep.
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil) == unix.EINTR {
		continue
	}
}
