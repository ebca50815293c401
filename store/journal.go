package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// Bounds of what waits to be written: some 3 MB of records. When there is more,
// the newest record, the oldest attempt and the newest presence are dropped and
// counted.
const (
	maxCDRs     = 10000
	maxAttempts = 5000
	maxPresence = 10000
	maxBatch    = 256
)

// journal writes records, attempts, presence and changes behind the calls. Producers append to the
// queues under mu and never wait; one goroutine takes batches from their front.
type journal struct {
	db  *sql.DB
	log *slog.Logger

	mu              sync.Mutex
	cdrs            []CDR
	attempts        []Attempt
	presence        map[seen]time.Time
	changes         []Change
	kept            time.Duration // of changes; 0: for ever
	forgot          time.Time     // when changes were swept last
	dropped         uint64        // records, presence and changes; attempts are counted apart
	fault           error         // why the last batch could not be written; nil: it was
	droppedAttempts uint64
	idle            chan struct{} // closed while nothing waits
	wake            chan struct{} // capacity 1

	cancel context.CancelFunc // nil: not started
	done   chan struct{}
	swept  time.Time // the journal's goroutine's
}

func (j *journal) init(log *slog.Logger) {
	j.log, j.kept = log, changesKept
	j.wake = make(chan struct{}, 1)
	j.idle = make(chan struct{})
	close(j.idle)
}

func (j *journal) start() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	j.cancel, j.done = cancel, make(chan struct{})
	go j.run(ctx, j.done)
}

// close ends the goroutine and writes what is left.
func (j *journal) close(ctx context.Context) error {
	if j.wake == nil {
		return nil
	}
	j.mu.Lock()
	cancel, done := j.cancel, j.done
	j.mu.Unlock()
	if cancel != nil {
		cancel()
		<-done
	}
	for ctx.Err() == nil && j.pending() > 0 {
		if err := j.batch(ctx); err != nil {
			pause(ctx, 100*time.Millisecond)
		}
	}
	if n := j.pending(); n > 0 {
		return fmt.Errorf("store: %d records could not be written: %w", n, j.err())
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// run writes until ctx ends, with a pause of 0.1 to 2 s after a failure.
func (j *journal) run(ctx context.Context, done chan struct{}) {
	defer close(done)
	const first, last = 100 * time.Millisecond, 2 * time.Second
	delay := first
	for {
		select {
		case <-j.wake:
		case <-ctx.Done():
			return
		}
		for j.pending() > 0 && ctx.Err() == nil {
			if err := j.batch(ctx); err != nil {
				pause(ctx, delay)
				delay = min(2*delay, last)
			} else {
				delay = first
			}
		}
	}
}

func (j *journal) pending() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.waiting()
}

// waiting is how much is queued. The caller holds mu.
func (j *journal) waiting() int {
	return len(j.cdrs) + len(j.attempts) + len(j.presence) + len(j.changes)
}

func (j *journal) err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.fault
}

// queued tells the goroutine and those that wait in flush. The caller holds mu.
func (j *journal) queued() {
	select {
	case <-j.idle:
		j.idle = make(chan struct{})
	default:
	}
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *journal) flush(ctx context.Context) error {
	j.mu.Lock()
	idle := j.idle
	j.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), j.err())
	}
}

// entries are what one transaction writes.
type entries struct {
	cdrs     []CDR
	attempts []Attempt
	presence []Presence
	changes  []Change
}

// front copies what comes next. The caller holds mu.
func (j *journal) front() entries {
	e := entries{
		cdrs:     append([]CDR(nil), j.cdrs[:min(len(j.cdrs), maxBatch)]...),
		attempts: append([]Attempt(nil), j.attempts[:min(len(j.attempts), maxBatch)]...),
		changes:  append([]Change(nil), j.changes[:min(len(j.changes), maxBatch)]...),
	}
	for what, at := range j.presence {
		if len(e.presence) == maxBatch {
			break
		}
		e.presence = append(e.presence, Presence{what.invitee, what.state, at})
	}
	return e
}

// batch writes the front of the queues in one transaction and takes it off.
func (j *journal) batch(ctx context.Context) error {
	j.mu.Lock()
	e := j.front()
	dropped := j.droppedAttempts
	j.mu.Unlock()

	err := j.commit(ctx, e)
	if err != nil && !transient(err) && ctx.Err() == nil {
		// One of them the database will never take: find it.
		err = j.singly(ctx, e)
	}
	j.report(err)
	if err == nil {
		j.written(e, dropped)
	}
	return err
}

