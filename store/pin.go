package store

import (
	"context"
	"errors"
)

// ErrWrongPIN says that a PIN is none of the room's, or that there is no such
// room.
var ErrWrongPIN = errors.New("store: wrong PIN")

// Key is what a PIN opens: the role it earns, and whose it is.
type Key struct {
	Role  Role
	Guest Who
}

// CheckPIN gives what a PIN opens in a room, else ErrWrongPIN. The work is the
// same whether or not the room exists, whatever its PINs are and however many:
// one keyed hash of room and PIN, looked up among those of all rooms. An empty
// PIN earns Guest in a room that asks for none.
func (s *Store) CheckPIN(ctx context.Context, roomID, pin string) (Key, error) {
	c := s.copy.fresh(ctx)
	key, ok := c.pins.get(string(s.keys.hash(roomID, pin)))
	r := c.room(roomID)
	switch {
	case ok && r != nil:
		return key, nil
	case pin == "" && r != nil && !r.HasPIN:
		return Key{Role: Guest}, nil
	}
	return Key{}, ErrWrongPIN
}

// PINs gives the PINs of a room in the clear, for invitations and the command
// line; empty where there is none. They are read from the copy in memory.
func (s *Store) PINs(ctx context.Context, id string) (guest, host string, err error) {
	r := s.copy.fresh(ctx).room(id)
	if r == nil {
		return "", "", ErrNotFound
	}
	return s.unseal(r)
}

func (s *Store) unseal(r *room) (guest, host string, err error) {
	if r.sealed[0] != nil {
		if guest, err = s.keys.decrypt(r.ID, Guest, r.sealed[0]); err != nil {
			return "", "", err
		}
	}
	if r.sealed[1] != nil {
		if host, err = s.keys.decrypt(r.ID, Host, r.sealed[1]); err != nil {
			return "", "", err
		}
	}
	return guest, host, nil
}

// Entrance is what opens a room: its PINs, empty where there is none, and the token
// of its shared guest link, empty where none is open.
type Entrance struct{ PIN, HostPIN, Link string }

// Entrances gives those of the rooms with these ids, in the clear, by one look at
// the copy in memory: a list of many asks the database once. A room that is not, or
// no more, is left out.
func (s *Store) Entrances(ctx context.Context, ids ...string) (map[string]Entrance, error) {
	c := s.copy.fresh(ctx)
	all := make(map[string]Entrance, len(ids))
	for _, id := range ids {
		r := c.room(id)
		if r == nil {
			continue
		}
		var e Entrance
		var err error
		if e.PIN, e.HostPIN, err = s.unseal(r); err != nil {
			return nil, err
		}
		if r.link != nil {
			if e.Link, err = s.keys.decryptLink(id, r.link); err != nil {
				return nil, err
			}
		}
		all[id] = e
	}
	return all, nil
}
