package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// RoomChange is what is to be changed of a room; nil leaves a thing as it is. An
// empty PIN or HostPIN takes it away, an empty OwnerID makes the room every
// account's.
type RoomChange struct {
	Name, Language, Tones, Names, OwnerID         *string
	PIN, HostPIN                                  *string
	MaxParticipants                               *int
	Lobby, WaitForHost, MuteOnEntry, GuestInvites *bool
}

// UpdateRoom changes a room and gives it as it is then. Mistakes are FieldErrors,
// joined; ErrNotFound says that there is no such room.
func (s *Store) UpdateRoom(ctx context.Context, id string, c RoomChange) (Room, error) {
	var after Room
	err := s.change(ctx, func(tx *sql.Tx) (err error) {
		after, err = s.changeRoom(ctx, tx, id, c)
		return err
	})
	if err != nil {
		return Room{}, err
	}
	return after, nil
}

func (s *Store) changeRoom(ctx context.Context, tx *sql.Tx, id string, c RoomChange) (Room, error) {
	before, err := scanRoom(tx.QueryRowContext(ctx, "SELECT "+roomColumns+" FROM rooms r WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return Room{}, ErrNotFound
	}
	if err != nil {
		return Room{}, err
	}
	n := before.asNew()
	if n.PIN, n.HostPIN, err = s.readPINs(ctx, tx, id); err != nil {
		return Room{}, err
	}
	c.apply(&n)
	if err := n.Check(); err != nil {
		return Room{}, err
	}
	if err := s.replacePINs(ctx, tx, id, c, n); err != nil {
		return Room{}, err
	}
	return updateRoom(ctx, tx, before, n)
}

// asNew is a room as it would be added again, but for its PINs.
func (r Room) asNew() NewRoom {
	return NewRoom{
		Extension: r.Extension, Name: r.Name, Language: r.Language, MaxParticipants: r.MaxParticipants,
		Lobby: r.Lobby, WaitForHost: r.WaitForHost, MuteOnEntry: r.MuteOnEntry, Tones: r.Tones,
		OwnerID: r.OwnerID, Names: r.Names, GuestInvites: r.GuestInvites,
	}
}

func (c RoomChange) apply(n *NewRoom) {
	for _, o := range []struct{ from, to *string }{
		{c.Name, &n.Name},
		{c.Language, &n.Language},
		{c.Tones, &n.Tones},
		{c.Names, &n.Names},
		{c.OwnerID, &n.OwnerID},
		{c.PIN, &n.PIN},
		{c.HostPIN, &n.HostPIN},
	} {
		if o.from != nil {
			*o.to = *o.from
		}
	}
	for _, o := range []struct{ from, to *bool }{
		{c.Lobby, &n.Lobby},
		{c.WaitForHost, &n.WaitForHost},
		{c.MuteOnEntry, &n.MuteOnEntry},
		{c.GuestInvites, &n.GuestInvites},
	} {
		if o.from != nil {
			*o.to = *o.from
		}
	}
	if c.MaxParticipants != nil {
		n.MaxParticipants = *c.MaxParticipants
	}
}

func updateRoom(ctx context.Context, tx *sql.Tx, r Room, n NewRoom) (Room, error) {
	if err := checkOwner(ctx, tx, n.OwnerID); err != nil {
		return Room{}, err
	}
	after := n.room(r.ID, r.CreatedAt)
	_, err := tx.ExecContext(ctx, `UPDATE rooms SET name = ?, language = ?, max_participants = ?, lobby = ?,
		wait_for_host = ?, mute_on_entry = ?, tones = ?, owner_id = nullif(?, ''), names = ?, guest_invites = ? WHERE id = ?`,
		after.Name, after.Language, after.MaxParticipants, after.Lobby, after.WaitForHost, after.MuteOnEntry, after.Tones,
		after.OwnerID, after.Names, after.GuestInvites, r.ID)
	if err != nil {
		return Room{}, err
	}
	after.Schedule, err = refold(ctx, tx, r.ID, after.Name)
	return after, err
}

// refold gives a room's meeting the title to search by, and its schedule; nil if
// the room is permanent.
func refold(ctx context.Context, tx *sql.Tx, id, title string) (*Schedule, error) {
	if _, err := tx.ExecContext(ctx, "UPDATE meetings SET folded = ? WHERE id = ?", Fold(title), id); err != nil {
		return nil, err
	}
	var at scheduleRow
	err := tx.QueryRowContext(ctx, "SELECT "+scheduleColumns+" FROM meetings m WHERE id = ?", id).Scan(at.columns()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return at.schedule()
}

// readPINs gives the PINs of a room as a transaction sees them.
func (s *Store) readPINs(ctx context.Context, tx *sql.Tx, id string) (guest, host string, err error) {
	for _, p := range []struct {
		role Role
		pin  *string
	}{{Guest, &guest}, {Host, &host}} {
		var sealed []byte
		err := tx.QueryRowContext(ctx, "SELECT sealed FROM pins WHERE room_id = ? AND role = ?", id, p.role.String()).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return "", "", err
		}
		if *p.pin, err = s.keys.decrypt(id, p.role, sealed); err != nil {
			return "", "", err
		}
	}
	return guest, host, nil
}

// replacePINs writes those that change. All that go are gone before any comes:
// the two may change places. One that clashes with an invitee's is a FieldError.
func (s *Store) replacePINs(ctx context.Context, tx *sql.Tx, id string, c RoomChange, n NewRoom) error {
	changed := []struct {
		role Role
		set  *string
		pin  string
	}{{Guest, c.PIN, n.PIN}, {Host, c.HostPIN, n.HostPIN}}
	if c.PIN == nil && c.HostPIN == nil {
		return nil
	}
	if err := s.checkPersonal(ctx, tx, id, n); err != nil {
		return err
	}
	for _, p := range changed {
		if p.set == nil {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM pins WHERE room_id = ? AND role = ?", id, p.role.String()); err != nil {
			return err
		}
	}
	for _, p := range changed {
		if p.set == nil {
			continue
		}
		if err := s.addPIN(ctx, tx, id, p.role, p.pin); err != nil {
			return err
		}
	}
	return nil
}

// checkPersonal sees that a room's PINs share no beginning with those of its
// invitees, who have them in writing.
func (s *Store) checkPersonal(ctx context.Context, tx *sql.Tx, id string, n NewRoom) error {
	personal, err := s.personalPINs(ctx, tx, id)
	if err != nil {
		return err
	}
	var all []error
	for _, p := range []struct{ field, pin string }{{"pin", n.PIN}, {"host_pin", n.HostPIN}} {
		if p.pin != "" && clashes(p.pin, personal) {
			all = append(all, &FieldError{p.field, "an invited person's own PIN begins alike: choose another"})
		}
	}
	return errors.Join(all...)
}

// checkOwner is a FieldError unless the owner is an account, or there is none.
func checkOwner(ctx context.Context, tx *sql.Tx, id string) error {
	if id == "" {
		return nil
	}
	err := hasUser(ctx, tx, id)
	if errors.Is(err, ErrNoUser) {
		return &FieldError{"owner_id", fmt.Sprintf("there is no account %.40q", id)}
	}
	return err
}
