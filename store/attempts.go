package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// attemptsKept is how long failed attempts are kept: longer than any window
// that counts them.
const attemptsKept = time.Hour

// Attempt is one failed PIN: from where, and the Fingerprint of the extension.
// People key their PIN where the extension is asked: what was entered is not
// kept.
type Attempt struct {
	Source, Room string
	At           time.Time
}

// Fingerprint stands for an extension as it was entered. It is the same in every
// process of this data directory and tells nothing without secret.key.
func (s *Store) Fingerprint(entered string) string { return s.keys.fingerprint(entered) }

// RecordAttempt queues a failed attempt and returns at once.
func (s *Store) RecordAttempt(a Attempt) {
	j := &s.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.attempts) >= maxAttempts {
		j.attempts = j.attempts[1:] // the oldest: its window ends first
		j.droppedAttempts++
	}
	j.attempts = append(j.attempts, a)
	j.queued()
}

// Attempts gives the failed attempts since a time that have been written, oldest
// first.
func (s *Store) Attempts(ctx context.Context, since time.Time) ([]Attempt, error) {
	rows, err := s.write.QueryContext(ctx, "SELECT source, room, at FROM attempts WHERE at >= ? ORDER BY at, id", since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer rows.Close()
	var list []Attempt
	for rows.Next() {
		var a Attempt
		var at int64
		if err := rows.Scan(&a.Source, &a.Room, &at); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		a.At = time.UnixMilli(at)
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return list, nil
}

func insertAttempts(ctx context.Context, tx *sql.Tx, list []Attempt) error {
	if len(list) == 0 {
		return nil
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO attempts (source, room, at) VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, a := range list {
		if _, err := insert.ExecContext(ctx, a.Source, a.Room, a.At.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// sweepAttempts forgets old attempts, but for the newest maxAttempts: a clock
// that jumps ahead and back must not lift a lock-out.
func sweepAttempts(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM attempts WHERE at < ? AND id <= (SELECT max(id) FROM attempts) - ?",
		time.Now().Add(-attemptsKept).UnixMilli(), maxAttempts)
	return err
}
