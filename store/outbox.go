package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The channels a job goes out by.
const (
	ChannelMail = "mail"
	ChannelSMS  = "sms"
)

// The kinds of jobs.
const (
	JobInvite   = "invite"
	JobChange   = "change"
	JobCancel   = "cancel"
	JobReminder = "reminder"
)

// JobState is how far a job is.
type JobState string

// The states of a job. Queued and sending ones still have to go out; the others
// are done.
const (
	JobQueued  JobState = "queued"
	JobSending JobState = "sending"
	JobSent    JobState = "sent"   // the next server has taken it over
	JobFailed  JobState = "failed" // Error says why, in words for the host
	JobDropped JobState = "dropped"
)

// NewJob is a message to be sent to one invitee.
type NewJob struct {
	RoomID, InviteeID string
	Channel           string // ChannelMail or ChannelSMS
	Kind              string // JobInvite …
	// Key says what the job is for. It is unique: a second job with the same key
	// is ignored, even when the first is done.
	Key string
	// Occurrence is the Exception.Original of the one occurrence that the message
	// is about; empty: the whole meeting.
	Occurrence string
	// Start is when the occurrence of a reminder began as the job was made: one
	// that has moved since needs no reminder of its old time.
	Start time.Time
	// NotBefore is when it may go out; zero: at once. NotAfter is when it is
	// dropped because it would come too late; zero: never.
	NotBefore, NotAfter time.Time
	// Name, Address (e-mail, or E.164 for SMS) and Language are the recipient's.
	// When Address is empty they are taken from the invitee, who must still be
	// there then.
	Name, Address, Language string
}

// Job is one of the queue.
type Job struct {
	ID int64
	NewJob
	State    JobState
	Attempts int // begun, with the one that is under way
	Created  time.Time
	Tried    time.Time // when the last attempt began; zero: none yet
	Next     time.Time // when it is tried (again); zero: at once
	Done     time.Time // sent, failed or dropped; zero: not yet
	Error    string    // of the last attempt that failed, in words for the host
}

// JobResult is how an attempt ended.
type JobResult struct {
	State JobState  // JobSent, JobFailed, JobDropped, or JobQueued: once more
	Error string    // why it was not sent, in words for the host
	Next  time.Time // of JobQueued: when to try again
	At    time.Time // now
}

// jobSignal tells this process's workers of new jobs.
type jobSignal struct {
	once sync.Once
	c    chan struct{}
}

func (j *jobSignal) channel() chan struct{} {
	j.once.Do(func() { j.c = make(chan struct{}, 1) })
	return j.c
}

// JobsAdded has a value after this process has queued jobs. Those of other
// processes are found by looking.
func (s *Store) JobsAdded() <-chan struct{} { return s.jobs.channel() }

