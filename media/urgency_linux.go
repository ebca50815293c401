package media

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// urgency has the thread that a goroutine is on go before all ordinary ones: the policy
// SCHED_RR of sched(7) with the lowest of its priorities. Goroutines change threads, so
// it is looked at anew where that may have happened: once a step, and when the engine has
// waited for its courier. Until then, and while the engine yields, another goroutine may run
// on the urgent thread: milliseconds. One goroutine at a time owns an urgency.
type urgency struct {
	thread int        // the one that is urgent; 0: none
	denied unix.Errno // why none may be: nothing is tried any more
}

// urgentPriority is the lowest that is urgent.
const urgentPriority = 1

// keepsThread says whether an engine that waits by p stays on its thread meanwhile, so
// that no other goroutine becomes urgent in its place.
func keepsThread(p Pacer) bool {
	_, ok := p.(clockPacer)
	return ok
}

// here makes the calling thread urgent, and the one before ordinary.
func (u *urgency) here() error {
	t := thisThread()
	switch {
	case u.denied != 0:
		return u.denied
	case t == u.thread:
		return nil
	}
	if u.denied = setPolicy(t, unix.SCHED_RR, urgentPriority); u.denied != 0 {
		u.end()
		return u.denied
	}
	before := *u
	u.thread = t
	before.end()
	return nil
}

// on says whether a thread is urgent.
func (u *urgency) on() bool { return u.thread != 0 }

// end makes the thread ordinary again.
func (u *urgency) end() {
	if u.thread != 0 {
		setPolicy(u.thread, unix.SCHED_NORMAL, 0) // ESRCH: it is no more
		u.thread = 0
	}
}

// give ends the urgency of a thread unless it is other's, too.
func (u *urgency) give(other *urgency) {
	if u.thread == other.thread {
		u.thread = 0
	}
	u.end()
}

func thisThread() int {
	t, _, _ := unix.RawSyscall(unix.SYS_GETTID, 0, 0, 0)
	return int(t)
}

// setPolicy is sched_setscheduler(2). What the thread clones is ordinary; nobody but root
// may take that back, so that it holds for both policies.
func setPolicy(thread int, policy uintptr, priority int32) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_SCHED_SETSCHEDULER,
		uintptr(thread), policy|unix.SCHED_RESET_ON_FORK, uintptr(unsafe.Pointer(&priority)))
	return errno
}
