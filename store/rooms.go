package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// AddRoom adds a room. When it returns without error the room is on the disk.
// Mistakes are FieldErrors, joined.
func (s *Store) AddRoom(ctx context.Context, n NewRoom) (Room, error) {
	if err := n.Check(); err != nil {
		return Room{}, err
	}
	r := newRoom(n)
	if err := s.change(ctx, func(tx *sql.Tx) error { return s.insertRoom(ctx, tx, r, n) }); err != nil {
		return Room{}, err
	}
	return r, nil
}

// newRoom is what is made of a checked NewRoom, now.
func newRoom(n NewRoom) Room {
	return n.room(newID(), time.UnixMilli(time.Now().UnixMilli()).UTC())
}

// newID draws 130 bits in letters and digits.
func newID() string { return strings.ToLower(rand.Text()) }

// room is what is made of a checked NewRoom.
func (n *NewRoom) room(id string, created time.Time) Room {
	return Room{
		ID: id, Extension: n.Extension, Name: n.Name, Language: n.Language,
		MaxParticipants: n.MaxParticipants, Lobby: n.Lobby, WaitForHost: n.WaitForHost, MuteOnEntry: n.MuteOnEntry,
		Tones: n.Tones, Names: n.Names, GuestInvites: n.GuestInvites, OwnerID: n.OwnerID,
		HasPIN: n.PIN != "", HasHostPIN: n.HostPIN != "", CreatedAt: created,
	}
}

// insertRoom writes a room, its PINs and its guest link.
func (s *Store) insertRoom(ctx context.Context, tx *sql.Tx, r Room, n NewRoom) error {
	if err := checkOwner(ctx, tx, r.OwnerID); err != nil {
		return err
	}
	var taken string
	err := tx.QueryRowContext(ctx, "SELECT name FROM rooms WHERE extension = ?", r.Extension).Scan(&taken)
	switch {
	case err == nil:
		return &FieldError{"extension", fmt.Sprintf("%s is taken by room %q", r.Extension, taken)}
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO rooms (id, extension, name, language, max_participants, lobby,
		wait_for_host, mute_on_entry, tones, owner_id, names, guest_invites, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?)`,
		r.ID, r.Extension, r.Name, r.Language, r.MaxParticipants, r.Lobby, r.WaitForHost, r.MuteOnEntry, r.Tones,
		r.OwnerID, r.Names, r.GuestInvites, r.CreatedAt.UnixMilli())
	if err != nil {
		return err
	}
	if err := s.addPIN(ctx, tx, r.ID, Guest, n.PIN); err != nil {
		return err
	}
	if err := s.addPIN(ctx, tx, r.ID, Host, n.HostPIN); err != nil {
		return err
	}
	_, err = s.addLink(ctx, tx, r.ID, "")
	return err
}

func (s *Store) addPIN(ctx context.Context, tx *sql.Tx, id string, role Role, pin string) error {
	if pin == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO pins (room_id, role, hash, sealed) VALUES (?, ?, ?, ?)",
		id, role.String(), s.keys.hash(id, pin), s.keys.encrypt(id, role, pin))
	return err
}

// RemoveRoom removes a room with its PINs, its meeting and who was invited, and
// ends its links; call records stay.
func (s *Store) RemoveRoom(ctx context.Context, id string) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM rooms WHERE id = ?", id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound
		}
		return closeLinks(ctx, tx, id, everyLink, linkEnded)
	})
}

// change runs f in a transaction that raises the revision of rooms, links and
// accounts. It fails with ErrBusy if another process holds the database for
// longer than writeWait.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	return s.changeOn(ctx, s.write, f)
}

func (s *Store) changeOn(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return wrap(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return wrap(err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE revision SET rooms = rooms + 1"); err != nil {
		return wrap(err)
	}
	if err := tx.Commit(); err != nil {
		return wrap(err)
	}
	s.copy.stale()
	return nil
}

// wrap leaves our own errors as they are.
func wrap(err error) error {
	if strings.HasPrefix(err.Error(), "store: ") {
		return err
	}
	var field *FieldError
	var sqliteErr *sqlite.Error
	switch {
	case errors.As(err, &field):
		return err
	case errors.As(err, &sqliteErr) && sqliteErr.Code()&0xff == sqliteBusy:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.As(err, &sqliteErr) && (sqliteErr.Code()&0xff == sqliteFull || sqliteErr.Code()&0xff == sqliteIO):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("store: %w", err)
}

// The results of SQLite that are nobody's fault: another process holds the lock, the
// disk is full, or does not do what it should (sqlite.org/rescode.html).
const (
	sqliteBusy = 5
	sqliteIO   = 10
	sqliteFull = 13
)

// Rooms gives all rooms by extension, those of meetings too.
func (s *Store) Rooms(ctx context.Context) ([]Room, error) {
	c := s.copy.fresh(ctx)
	list := make([]Room, len(c.list))
	for i, r := range c.list {
		list[i] = r.Room
	}
	return list, nil
}

// RoomsOf gives the permanent rooms that an account may host, by extension: its
// own and those that are every account's. Meetings are Meetings'.
func (s *Store) RoomsOf(ctx context.Context, userID string) ([]Room, error) {
	var list []Room
	for _, r := range s.copy.fresh(ctx).list {
		if r.Schedule == nil && r.HostedBy(userID) {
			list = append(list, r.Room)
		}
	}
	return list, nil
}

// RoomByExtension gives a room, or ErrNotFound.
func (s *Store) RoomByExtension(ctx context.Context, extension string) (*Room, error) {
	r, _ := s.copy.fresh(ctx).byExtension.get(extension)
	return found(r)
}

// RoomByID gives a room, or ErrNotFound.
func (s *Store) RoomByID(ctx context.Context, id string) (*Room, error) {
	return found(s.copy.fresh(ctx).room(id))
}

func found(r *room) (*Room, error) {
	if r == nil {
		return nil, ErrNotFound
	}
	c := r.Room
	return &c, nil
}

// FreeExtension finds an extension of that many digits that no room has.
func (s *Store) FreeExtension(ctx context.Context, length int) (string, error) {
	length = min(max(length, minExtension), maxExtension)
	c := s.copy.fresh(ctx)
	for range 1000 {
		e := randomDigits(length)
		if _, taken := c.byExtension.get(e); !taken && e[0] != '0' { // a leading 0 is often a trunk prefix
			return e, nil
		}
	}
	return "", fmt.Errorf("store: no free extension of %d digits was found", length)
}
