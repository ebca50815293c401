package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// AddInvitees invites people into a room, each with a link of their own and, if
// asked for, a PIN that shares no beginning with any other of the room. Who is
// invited already by the same address or number comes back in known, unchanged.
// jobs gives what is to be sent to each that is added, queued in the same
// transaction; it may be nil. Mistakes are FieldErrors, joined, of fields such as
// "invitees[2].email": nobody is added then. ErrLinkEnded says that the meeting
// was completed or cancelled.
func (s *Store) AddInvitees(ctx context.Context, roomID string, list []NewInvitee, jobs func(Invitee) []NewJob) (added, known []Invitee, err error) {
	if list, err = checkedInvitees(list); err != nil {
		return nil, nil, err
	}
	err = s.change(ctx, func(tx *sql.Tx) error {
		if err := openRoom(ctx, tx, roomID); err != nil {
			return err
		}
		invited, err := scanInvitees(tx.QueryContext(ctx, selectInvitees, roomID))
		if err != nil {
			return err
		}
		pins, err := s.pinsIn(ctx, tx, roomID)
		if err != nil {
			return err
		}
		for _, n := range list {
			if i := n.among(invited); i >= 0 {
				known = append(known, invited[i])
				continue
			}
			if len(invited) >= maxInvitees {
				return &FieldError{"invitees", fmt.Sprintf("more than %d in one room", maxInvitees)}
			}
			inv, pin, err := s.insertInvitee(ctx, tx, roomID, n, pins)
			if err != nil {
				return err
			}
			invited, added, pins = append(invited, inv), append(added, inv), append(pins, pin)
			if jobs == nil {
				continue
			}
			if err := s.insertJobs(ctx, tx, jobs(inv)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return added, known, nil
}

// openRoom fails with ErrNotFound unless there is the room, and with ErrLinkEnded
// if its meeting was completed or cancelled.
func openRoom(ctx context.Context, tx *sql.Tx, id string) error {
	var ended bool
	err := tx.QueryRowContext(ctx, `SELECT m.completed IS NOT NULL OR m.cancelled IS NOT NULL
		FROM rooms r LEFT JOIN meetings m ON m.id = r.id WHERE r.id = ?`, id).Scan(&ended)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case err == nil && ended:
		return ErrLinkEnded
	}
	return err
}

// among finds one with the same address or number, else -1.
func (n NewInvitee) among(invited []Invitee) int {
	for i, inv := range invited {
		if n.Email != "" && SignInName(n.Email) == SignInName(inv.Email) || n.Phone != "" && n.Phone == inv.Phone {
			return i
		}
	}
	return -1
}

func (s *Store) insertInvitee(ctx context.Context, tx *sql.Tx, roomID string, n NewInvitee, pins []string) (Invitee, string, error) {
	inv := Invitee{
		ID: newID(), RoomID: roomID, Name: n.Name, Email: n.Email, Phone: n.Phone, Language: n.Language, HasPIN: n.PIN,
		Created: time.UnixMilli(time.Now().UnixMilli()).UTC(),
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO invitees (id, room_id, name, email, email_key, phone, language, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, inv.ID, roomID, inv.Name, inv.Email, SignInName(inv.Email), inv.Phone, inv.Language, inv.Created.UnixMilli())
	if err != nil {
		return Invitee{}, "", err
	}
	pin := ""
	if n.PIN {
		if pin, err = s.givePIN(ctx, tx, inv, pins); err != nil {
			return Invitee{}, "", err
		}
	}
	_, err = s.addLink(ctx, tx, roomID, inv.ID)
	return inv, pin, err
}

// givePIN draws one that fits the room's others.
func (s *Store) givePIN(ctx context.Context, tx *sql.Tx, inv Invitee, others []string) (string, error) {
	pin := drawPIN(others)
	_, err := tx.ExecContext(ctx, "UPDATE invitees SET pin_hash = ?, pin_sealed = ? WHERE id = ?",
		s.keys.hash(inv.RoomID, pin), s.keys.sealIn(inv.place(), pin), inv.ID)
	return pin, err
}

// drawPINs gives one to each invitee of a room who has none.
func (s *Store) drawPINs(ctx context.Context, tx *sql.Tx, roomID string) error {
	pins, err := s.pinsIn(ctx, tx, roomID)
	if err != nil {
		return err
	}
	invited, err := scanInvitees(tx.QueryContext(ctx, selectInvitees, roomID))
	if err != nil {
		return err
	}
	for _, inv := range invited {
		if inv.HasPIN {
			continue
		}
		pin, err := s.givePIN(ctx, tx, inv, pins)
		if err != nil {
			return err
		}
		pins = append(pins, pin)
	}
	return nil
}

// pinsIn gives all PINs of a room.
func (s *Store) pinsIn(ctx context.Context, tx *sql.Tx, roomID string) ([]string, error) {
	guest, host, err := s.readPINs(ctx, tx, roomID)
	if err != nil {
		return nil, err
	}
	personal, err := s.personalPINs(ctx, tx, roomID)
	return append(personal, guest, host), err
}

func (s *Store) personalPINs(ctx context.Context, tx *sql.Tx, roomID string) ([]string, error) {
	var pins []string
	take := func(rows *sql.Rows) error {
		inv := Invitee{RoomID: roomID}
		var sealed []byte
		if err := rows.Scan(&inv.ID, &sealed); err != nil {
			return err
		}
		pin, err := s.keys.openIn(inv.place(), sealed)
		pins = append(pins, pin)
		return err
	}
	err := each(ctx, tx, take, "SELECT id, pin_sealed FROM invitees WHERE room_id = ? AND pin_sealed IS NOT NULL", roomID)
	return pins, err
}

// place is where an invitee's PIN and link are sealed for.
func (i Invitee) place() string { return i.RoomID + "|" + i.ID }

// Invitees gives who is invited into a room, the first first.
func (s *Store) Invitees(ctx context.Context, roomID string) ([]Invitee, error) {
	list, err := scanInvitees(s.quick.QueryContext(ctx, selectInvitees, roomID))
	if err != nil {
		return nil, wrap(err)
	}
	return list, nil
}

const (
	inviteeColumns = `i.id, i.room_id, i.name, i.email, i.phone, i.language, i.pin_hash IS NOT NULL, i.created_at,
		i.opened, i.waiting, i.joined, i."left"`
	selectInvitees = "SELECT " + inviteeColumns + " FROM invitees i WHERE i.room_id = ? ORDER BY i.created_at, i.rowid"
)

func scanInvitees(rows *sql.Rows, err error) ([]Invitee, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Invitee
	for rows.Next() {
		i, err := scanInvitee(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, rows.Err()
}

func scanInvitee(row scanner, more ...any) (Invitee, error) {
	var i Invitee
	var created int64
	var seen [4]sql.NullInt64
	err := row.Scan(append([]any{
		&i.ID, &i.RoomID, &i.Name, &i.Email, &i.Phone, &i.Language, &i.HasPIN, &created,
		&seen[0], &seen[1], &seen[2], &seen[3],
	}, more...)...)
	i.Created = time.UnixMilli(created).UTC()
	i.Opened, i.Waiting, i.Joined, i.Left = timeOf(seen[0]), timeOf(seen[1]), timeOf(seen[2]), timeOf(seen[3])
	return i, err
}

// RemoveInvitee takes an invitation back: its link has ended, its PIN opens
// nothing. ErrNoInvitee says that there is no such invitee in the room.
func (s *Store) RemoveInvitee(ctx context.Context, roomID, id string, jobs ...NewJob) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM invitees WHERE id = ? AND room_id = ?", id, roomID).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return ErrNoInvitee
		}
		if err := s.insertJobs(ctx, tx, jobs); err != nil { // they take the address from the row
			return err
		}
		return removeInvitee(ctx, tx, id)
	})
}

func removeInvitee(ctx context.Context, tx *sql.Tx, id string) error {
	_, err := tx.ExecContext(ctx, "UPDATE links SET state = ?, sealed = NULL, changed_at = ? WHERE invitee_id = ? AND state = ?",
		linkEnded, time.Now().UnixMilli(), id, linkOpen)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM invitees WHERE id = ?", id)
	return err
}

// InviteeKeys gives the token of an invitee's link, and the personal PIN; empty
// if there is none. ErrLinkEnded says that the meeting was completed or
// cancelled, ErrNoInvitee that there is no such invitee.
func (s *Store) InviteeKeys(ctx context.Context, id string) (token, pin string, err error) {
	inv := Invitee{ID: id}
	var link, sealed []byte
	err = s.quick.QueryRowContext(ctx, `SELECT i.room_id, l.sealed, i.pin_sealed FROM invitees i
		LEFT JOIN links l ON l.invitee_id = i.id AND l.state = 'open' WHERE i.id = ?`, id).Scan(&inv.RoomID, &link, &sealed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", "", ErrNoInvitee
	case err != nil:
		return "", "", wrap(err)
	case link == nil:
		return "", "", ErrLinkEnded
	}
	if token, err = s.keys.openIn(inv.place()+"|link", link); err != nil {
		return "", "", err
	}
	if sealed != nil {
		if pin, err = s.keys.openIn(inv.place(), sealed); err != nil {
			return "", "", err
		}
	}
	return token, pin, nil
}

// checkedInvitees gives a list in shape, and every mistake of it.
func checkedInvitees(list []NewInvitee) ([]NewInvitee, error) {
	checked := make([]NewInvitee, len(list))
	var all []error
	for i, n := range list {
		wrong := func(field, msg string) {
			all = append(all, &FieldError{fmt.Sprintf("invitees[%d].%s", i, field), msg})
		}
		n.Name, n.Email, n.Phone = cleanName(n.Name), strings.TrimSpace(n.Email), strings.TrimSpace(n.Phone)
		if name := []rune(n.Name); len(name) > maxName {
			n.Name = strings.TrimSpace(string(name[:maxName]))
		}
		if n.Email == "" && n.Phone == "" {
			wrong("email", "an e-mail address or a number is wanted")
		}
		if n.Email != "" && !address(n.Email) {
			wrong("email", "an e-mail address such as ada@example.org is wanted")
		}
		if n.Phone != "" && !e164(n.Phone) {
			wrong("phone", "a number with its country is wanted, such as +41445550100")
		}
		if !languageTag(n.Language) {
			wrong("language", "a language tag such as \"de\" is wanted")
		}
		checked[i] = n
	}
	return checked, errors.Join(all...)
}
