package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// room is a room with its PINs and its link, as hashes and sealed.
type room struct {
	Room
	hash, sealed [2][]byte // guest, host; nil: none
	link         []byte    // sealed; nil: none yet
}

// snapshot is all rooms, links and accounts at one revision. It never changes.
type snapshot struct {
	revision    int64
	list        []*room // by extension
	byExtension map[string]*room
	byID        map[string]*room
	links       map[string]link // by hash
	users       []*account      // by e-mail address
	userByID    map[string]*account
	byEmail     map[string]*account
}

// rooms is the copy in memory. Each read asks the database for its revision,
// which takes some 20 µs, so that a room added by another process is there at
// once. While the database does not answer within readWait, the last copy serves
// and the question is put once in retryAfter.
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

// read gives old if it is of the database's revision, else a new snapshot.
func (c *rooms) read(ctx context.Context, old *snapshot) (*snapshot, error) {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	s := &snapshot{
		byExtension: map[string]*room{}, byID: map[string]*room{}, links: map[string]link{},
		userByID: map[string]*account{}, byEmail: map[string]*account{},
	}
	if err := tx.QueryRowContext(ctx, "SELECT rooms FROM revision").Scan(&s.revision); err != nil {
		return nil, err
	}
	if old != nil && old.revision == s.revision {
		return old, nil
	}
	for _, part := range []func(context.Context, *sql.Tx) error{s.readRooms, s.readPINs, s.readLinks, s.readUsers} {
		if err := part(ctx, tx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// roomColumns are what scanRoom takes.
const roomColumns = `id, extension, name, language, max_participants, lobby, wait_for_host, mute_on_entry, tones,
	coalesce(owner_id, ''), names, guest_invites, created_at`

func scanRoom(row interface{ Scan(...any) error }) (Room, error) {
	var r Room
	var created int64
	err := row.Scan(&r.ID, &r.Extension, &r.Name, &r.Language, &r.MaxParticipants, &r.Lobby, &r.WaitForHost,
		&r.MuteOnEntry, &r.Tones, &r.OwnerID, &r.Names, &r.GuestInvites, &created)
	r.CreatedAt = time.UnixMilli(created).UTC()
	return r, err
}

func (s *snapshot) readRooms(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT "+roomColumns+" FROM rooms ORDER BY length(extension), extension")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r room
		if r.Room, err = scanRoom(rows); err != nil {
			return err
		}
		s.list = append(s.list, &r)
		s.byExtension[r.Extension], s.byID[r.ID] = &r, &r
	}
	return rows.Err()
}

func (s *snapshot) readPINs(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT room_id, role, hash, sealed FROM pins")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, role string
		var hash, sealed []byte
		if err := rows.Scan(&id, &role, &hash, &sealed); err != nil {
			return err
		}
		r := s.byID[id]
		switch {
		case r == nil:
		case role == Guest.String():
			r.hash[0], r.sealed[0], r.HasPIN = hash, sealed, true
		case role == Host.String():
			r.hash[1], r.sealed[1], r.HasHostPIN = hash, sealed, true
		}
	}
	return rows.Err()
}

func (s *snapshot) readLinks(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT hash, room_id, state, sealed FROM links")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var l link
		var hash, sealed []byte
		if err := rows.Scan(&hash, &l.room, &l.state, &sealed); err != nil {
			return err
		}
		s.links[string(hash)] = l
		if r := s.byID[l.room]; r != nil && l.state == linkOpen {
			r.link = sealed
		}
	}
	return rows.Err()
}

func (s *snapshot) readUsers(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT id, email, name, password, disabled, generation, created_at FROM users ORDER BY email")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a account
		var text string
		var created int64
		if err := rows.Scan(&a.ID, &a.Email, &a.Name, &text, &a.Disabled, &a.Generation, &created); err != nil {
			return err
		}
		a.CreatedAt = time.UnixMilli(created).UTC()
		// One that cannot be read keeps its account out, not everybody.
		a.password, _ = parsePassword(text)
		s.users = append(s.users, &a)
		s.userByID[a.ID], s.byEmail[a.Email] = &a, &a
	}
	return rows.Err()
}

// ErrWrongPIN says that a PIN is none of the room's, or that there is no such
// room.
var ErrWrongPIN = errors.New("store: wrong PIN")

// CheckPIN gives the role that a PIN earns in a room, else ErrWrongPIN. The work
// is the same whether or not the room exists and whatever its PINs are. An empty
// PIN earns Guest in a room that asks for none.
func (s *Store) CheckPIN(ctx context.Context, roomID, pin string) (Role, error) {
	r := s.copy.fresh(ctx).byID[roomID]
	if r == nil {
		r = &room{}
	}
	hash := s.keys.hash(roomID, pin)
	guest, host := hmac.Equal(pad(r.hash[0]), hash), hmac.Equal(pad(r.hash[1]), hash)
	switch {
	case host:
		return Host, nil
	case guest:
		return Guest, nil
	case pin == "" && r.ID != "" && !r.HasPIN:
		return Guest, nil
	}
	return NoRole, ErrWrongPIN
}

// pad gives a hash that is not there the length of one, so that the comparison
// takes as long.
func pad(hash []byte) []byte {
	if hash == nil {
		return make([]byte, 32)
	}
	return hash
}

// PINs gives the PINs of a room in the clear, for invitations and the command
// line; empty where there is none. They are read from the copy in memory.
func (s *Store) PINs(ctx context.Context, id string) (guest, host string, err error) {
	r := s.copy.fresh(ctx).byID[id]
	if r == nil {
		return "", "", ErrNotFound
	}
	if r.sealed[0] != nil {
		if guest, err = s.keys.decrypt(id, Guest, r.sealed[0]); err != nil {
			return "", "", err
		}
	}
	if r.sealed[1] != nil {
		if host, err = s.keys.decrypt(id, Host, r.sealed[1]); err != nil {
			return "", "", err
		}
	}
	return guest, host, nil
}