// AddJobs queues jobs in a transaction of their own and gives how many are new.
func (s *Store) AddJobs(ctx context.Context, jobs []NewJob) (added int, err error) {
	err = s.jobChange(ctx, func(tx *sql.Tx) error {
		added, err = s.addJobs(ctx, tx, jobs)
		return err
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

// insertJobs queues jobs in the transaction of what causes them. Those of an
// invitee who is removed come before its removal. Jobs that a new cancellation
// makes pointless are dropped.
func (s *Store) insertJobs(ctx context.Context, tx *sql.Tx, jobs []NewJob) error {
	_, err := s.addJobs(ctx, tx, jobs)
	return err
}

func (s *Store) addJobs(ctx context.Context, tx *sql.Tx, jobs []NewJob) (added int, err error) {
	if len(jobs) == 0 {
		return 0, nil
	}
	now := time.Now()
	cancels := false
	for _, j := range jobs {
		n, err := insertJob(ctx, tx, j, now)
		if err != nil {
			return 0, fmt.Errorf("job %s: %w", j.Key, err)
		}
		added += n
		cancels = cancels || n > 0 && j.Kind == JobCancel
	}
	if cancels {
		if err := dropSuperseded(ctx, tx, now); err != nil {
			return 0, err
		}
	}
	// A worker that wakes before this commits waits for the lock we hold.
	select {
	case s.jobs.channel() <- struct{}{}:
	default:
	}
	return added, nil
}

func insertJob(ctx context.Context, tx *sql.Tx, j NewJob, now time.Time) (int, error) {
	if j.Key == "" {
		return 0, errors.New("store: a job without a key")
	}
	if j.Address == "" {
		if err := j.addressed(ctx, tx); err != nil {
			return 0, err
		}
	}
	// What may go at once may whatever the clock does: it waits for no time.
	var next int64
	if j.NotBefore.After(now) {
		next = j.NotBefore.UnixMilli()
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO outbox (key, room_id, invitee_id, channel, kind, occurrence, start,
		name, address, language, state, next_at, not_after, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
		j.Key, j.RoomID, j.InviteeID, j.Channel, j.Kind, j.Occurrence, orNull(j.Start),
		j.Name, j.Address, j.Language, JobQueued, next, orNull(j.NotAfter), now.UnixMilli())
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// addressed fills in the recipient from its invitee.
func (j *NewJob) addressed(ctx context.Context, tx *sql.Tx) error {
	var name, email, phone, language string
	err := tx.QueryRowContext(ctx, "SELECT name, email, phone, language FROM invitees WHERE id = ? AND room_id = ?",
		j.InviteeID, j.RoomID).Scan(&name, &email, &phone, &language)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	j.Name, j.Language, j.Address = name, language, email
	if j.Channel == ChannelSMS {
		j.Address = phone
	}
	if j.Address == "" {
		return fmt.Errorf("store: the invitee has no address for %s", j.Channel)
	}
	return nil
}

// orNull is a time for the database, NULL if it is zero.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// RenewJobs prolongs the leases of jobs that this process is still at.
func (s *Store) RenewJobs(ctx context.Context, until time.Time, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	in, args := idList(ids)
	return s.jobChange(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE outbox SET lease = ? WHERE state = 'sending' AND id IN "+in,
			append([]any{until.UnixMilli()}, args...)...)
		return err
	})
}

// FinishJob says how an attempt at a claimed job ended. An attempt whose job
// another has claimed meanwhile changes nothing, unless it sent the message.
func (s *Store) FinishJob(ctx context.Context, j Job, r JobResult) error {
	return s.jobChange(ctx, func(tx *sql.Tx) error {
		switch r.State {
		case JobSent:
			_, err := tx.ExecContext(ctx, "UPDATE outbox SET state = 'sent', done_at = ?, lease = NULL, error = '' WHERE id = ?",
				r.At.UnixMilli(), j.ID)
			return err
		case JobQueued:
			_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'queued', next_at = ?, lease = NULL, error = ?
				WHERE id = ? AND state = 'sending' AND attempts = ?`, r.Next.UnixMilli(), r.Error, j.ID, j.Attempts)
			return err
		case JobFailed, JobDropped:
			_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = ?, done_at = ?, lease = NULL, error = ?
				WHERE id = ? AND state = 'sending' AND attempts = ?`, r.State, r.At.UnixMilli(), r.Error, j.ID, j.Attempts)
			return err
		}
		return fmt.Errorf("store: a job does not end as %q", r.State)
	})
}

// Jobs gives a room's jobs, the oldest first.
func (s *Store) Jobs(ctx context.Context, roomID string) ([]Job, error) {
	jobs, err := scanJobs(s.quick.QueryContext(ctx, "SELECT "+jobColumns+" FROM outbox WHERE room_id = ? ORDER BY id", roomID))
	return jobs, unavailable(err)
}

// JobsWaiting counts the jobs that still have to go out.
func (s *Store) JobsWaiting(ctx context.Context) (int, error) {
	var n int
	err := s.quick.QueryRowContext(ctx, "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')").Scan(&n)
	return n, unavailable(err)
}

// JobsDue says whether ClaimJobs may have something to do. It takes no lock.
func (s *Store) JobsDue(ctx context.Context, now time.Time) (bool, error) {
	at := now.UnixMilli()
	var due bool
	err := s.quick.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'queued' AND channel IN ('mail', 'sms') AND next_at <= ?)
		OR EXISTS (SELECT 1 FROM outbox WHERE state = 'queued' AND tried_at IS NOT NULL AND channel IN ('mail', 'sms') AND tried_at > ?)
		OR EXISTS (SELECT 1 FROM outbox WHERE state = 'sending')
		OR EXISTS (SELECT 1 FROM outbox WHERE state IN ('queued', 'sending') AND not_after IS NOT NULL AND not_after < ?)`, at, at, at).Scan(&due)
	return due, unavailable(err)
}

// forgetJobs deletes jobs that were done before a time, for Forget: reminders,
// and whatever was for those who are no longer among the invited. Without a row
// its key may be taken again, so that what is deleted must be long over.
func forgetJobs(ctx context.Context, tx *sql.Tx, before time.Time) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE done_at < ?
		AND (kind = 'reminder' OR NOT EXISTS (SELECT 1 FROM invitees i WHERE i.id = outbox.invitee_id))`, before.UnixMilli())
	return err
}

// eraseJobs deletes all jobs to an address, for ErasePerson: what was not sent to
// it is not sent.
func eraseJobs(ctx context.Context, tx *sql.Tx, address string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM outbox WHERE address = ? COLLATE NOCASE", address)
	return err
}

// jobChange is a transaction that raises no revision: jobs are in no copy.
func (s *Store) jobChange(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return unavailable(err)
	}
	return unavailable(tx.Commit())
}

const jobColumns = `id, key, room_id, invitee_id, channel, kind, occurrence, start, name, address, language,
	state, attempts, next_at, not_after, tried_at, done_at, error, created_at`

func scanJobs(rows *sql.Rows, err error) ([]Job, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var jobs []Job
	for rows.Next() {
		var j Job
		var created int64
		var start, next, notAfter, tried, done sql.NullInt64
		err := rows.Scan(&j.ID, &j.Key, &j.RoomID, &j.InviteeID, &j.Channel, &j.Kind, &j.Occurrence, &start,
			&j.Name, &j.Address, &j.Language, &j.State, &j.Attempts, &next, &notAfter, &tried, &done, &j.Error, &created)
		if err != nil {
			return nil, err
		}
		j.Created = time.UnixMilli(created).UTC()
		for _, o := range []struct {
			from sql.NullInt64
			to   *time.Time
		}{{start, &j.Start}, {next, &j.Next}, {notAfter, &j.NotAfter}, {tried, &j.Tried}, {done, &j.Done}} {
			if o.from.Valid && o.from.Int64 != 0 {
				*o.to = time.UnixMilli(o.from.Int64).UTC()
			}
		}
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}
