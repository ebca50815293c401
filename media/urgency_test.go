//go:build linux

package media

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// policy is the scheduling policy of a thread, with SCHED_RESET_ON_FORK; -1 if it has
// ended.
func policy(thread int) int {
	v, _, errno := unix.RawSyscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(thread), 0, 0)
	if errno != 0 {
		return -1
	}
	return int(v)
}

func isUrgent(thread int) bool {
	return policy(thread) == unix.SCHED_RR|unix.SCHED_RESET_ON_FORK
}

// mayBeUrgent skips the test where real-time priority is not permitted. Its thread ends
// with the goroutine.
func mayBeUrgent(t *testing.T) {
	t.Helper()
	denied := make(chan error)
	go func() {
		runtime.LockOSThread()
		var u urgency
		denied <- u.here()
	}()
	if err := <-denied; err != nil {
		t.Skip("no real-time priority here: ", err)
	}
}

// whose counts on whose threads something happened.
type whose struct {
	mu       sync.Mutex
	threads  map[int]bool
	times    int
	ordinary int // times on a thread that was not urgent
}

func (w *whose) note() {
	thread := thisThread()
	urgent := isUrgent(thread)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.threads == nil {
		w.threads = map[int]bool{}
	}
	w.threads[thread] = true
	if w.times++; !urgent {
		w.ordinary++
	}
}

// much says that it happened, and nearly always on urgent threads or nearly never. The
// runtime may move a goroutine in between.
func (w *whose) much(t *testing.T, what string, urgent bool) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong := w.ordinary
	if !urgent {
		wrong = w.times - w.ordinary
	}
	if w.times == 0 || wrong*5 > w.times {
		t.Errorf("%s: %d of %d times on ordinary threads", what, w.ordinary, w.times)
	}
}

// ended says that none of the threads is urgent any more.
func (w *whose) ended(t *testing.T, what string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for thread := range w.threads {
		if isUrgent(thread) {
			t.Errorf("%s: thread %d is still urgent", what, thread)
		}
	}
}

// poster is a unit that posts so many messages a tick.
type poster struct {
	engine *Engine
	ticks  whose
	posts  int
	queue  *queue
	busy   bool // as busy as can be
}

func (p *poster) Tick(t *Tick) {
	p.ticks.note()
	if p.queue == nil {
		p.queue = t.out.use(&policySocket{})
	}
	post(t.out, p.queue, 0, p.posts)
	if p.busy {
		p.engine.busyShare = 1
	}
}

// policySocket notes who sends, and takes its time: the courier gets its turn.
type policySocket struct {
	listSocket
	full, rest whose
}

func (s *policySocket) send(p *page, head int32) (n int) {
	if p.n == batchSize {
		s.full.note()
	} else {
		s.rest.note()
	}
	for began := time.Now(); time.Since(began) < 100*time.Microsecond; {
		runtime.KeepAlive(p)
	}
	return p.n
}

// An engine's thread, and its courier's, go before ordinary ones while they work and not
// longer, unless the engine is busy all the time.
func TestUrgency(t *testing.T) {
	mayBeUrgent(t)
	for name, u := range map[string]*poster{
		"alone": {posts: 3}, "with a courier": {posts: 4*batchSize + 3}, "too busy": {posts: 3, busy: true},
	} {
		m := live(t, Config{})
		u.engine = m.engines[0]
		u.engine.Add(u)
		time.Sleep(500 * time.Millisecond)
		if err := u.engine.Call(t.Context(), func() { u.engine.drop(u) }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond) // the engine rests
		s := u.queue.socket.(*policySocket)
		u.ticks.much(t, name+", ticks", !u.busy)
		s.rest.much(t, name+", the engine's pages", !u.busy)
		if u.posts > batchSize {
			s.full.much(t, name+", full pages", true)
		}
		for _, w := range []*whose{&u.ticks, &s.rest, &s.full} {
			w.ended(t, name)
		}
		m.Close()
	}
}

// What a denied urgency is asked for again costs no system call, and stays denied.
func TestUrgencyDenied(t *testing.T) {
	u := urgency{denied: unix.EPERM}
	if err := u.here(); err != unix.EPERM || u.on() {
		t.Error(err, u)
	}
	u.end()
	u.give(&urgency{})
	if u.thread != 0 {
		t.Error(u)
	}
}
