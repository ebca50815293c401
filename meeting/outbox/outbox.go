// Package outbox sends what people are told about meetings, and minds the hours
// of the meetings.
//
// In flow jobs that package store has put into SQLite with whatever caused them;
// out go mail by SMTP (RFC 5321) and short messages by HTTP, one message a
// recipient. A Composer makes a job's text at the moment it goes out, so that it
// says what holds then; a Transport carries it; the job's row says how that went.
//
// Delivery is at least once. A job is claimed with a lease that is renewed while it
// is under way: what a process that died had claimed is tried again within a
// minute. SMTP cannot do better for the moment in which the server has the message
// and we have not noted its 250 (RFC 1047); our part of that is one commit, which
// is the next thing done. A message sent twice for it has the same Message-ID, made
// of the job's key, by which many mailboxes keep only one. Bounces go to the sender's
// address: nobody here reads them.
//
// The Outbox's goroutine owns which jobs are under way; each of those has a
// goroutine of its own. The Agenda's goroutine owns what it knows of the meetings:
// it keeps their next occurrence, queues reminders and forgets what is old.
package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/partyline/partyline/store"
)

// Times of the queue.
const (
	lease      = time.Minute // after which a job is nobody's, unless it is renewed
	renewEvery = lease / 4
	pollEvery  = 10 * time.Second // for jobs of other processes and those that wait
	commitWait = 5 * time.Second  // for a result, after the end of the outbox's time
	giveUpAge  = 48 * time.Hour
	defaultPar = 4
)

// Queue is what the outbox needs of package store.
type Queue interface {
	JobsAdded() <-chan struct{}
	JobsDue(ctx context.Context, now time.Time) (bool, error)
	ClaimJobs(ctx context.Context, channel string, now time.Time, lease time.Duration, most int, busy ...int64) ([]store.Job, error)
	RenewJobs(ctx context.Context, until time.Time, ids ...int64) error
	FinishJob(ctx context.Context, j store.Job, r store.JobResult) error
}

// Counter counts what became of messages. result is "sent", "failed", "retried" or
// "dropped".
type Counter interface {
	Count(channel, result string)
}

// Config is what an outbox is made of.
type Config struct {
	Queue    Queue
	Composer Composer
	// Mail and SMS are the ways out; of a channel that has none the jobs fail.
	// Who made them closes them, after the outbox.
	Mail, SMS Transport
	// Parallel is how many messages of each channel are under way at most; 0: 4.
	Parallel int
	// Lease is how long a job stays claimed by a process that died, Pause the first
	// between two attempts, Poll how often to look for jobs of other processes; 0:
	// a minute, a minute and 10 s.
	Lease, Pause, Poll time.Duration

	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger
	Counter Counter // may be nil
}

// Outbox sends the jobs of the queue. It runs from Start to Close.
type Outbox struct {
	cfg   Config
	lanes []*lane

	finished chan *delivery
	stop     chan struct{} // closed by Close
	done     chan struct{} // closed when everything has ended; nil: not started
	sending  context.Context
	abort    context.CancelFunc
}

// lane is a channel and what is under way in it. The outbox's goroutine owns it.
type lane struct {
	channel   string
	transport Transport
	busy      map[int64]*delivery
}

// delivery is one job under way.
type delivery struct {
	lane *lane
	job  store.Job
}

