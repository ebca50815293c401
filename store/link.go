package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// Errors of guest links. ErrNotFound is the third: a token that never was one.
var (
	// ErrLinkReplaced says that the link's room has another link now.
	ErrLinkReplaced = errors.New("store: this link was replaced")
	// ErrLinkEnded says that the link's room is no more, its meeting was completed
	// or cancelled, or its invitation taken back.
	ErrLinkEnded = errors.New("store: this link has ended")
)

// A token is 22 characters of base 62: 131 bits, nobody's to guess.
const (
	tokenSize = 22
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// How long, and how many for each room, links are remembered that are no more.
const (
	linkRemembered  = 365 * 24 * time.Hour
	linksRemembered = 100
)

// The states of a link in the database.
const (
	linkOpen     = "open"
	linkReplaced = "replaced"
	linkEnded    = "ended"
)

// link is one as the copy in memory has it.
type link struct {
	room, state string
	guest       Who // zero: the shared one
}

// newToken draws characters evenly: bytes beyond the last multiple of 62 are
// drawn again.
func newToken() string {
	token := make([]byte, 0, tokenSize)
	var drawn [2 * tokenSize]byte
	for len(token) < tokenSize {
		rand.Read(drawn[:])
		for _, b := range drawn {
			if b < 4*62 && len(token) < tokenSize {
				token = append(token, base62[b%62])
			}
		}
	}
	return string(token)
}

// tokenLike says whether it looks like a token.
func tokenLike(s string) bool { return len(s) == tokenSize && strings.Trim(s, base62) == "" }

// GuestLink gives the token of a room's shared guest link. It is read from the
// copy in memory. A room of before there were links gets its first one now, which
// fails with ErrBusy while another process holds the database. ErrLinkEnded says
// that the meeting was completed or cancelled.
func (s *Store) GuestLink(ctx context.Context, roomID string) (token string, err error) {
	r := s.copy.fresh(ctx).room(roomID)
	if r == nil {
		return "", ErrNotFound
	}
	if r.link != nil {
		return s.keys.decryptLink(roomID, r.link)
	}
	if at := r.Schedule; at != nil && !(at.Completed.IsZero() && at.Cancelled.IsZero()) {
		return "", ErrLinkEnded
	}
	err = s.changeOn(ctx, s.quick, func(tx *sql.Tx) error {
		var sealed []byte
		err := tx.QueryRowContext(ctx, "SELECT sealed FROM links WHERE room_id = ? AND state = ? AND invitee_id IS NULL",
			roomID, linkOpen).Scan(&sealed)
		if err == nil { // somebody else was faster
			token, err = s.keys.decryptLink(roomID, sealed)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		token, err = s.addLink(ctx, tx, roomID, "")
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// RegenerateLink gives a room another shared guest link. The one it had is refused
// from now on with ErrLinkReplaced; those of invitees stay. ErrLinkEnded is as in
// GuestLink.
func (s *Store) RegenerateLink(ctx context.Context, roomID string) (token string, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		if err := closeLinks(ctx, tx, roomID, sharedLink, linkReplaced); err != nil {
			return err
		}
		token, err = s.addLink(ctx, tx, roomID, "")
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// RoomByLink gives the room of a guest link's token, and whose link it is: ErrNotFound if it never was
// one, ErrLinkReplaced or ErrLinkEnded if it is no more.
func (s *Store) RoomByLink(ctx context.Context, token string) (*Room, Who, error) {
	if !tokenLike(token) {
		return nil, Who{}, ErrNotFound
	}
	c := s.copy.fresh(ctx)
	l, ok := c.links.get(string(s.keys.hashLink(token)))
	switch {
	case !ok:
		return nil, Who{}, ErrNotFound
	case l.state == linkReplaced:
		return nil, Who{}, ErrLinkReplaced
	case l.state != linkOpen:
		return nil, Who{}, ErrLinkEnded
	}
	r, err := found(c.room(l.room))
	return r, l.guest, err
}

// addLink gives a room that has none an open link; or one of its invitees.
func (s *Store) addLink(ctx context.Context, tx *sql.Tx, roomID, inviteeID string) (string, error) {
	if err := openRoom(ctx, tx, roomID); err != nil {
		return "", err
	}
	token := newToken()
	sealed := s.keys.encryptLink(roomID, token)
	if inviteeID != "" {
		sealed = s.keys.sealIn(Invitee{RoomID: roomID, ID: inviteeID}.place()+"|link", token)
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO links (hash, room_id, state, sealed, changed_at, invitee_id) VALUES (?, ?, ?, ?, ?, nullif(?, ''))",
		s.keys.hashLink(token), roomID, linkOpen, sealed, time.Now().UnixMilli(), inviteeID)
	return token, err
}

// Which links closeLinks closes.
const (
	everyLink  = ""
	sharedLink = " AND invitee_id IS NULL"
)

// closeLinks ends a room's open links, if it has any, and forgets those that
// nobody follows any more.
func closeLinks(ctx context.Context, tx *sql.Tx, roomID, which, state string) error {
	now := time.Now()
	_, err := tx.ExecContext(ctx, "UPDATE links SET state = ?, sealed = NULL, changed_at = ? WHERE room_id = ? AND state = ?"+which,
		state, now.UnixMilli(), roomID, linkOpen)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM links WHERE state <> 'open' AND changed_at < ?", now.Add(-linkRemembered).UnixMilli()); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM links WHERE room_id = ? AND state = ? AND hash NOT IN
		(SELECT hash FROM links WHERE room_id = ? AND state = ? ORDER BY changed_at DESC, rowid DESC LIMIT ?)`,
		roomID, linkReplaced, roomID, linkReplaced, linksRemembered)
	return err
}
