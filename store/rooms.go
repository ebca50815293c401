package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// AddRoom adds a room. When it returns without error the room is on the disk.
// Mistakes are FieldErrors, joined.
func (s *Store) AddRoom(ctx context.Context, n NewRoom) (Room, error) {
	if err := n.Check(); err != nil {
		return Room{}, err
	}
	r := Room{
		ID: strings.ToLower(rand.Text()), Extension: n.Extension, Name: n.Name, Language: n.Language,
		MaxParticipants: n.MaxParticipants, Lobby: n.Lobby, WaitForHost: n.WaitForHost, MuteOnEntry: n.MuteOnEntry,
		Tones: n.Tones, HasPIN: n.PIN != "", HasHostPIN: n.HostPIN != "",
		CreatedAt: time.UnixMilli(time.Now().UnixMilli()).UTC(),
	}
	err := s.change(ctx, func(tx *sql.Tx) error {
		var owner string
		err := tx.QueryRowContext(ctx, "SELECT name FROM rooms WHERE extension = ?", r.Extension).Scan(&owner)
		if err == nil {
			return &FieldError{"extension", fmt.Sprintf("%s is taken by room %q", r.Extension, owner)}
		}
		if err != sql.ErrNoRows {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO rooms (id, extension, name, language, max_participants, lobby,
			wait_for_host, mute_on_entry, tones, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.Extension, r.Name, r.Language, r.MaxParticipants, r.Lobby, r.WaitForHost, r.MuteOnEntry, r.Tones, r.CreatedAt.UnixMilli())
		if err != nil {
			return err
		}
		if err := s.addPIN(ctx, tx, r.ID, Guest, n.PIN); err != nil {
			return err
		}
		return s.addPIN(ctx, tx, r.ID, Host, n.HostPIN)
	})
	if err != nil {
		return Room{}, err
	}
	return r, nil
}

func (s *Store) addPIN(ctx context.Context, tx *sql.Tx, id string, role Role, pin string) error {
	if pin == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO pins (room_id, role, hash, sealed) VALUES (?, ?, ?, ?)",
		id, role.String(), s.keys.hash(id, pin), s.keys.encrypt(id, role, pin))
	return err
}

// RemoveRoom removes a room and its PINs; call records stay.
func (s *Store) RemoveRoom(ctx context.Context, id string) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM rooms WHERE id = ?", id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound
		}
		return nil
	})
}

// change runs f in a transaction that raises the rooms' revision.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: %w", err)
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
	if _, ours := err.(*FieldError); ours || err == ErrNotFound {
		return err
	}
	return fmt.Errorf("store: %w", err)
}

// Rooms gives all rooms by extension.
func (s *Store) Rooms(ctx context.Context) ([]Room, error) {
	c := s.copy.fresh(ctx)
	list := make([]Room, len(c.list))
	for i, r := range c.list {
		list[i] = r.Room
	}
	return list, nil
}

// RoomByExtension gives a room, or ErrNotFound.
func (s *Store) RoomByExtension(ctx context.Context, extension string) (*Room, error) {
	return found(s.copy.fresh(ctx).byExtension[extension])
}

// RoomByID gives a room, or ErrNotFound.
func (s *Store) RoomByID(ctx context.Context, id string) (*Room, error) {
	return found(s.copy.fresh(ctx).byID[id])
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
		if e[0] != '0' && c.byExtension[e] == nil { // a leading 0 is often a trunk prefix
			return e, nil
		}
	}
	return "", fmt.Errorf("store: no free extension of %d digits was found", length)
}
