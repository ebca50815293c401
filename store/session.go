package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Sessions keeps who is signed in to the page: opaque data by the token of a
// cookie, of which only a hash is stored. It implements scs.CtxStore.
//
// It asks the database. Finding goes on while another process writes or holds
// the write lock (WAL); what must be written then, a sign-in or a sign-out,
// fails with ErrBusy after readWait, and so does everything on a database that
// does not answer.
type Sessions struct {
	store *Store
	swept atomic.Int64 // Unix milliseconds
}

// Sessions gives the sign-ins.
func (s *Store) Sessions() *Sessions { return &s.sessions }

// FindCtx gives a session's data; found is false if there is none or it has run
// out.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	err = s.store.quick.QueryRowContext(ctx, "SELECT data FROM sessions WHERE hash = ? AND expires > ?",
		s.store.keys.hashSession(token), time.Now().UnixMilli()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, unavailable(err)
}

// CommitCtx adds a session or puts other data into it.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	s.sweep(ctx)
	_, err := s.store.quick.ExecContext(ctx, `INSERT INTO sessions (hash, data, expires) VALUES (?, ?, ?)
		ON CONFLICT (hash) DO UPDATE SET data = excluded.data, expires = excluded.expires`,
		s.store.keys.hashSession(token), data, expiry.UnixMilli())
	return unavailable(err)
}

// DeleteCtx ends a session; one that is not there is no error.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	_, err := s.store.quick.ExecContext(ctx, "DELETE FROM sessions WHERE hash = ?", s.store.keys.hashSession(token))
	return unavailable(err)
}

// Find implements scs.Store.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// sweep deletes what has run out, once a minute. That it could not is no fault
// of the sign-in at hand: the next one tries again.
func (s *Sessions) sweep(ctx context.Context) {
	now := time.Now().UnixMilli()
	last := s.swept.Load()
	if now-last < time.Minute.Milliseconds() && now >= last || !s.swept.CompareAndSwap(last, now) {
		return
	}
	if _, err := s.store.quick.ExecContext(ctx, "DELETE FROM sessions WHERE expires <= ?", now); err != nil {
		s.swept.Store(last)
	}
}

// unavailable marks what may work in a moment.
func unavailable(err error) error {
	switch {
	case err == nil:
		return nil
	case transient(err):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return fmt.Errorf("store: %w", err)
}
