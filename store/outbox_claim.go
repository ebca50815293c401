package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// dropSuperseded drops what a later cancellation to the same recipient makes
// pointless: an invitation nobody got need not be sent to be cancelled. And the
// cancellation with it, if no attempt was made at any of what it would cancel.
func dropSuperseded(ctx context.Context, tx *sql.Tx, now time.Time) error {
	at := now.UnixMilli()
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', done_at = ?, error = 'cancelled before it was sent'
		WHERE id IN (SELECT o.id FROM outbox c CROSS JOIN outbox o
			WHERE c.state IN ('queued', 'sending') AND c.kind = 'cancel'
			AND o.state IN ('queued', 'sending') AND o.room_id = c.room_id AND o.channel = c.channel AND o.address = c.address
			AND o.id < c.id AND (c.occurrence = '' OR c.occurrence = o.occurrence)
			AND (o.state = 'queued' OR o.lease < ?))`, at, at)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE outbox AS o SET state = 'dropped', done_at = ?, error = 'the invitation was never sent'
		WHERE state IN ('queued', 'sending') AND kind = 'cancel' AND state = 'queued' AND attempts = 0
		AND EXISTS (SELECT 1 FROM outbox d WHERE d.room_id = o.room_id AND d.channel = o.channel AND d.address = o.address
			AND d.id < o.id AND d.kind = 'invite' AND d.state = 'dropped' AND d.attempts = 0)
		AND NOT EXISTS (SELECT 1 FROM outbox d WHERE d.room_id = o.room_id AND d.channel = o.channel AND d.address = o.address
			AND d.id < o.id AND (d.attempts > 0 OR d.state IN ('sending', 'sent')))`, at)
	return err
}

// dropLate drops what would come too late.
func dropLate(ctx context.Context, tx *sql.Tx, now time.Time) error {
	at := now.UnixMilli()
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET state = 'dropped', done_at = ?, error = 'too late'
		WHERE state IN ('queued', 'sending') AND not_after < ? AND not_after IS NOT NULL
		AND (state = 'queued' OR lease < ?)`, at, at, at)
	return err
}

// ClaimJobs takes up to most jobs of a channel that are due, for lease: nobody
// else gets them until they are finished or the lease is over, as after a crash
// (see RenewJobs). Of the jobs of one recipient and room only the oldest is given.
// busy are those that this process is still at, whatever the clock says of their
// lease. Jobs that have become pointless or would come too late are dropped.
func (s *Store) ClaimJobs(ctx context.Context, channel string, now time.Time, lease time.Duration, most int, busy ...int64) ([]Job, error) {
	var jobs []Job
	err := s.jobChange(ctx, func(tx *sql.Tx) error {
		if err := dropLate(ctx, tx, now); err != nil {
			return err
		}
		if err := dropSuperseded(ctx, tx, now); err != nil {
			return err
		}
		ids, err := dueJobs(ctx, tx, channel, now, lease, most, busy)
		if err != nil || len(ids) == 0 {
			return err
		}
		in, args := idList(ids)
		jobs, err = scanJobs(tx.QueryContext(ctx, `UPDATE outbox SET state = 'sending', attempts = attempts + 1, tried_at = ?, lease = ?
			WHERE id IN `+in+" RETURNING "+jobColumns, append([]any{now.UnixMilli(), now.Add(lease).UnixMilli()}, args...)...))
		return err
	})
	if err != nil {
		return nil, err
	}
	return jobs, nil
}

// dueJobs finds what may be claimed, by its due time. A clock that was set back
// must hold up neither a job that was tried in what is now the future nor one whose
// lease is longer than leases are.
func dueJobs(ctx context.Context, tx *sql.Tx, channel string, now time.Time, lease time.Duration, most int, busy []int64) ([]int64, error) {
	var ids []int64
	at := now.UnixMilli()
	for _, due := range []struct {
		where string
		args  []any
	}{
		{"state = 'sending' AND channel = ? AND lease < ?", []any{channel, at}},
		{"state = 'sending' AND channel = ? AND lease > ?", []any{channel, now.Add(lease).UnixMilli()}},
		{"state = 'queued' AND tried_at IS NOT NULL AND channel = ? AND tried_at > ?", []any{channel, at}},
		{"state = 'queued' AND channel = ? AND next_at <= ?", []any{channel, at}},
	} {
		if len(ids) == most {
			break
		}
		more, err := oldest(ctx, tx, due.where, due.args, most-len(ids), append(ids, busy...))
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	return ids, nil
}

// oldest gives up to most jobs, of those where a condition holds, that are the
// oldest to their recipient, and not among some.
func oldest(ctx context.Context, tx *sql.Tx, where string, args []any, most int, not []int64) ([]int64, error) {
	in, ids := idList(not)
	rows, err := tx.QueryContext(ctx, "SELECT id FROM outbox o WHERE "+where+" AND id NOT IN "+in+`
		AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.state IN ('queued', 'sending') AND e.room_id = o.room_id
			AND e.channel = o.channel AND e.address = o.address AND e.id < o.id) ORDER BY next_at, id LIMIT ?`,
		append(append(args, ids...), most)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		found = append(found, id)
	}
	return found, rows.Err()
}

// idList is a parenthesis of placeholders and what they stand for.
func idList(ids []int64) (string, []any) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return "(" + strings.TrimSuffix(strings.Repeat("?,", len(ids)), ",") + ")", args
}