// New makes an outbox that does nothing yet.
func New(cfg Config) *Outbox {
	if cfg.Parallel <= 0 {
		cfg.Parallel = defaultPar
	}
	for _, d := range []struct {
		set   *time.Duration
		usual time.Duration
	}{{&cfg.Lease, lease}, {&cfg.Pause, firstPause}, {&cfg.Poll, pollEvery}} {
		if *d.set <= 0 {
			*d.set = d.usual
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	o := &Outbox{cfg: cfg, finished: make(chan *delivery), stop: make(chan struct{})}
	for _, l := range []lane{{channel: store.ChannelMail, transport: cfg.Mail}, {channel: store.ChannelSMS, transport: cfg.SMS}} {
		l.busy = map[int64]*delivery{}
		o.lanes = append(o.lanes, &l)
	}
	return o
}

// Start begins sending. It is called once.
func (o *Outbox) Start() {
	o.sending, o.abort = context.WithCancel(context.Background())
	o.done = make(chan struct{})
	go o.run()
}

// Close begins no message any more and waits for those under way. When ctx ends
// they are broken off: what the server has not acknowledged by then stays queued.
func (o *Outbox) Close(ctx context.Context) error {
	if o.done == nil {
		return nil
	}
	close(o.stop)
	var err error
	select {
	case <-o.done:
	case <-ctx.Done():
		err = fmt.Errorf("outbox: messages under way were broken off: %w", ctx.Err())
	}
	o.abort()
	<-o.done
	return err
}

func (o *Outbox) run() {
	defer close(o.done)
	poll, renew := time.NewTicker(o.cfg.Poll), time.NewTicker(o.cfg.Lease/4)
	defer poll.Stop()
	defer renew.Stop()
	stop, fill := o.stop, true
	for stop != nil || o.busy() > 0 {
		if fill && stop != nil {
			o.fill()
		}
		fill = true
		select {
		case <-stop:
			stop = nil
		case d := <-o.finished:
			delete(d.lane.busy, d.job.ID)
		case <-renew.C:
			o.renew()
			fill = false
		case <-poll.C:
			// When nothing is due there is no reason to ask for the write lock.
			due, err := o.cfg.Queue.JobsDue(o.sending, o.cfg.Now())
			fill = due || err != nil
		case <-o.cfg.Queue.JobsAdded():
		}
	}
}

func (o *Outbox) busy() int {
	n := 0
	for _, l := range o.lanes {
		n += len(l.busy)
	}
	return n
}

// fill claims as many jobs as there is room for and starts them. Nothing is claimed
// that would have to wait: its lease runs.
func (o *Outbox) fill() {
	for _, l := range o.lanes {
		free := o.cfg.Parallel - len(l.busy)
		if free <= 0 {
			continue
		}
		jobs, err := o.cfg.Queue.ClaimJobs(o.sending, l.channel, o.cfg.Now(), o.cfg.Lease, free, l.ids()...)
		if err != nil {
			o.cfg.Log.Warn("jobs to be sent cannot be read; trying again", "channel", l.channel, "error", err)
			continue
		}
		for _, j := range jobs {
			d := &delivery{l, j}
			l.busy[j.ID] = d
			go o.deliver(d)
		}
	}
}

func (l *lane) ids() []int64 {
	ids := make([]int64, 0, len(l.busy))
	for id := range l.busy {
		ids = append(ids, id)
	}
	return ids
}

func (o *Outbox) renew() {
	var ids []int64
	for _, l := range o.lanes {
		ids = append(ids, l.ids()...)
	}
	if len(ids) == 0 {
		return
	}
	if err := o.cfg.Queue.RenewJobs(o.sending, o.cfg.Now().Add(o.cfg.Lease), ids...); err != nil {
		o.cfg.Log.Warn("leases of messages under way cannot be renewed", "error", err)
	}
}

// deliver makes one attempt at a job and writes down how it ended.
func (o *Outbox) deliver(d *delivery) {
	defer func() { o.finished <- d }()
	err := o.attempt(d)
	r := verdict(d.job, err, o.cfg.Now(), o.cfg.Pause)
	o.tell(d.job, r, err)
	o.commit(d.job, r)
}

// attempt composes and sends. A panic costs this job alone.
func (o *Outbox) attempt(d *delivery) (err error) {
	defer func() {
		if p := recover(); p != nil {
			o.cfg.Log.Error("panic while sending a message", "job", d.job.Key, "panic", p, "stack", string(debug.Stack()))
			err = &Refusal{Reason: "internal error", Permanent: true}
		}
	}()
	if d.lane.transport == nil {
		return &Refusal{Reason: "no way to send this is configured (" + d.job.Channel + ")", Permanent: true}
	}
	m, err := o.cfg.Composer.Compose(o.sending, d.job)
	if err != nil {
		return err
	}
	return d.lane.transport.Send(o.sending, Envelope{ID: MessageKey(d.job.Key), Message: m})
}

// commit writes a result down, for as long as it takes: of a message that has been
// sent and is not known to be, there would be a second one.
func (o *Outbox) commit(j store.Job, r store.JobResult) {
	for {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(o.sending), commitWait)
		err := o.cfg.Queue.FinishJob(ctx, j, r)
		cancel()
		if err == nil {
			return
		}
		o.cfg.Log.Warn("what became of a message cannot be written down", "job", j.Key, "state", r.State, "error", err)
		select {
		case <-o.sending.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// tell logs and counts a result.
func (o *Outbox) tell(j store.Job, r store.JobResult, err error) {
	result := map[store.JobState]string{
		store.JobSent: "sent", store.JobFailed: "failed", store.JobQueued: "retried", store.JobDropped: "dropped",
	}[r.State]
	if o.cfg.Counter != nil {
		o.cfg.Counter.Count(j.Channel, result)
	}
	log := o.cfg.Log.With("channel", j.Channel, "kind", j.Kind, "room", j.RoomID, "attempt", j.Attempts)
	switch r.State {
	case store.JobSent:
		log.Info("message sent", "message", MessageKey(j.Key))
	case store.JobDropped:
		log.Info("message not sent", "reason", r.Error)
	case store.JobQueued:
		log.Warn("message not sent yet", "to", masked(j), "error", err, "next", r.Next.UTC().Format(time.RFC3339))
	default:
		log.Warn("message failed", "to", masked(j), "error", err)
	}
}

// masked is a recipient as logs may show it: of a number the last digits are
// hidden.
func masked(j store.Job) string {
	if j.Channel != store.ChannelSMS {
		return j.Address
	}
	n := min(len(j.Address), 6)
	return j.Address[:n] + "…"
}