// written takes off the queues what was at their front when droppedAttempts was
// dropped.
func (j *journal) written(e entries, dropped uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cdrs, j.changes = j.cdrs[len(e.cdrs):], j.changes[len(e.changes):]
	// Attempts that were pushed out meanwhile came off the front.
	gone := min(int(j.droppedAttempts-dropped), len(e.attempts))
	j.attempts = j.attempts[len(e.attempts)-gone:]
	for _, p := range e.presence {
		if what := (seen{p.InviteeID, p.State}); j.presence[what].Equal(p.At) { // else it was seen again meanwhile
			delete(j.presence, what)
		}
	}
	if j.waiting() == 0 {
		j.cdrs, j.attempts, j.presence, j.changes = nil, nil, nil, nil
		close(j.idle)
	}
}

func (j *journal) commit(ctx context.Context, e entries) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := insertCDRs(ctx, tx, e.cdrs); err != nil {
		return err
	}
	if err := insertAttempts(ctx, tx, e.attempts); err != nil {
		return err
	}
	if err := updatePresence(ctx, tx, e.presence); err != nil {
		return err
	}
	if err := insertChanges(ctx, tx, e.changes); err != nil {
		return err
	}
	if err := j.forget(ctx, tx, len(e.changes) > 0); err != nil {
		return err
	}
	sweep := len(e.attempts) > 0 && (j.swept.IsZero() || time.Since(j.swept) > time.Minute)
	if sweep {
		if err := sweepAttempts(ctx, tx); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if sweep {
		j.swept = time.Now()
	}
	return nil
}

// singly writes each by itself; what cannot be written is dropped. A transient
// error leaves the rest to the next time: records may then be there twice, never
// lost.
func (j *journal) singly(ctx context.Context, all entries) error {
	one := func(e entries) error {
		err := j.commit(ctx, e)
		if err == nil || transient(err) || ctx.Err() != nil {
			return err
		}
		j.log.Error("a record was refused by the database", "error", err)
		return nil
	}
	for i := range all.cdrs {
		if err := one(entries{cdrs: all.cdrs[i : i+1]}); err != nil {
			return err
		}
	}
	for i := range all.attempts {
		if err := one(entries{attempts: all.attempts[i : i+1]}); err != nil {
			return err
		}
	}
	for i := range all.presence {
		if err := one(entries{presence: all.presence[i : i+1]}); err != nil {
			return err
		}
	}
	for i := range all.changes {
		if err := one(entries{changes: all.changes[i : i+1]}); err != nil {
			return err
		}
	}
	return nil
}

// forget sweeps the record of changes, at most once a minute.
func (j *journal) forget(ctx context.Context, tx *sql.Tx, due bool) error {
	j.mu.Lock()
	kept := j.kept
	if due = due && (j.forgot.IsZero() || time.Since(j.forgot) > time.Minute); due {
		j.forgot = time.Now()
	}
	j.mu.Unlock()
	if !due {
		return nil
	}
	return sweepChanges(ctx, tx, kept)
}

// report says once that writing fails, and once that it works again.
func (j *journal) report(err error) {
	j.mu.Lock()
	was := j.fault
	j.fault = err
	waiting := j.waiting()
	j.mu.Unlock()
	switch {
	case err != nil && was == nil && !errors.Is(err, context.Canceled):
		j.log.Error("the database cannot be written: records wait in memory", "error", err, "waiting", waiting)
	case err == nil && was != nil:
		j.log.Info("the database can be written again", "waiting", waiting)
	}
}

// transient says that the same statement may succeed later (locked, full or
// failing disk), unlike one whose values the database refuses
// (sqlite.org/rescode.html).
func transient(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return true // the driver's or the context's: not the record's fault
	}
	switch e.Code() & 0xff {
	case 18 /* TOOBIG */, 19 /* CONSTRAINT */, 20 /* MISMATCH */ :
		return false
	}
	return true
}

// Health is how the database does.
type Health struct {
	// Fault is why it cannot be read or written now; nil: it can, as far as is
	// known.
	Fault error
	// Waiting records are queued, Dropped ones were lost to a full queue.
	Waiting int
	Dropped uint64
}

// Health never waits for the database.
func (s *Store) Health() Health {
	s.journal.mu.Lock()
	h := Health{s.journal.fault, s.journal.waiting(), s.journal.dropped}
	s.journal.mu.Unlock()
	if h.Fault == nil && s.copy.mu.TryLock() { // else somebody is asking just now
		h.Fault = s.copy.fault
		s.copy.mu.Unlock()
	}
	return h
}
