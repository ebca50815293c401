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
	// ErrLinkEnded says that the link's room is no more.
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
type link struct{ room, state string }

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

// GuestLink gives the token of a room's guest link. It is read from the copy in
// memory. A room of before there were links gets its first one now, which fails
// with ErrBusy while another process holds the database.
func (s *Store) GuestLink(ctx context.Context, roomID string) (token string, err error) {
	r := s.copy.fresh(ctx).byID[roomID]
	if r == nil {
		return "", ErrNotFound
	}
	if r.link != nil {
		return s.keys.decryptLink(roomID, r.link)
	}
	err = s.changeOn(ctx, s.quick, func(tx *sql.Tx) error {
		var sealed []byte
		err := tx.QueryRowContext(ctx, "SELECT sealed FROM links WHERE room_id = ? AND state = ?", roomID, linkOpen).Scan(&sealed)
		if err == nil { // somebody else was faster
			token, err = s.keys.decryptLink(roomID, sealed)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		token, err = s.addLink(ctx, tx, roomID)
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// RegenerateLink gives a room another guest link. The one it had is refused from
// now on with ErrLinkReplaced.
func (s *Store) RegenerateLink(ctx context.Context, roomID string) (token string, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		if err := closeLink(ctx, tx, roomID, linkReplaced); err != nil {
			return err
		}
		token, err = s.addLink(ctx, tx, roomID)
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// RoomByLink gives the room of a guest link's token: ErrNotFound if it never was
// one, ErrLinkReplaced or ErrLinkEnded if it is no more.
func (s *Store) RoomByLink(ctx context.Context, token string) (*Room, error) {
	if !tokenLike(token) {
		return nil, ErrNotFound
	}
	c := s.copy.fresh(ctx)
	l, ok := c.links[string(s.keys.hashLink(token))]
	switch {
	case !ok:
		return nil, ErrNotFound
	case l.state == linkReplaced:
		return nil, ErrLinkReplaced
	case l.state != linkOpen:
		return nil, ErrLinkEnded
	}
	return found(c.byID[l.room])
}

// addLink gives a room that has none an open link.
func (s *Store) addLink(ctx context.Context, tx *sql.Tx, roomID string) (string, error) {
	var rooms int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM rooms WHERE id = ?", roomID).Scan(&rooms); err != nil {
		return "", err
	}
	if rooms == 0 {
		return "", ErrNotFound
	}
	token := newToken()
	_, err := tx.ExecContext(ctx, "INSERT INTO links (hash, room_id, state, sealed, changed_at) VALUES (?, ?, ?, ?, ?)",
		s.keys.hashLink(token), roomID, linkOpen, s.keys.encryptLink(roomID, token), time.Now().UnixMilli())
	return token, err
}

// closeLink ends a room's open link, if it has one, and forgets those that
// nobody follows any more.
func closeLink(ctx context.Context, tx *sql.Tx, roomID, state string) error {
	now := time.Now()
	_, err := tx.ExecContext(ctx, "UPDATE links SET state = ?, sealed = NULL, changed_at = ? WHERE room_id = ? AND state = ?",
		state, now.UnixMilli(), roomID, linkOpen)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM links WHERE state <> ? AND changed_at < ?",
		linkOpen, now.Add(-linkRemembered).UnixMilli()); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM links WHERE room_id = ? AND state = ? AND hash NOT IN
		(SELECT hash FROM links WHERE room_id = ? AND state = ? ORDER BY changed_at DESC, rowid DESC LIMIT ?)`,
		roomID, linkReplaced, roomID, linkReplaced, linksRemembered)
	return err
}
