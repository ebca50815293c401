package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"
)

// room is a room with its PINs and its links, sealed. Of a room that is no more
// there may be links, which say so: its Room.ID is empty.
type room struct {
	Room
	sealed [2][]byte // the PINs of guests and hosts; nil: none
	link   []byte    // the shared one; nil: none is open
	// What leads here: hashes of PINs and links.
	pins, links []string
}

// snapshot is all rooms, links and accounts at one revision. It never changes: the
// next one shares with it what is the same.
type snapshot struct {
	revision    int64
	list        []*room // by extension
	byExtension table[*room]
	byID        table[*room] // also those that are no more
	pins        table[Key]   // by hash, which tells rooms apart
	links       table[link]  // by hash
	accounts
}

// accounts are all of them, read anew when one changes.
type accounts struct {
	users    []*account // by e-mail address
	userByID map[string]*account
	byEmail  map[string]*account
}

// room gives a room that there is, else nil.
func (s *snapshot) room(id string) *room {
	if r, _ := s.byID.get(id); r != nil && r.ID != "" {
		return r
	}
	return nil
}

// rooms is the copy in memory. Each read asks the database for its revision,
// which takes some 20 µs, so that a room added by another process is there at
// once; only rooms that have changed since are read again. While the database
// does not answer within readWait, the last copy serves and the question is put
// once in retryAfter.
type rooms struct {
	db *sql.DB

	mu      sync.Mutex // held while asking: readWait at most
	current *snapshot
	failed  time.Time // monotonic; zero: the last question was answered
	fault   error
}

const retryAfter = time.Second

// stale makes the next read ask, whatever the last one got.
func (c *rooms) stale() {
	c.mu.Lock()
	c.failed = time.Time{}
	c.mu.Unlock()
}

// fresh gives the rooms of now, or the last known while the database is locked.
func (c *rooms) fresh(ctx context.Context) *snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.failed.IsZero() && time.Since(c.failed) < retryAfter {
		return c.current
	}
	now, err := c.read(ctx, c.current)
	if err != nil {
		if ctx.Err() == nil { // else the caller's haste, no fault
			c.failed, c.fault = time.Now(), err
		}
		return c.current
	}
	c.current, c.failed, c.fault = now, time.Time{}, nil
	return now
}

// load reads the first copy.
func (c *rooms) load(ctx context.Context) error {
	var err error
	for range 50 { // readWait each
		if c.current, err = c.read(ctx, nil); err == nil || ctx.Err() != nil || !transient(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// read gives old if it is of the database's revision, else a new snapshot, for
// which only what was changed since is read.
func (c *rooms) read(ctx context.Context, old *snapshot) (*snapshot, error) {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	var now, users, floor int64
	if err := tx.QueryRowContext(ctx, "SELECT rooms, users, floor FROM revision").Scan(&now, &users, &floor); err != nil {
		return nil, err
	}
	switch {
	case old == nil, old.revision < floor, old.revision > now: // the last: an older database was put in its place
		old = &snapshot{revision: -1}
	case old.revision == now:
		return old, nil
	}
	s := &snapshot{revision: now, accounts: old.accounts}
	if users > old.revision {
		if s.accounts, err = readUsers(ctx, tx); err != nil {
			return nil, err
		}
	}
	changed, err := readChanged(ctx, tx, old.revision)
	if err != nil {
		return nil, err
	}
	s.take(old, changed)
	return s, nil
}
