package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// forgetAtOnce is how many call records one transaction forgets: others shall not
// wait long for the write lock.
const forgetAtOnce = 2000

// Forget deletes call records that ended before one time, and names and addresses
// of guests and invitees before another: in call records, and of those invited to
// meetings that were over then; zero forgets nothing. The links and PINs that
// invitees of permanent rooms were given work on, and are nobody's, when they were
// last seen before that time. It gives how many records and how many names it was.
func (s *Store) Forget(ctx context.Context, callsBefore, namesBefore time.Time) (calls, names int64, err error) {
	if !callsBefore.IsZero() {
		calls, err = s.repeat(ctx, "DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE ended < ? LIMIT ?)", callsBefore.UnixMilli())
		if err != nil {
			return calls, 0, err
		}
	}
	if !namesBefore.IsZero() {
		names, err = s.repeat(ctx, "UPDATE calls SET caller = '' WHERE id IN (SELECT id FROM calls WHERE ended < ? AND "+named+" LIMIT ?)",
			namesBefore.UnixMilli())
		if err != nil {
			return calls, names, err
		}
	}
	err = s.change(ctx, func(tx *sql.Tx) error {
		if !namesBefore.IsZero() {
			n, err := forgetInvitees(ctx, tx, namesBefore)
			if err != nil {
				return err
			}
			names += n
			if err := forgetJobs(ctx, tx, namesBefore); err != nil {
				return err
			}
		}
		return forgetRemoved(ctx, tx)
	})
	return calls, names, err
}

// named callers are more than a number or an address in digits. The index
// calls_named is of these words.
const named = "caller GLOB '*[^0-9+.:]*'"

// repeat runs a statement of which the last placeholder is how many rows it takes
// at most, until there are no more.
func (s *Store) repeat(ctx context.Context, query string, args ...any) (all int64, err error) {
	for {
		res, err := s.write.ExecContext(ctx, query, append(args, forgetAtOnce)...)
		if err != nil {
			return all, wrap(err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return all, wrap(err)
		}
		if all += n; n < forgetAtOnce {
			return all, nil
		}
	}
}

func forgetInvitees(ctx context.Context, tx *sql.Tx, before time.Time) (int64, error) {
	at := before.UnixMilli()
	const over = `IN (SELECT i.id FROM invitees i JOIN meetings m ON m.id = i.room_id
		WHERE m.completed < ? OR m.cancelled < ? OR m.closes < ?)`
	_, err := tx.ExecContext(ctx, "UPDATE links SET state = 'ended', sealed = NULL, changed_at = ? WHERE state = 'open' AND invitee_id "+over,
		time.Now().UnixMilli(), at, at, at)
	if err != nil {
		return 0, err
	}
	gone, err := affected(tx.ExecContext(ctx, "DELETE FROM invitees WHERE id "+over, at, at, at))
	if err != nil {
		return 0, err
	}
	nameless, err := affected(tx.ExecContext(ctx, `UPDATE invitees SET name = '', email = '', email_key = '', phone = ''
		WHERE (name <> '' OR email <> '' OR phone <> '') AND created_at < ?1
		AND coalesce(opened, 0) < ?1 AND coalesce(waiting, 0) < ?1 AND coalesce(joined, 0) < ?1 AND coalesce("left", 0) < ?1
		AND NOT EXISTS (SELECT 1 FROM meetings m WHERE m.id = room_id)`, at))
	return gone + nameless, err
}

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// touchedKept is how many revisions back it is known which rooms are no more.
const touchedKept = 10000

// forgetRemoved forgets that rooms were removed long ago. A copy in memory that is
// older is made anew.
func forgetRemoved(ctx context.Context, tx *sql.Tx) error {
	const gone = `FROM touched WHERE revision < (SELECT rooms FROM revision) - ?
		AND NOT EXISTS (SELECT 1 FROM rooms r WHERE r.id = touched.id) AND NOT EXISTS (SELECT 1 FROM links l WHERE l.room_id = touched.id)`
	_, err := tx.ExecContext(ctx, "UPDATE revision SET floor = max(floor, coalesce((SELECT max(revision) "+gone+"), 0))", touchedKept)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE "+gone, touchedKept)
	return err
}

// Person is all that is kept of somebody by an e-mail address or a number. What
// browser guests called themselves is no address: it is not found.
type Person struct {
	Address     string       `json:"address"`
	Account     *User        `json:"account,omitempty"`
	Invitations []Invitation `json:"invitations"`
	Contacts    []Contact    `json:"contacts"` // in anybody's address book
	Messages    []Job        `json:"messages"` // sent, or to be sent
	Calls       []CDR        `json:"calls"`
	Changes     []Change     `json:"changes"` // made by the account, or that name the address
}

// Invitation is one that a person has got.
type Invitation struct {
	Room    string  `json:"room"` // its name
	Invitee Invitee `json:"invitee"`
}

// Erased is how much was erased of somebody.
type Erased struct {
	Invitations int64 `json:"invitations"`
	Contacts    int64 `json:"contacts"`
	Messages    int64 `json:"messages"`
	Calls       int64 `json:"calls"`
}

// ofPerson finds the invitations, and theirs the calls, of addressForms.
const (
	ofPerson = "(i.email_key = ?2 OR i.phone = ?1)"
	called   = "(called IN (?1, ?3, ?4) OR called LIKE 'sip:' || ?1 || '@%' OR called LIKE 'sip:' || ?3 || '@%' OR called LIKE 'tel:' || ?1 || '%')"
	theirs   = "(caller COLLATE NOCASE IN (?1, ?2, ?3, ?4) OR " + called + ")"
)

// addressForms are how an address may stand somewhere: as given, in lower case,
// and a number without the plus, and with 00 instead.
func addressForms(address string) []any {
	address = strings.TrimSpace(address)
	plain, is00 := address, address
	if e164(address) {
		plain, is00 = address[1:], "00"+address[1:]
	}
	return []any{address, SignInName(address), plain, is00}
}

// ExportPerson gives all that is kept of a person.
func (s *Store) ExportPerson(ctx context.Context, address string) (Person, error) {
	forms := addressForms(address)
	p := Person{Address: strings.TrimSpace(address)}
	if p.Address == "" {
		return p, &FieldError{"address", "an e-mail address or a number is wanted"}
	}
	if u, err := s.UserByEmail(ctx, p.Address); err == nil {
		p.Account = &u
	}
	tx, err := s.quick.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Person{}, wrap(err)
	}
	defer tx.Rollback()
	take := func(rows *sql.Rows) error {
		var i Invitation
		var err error
		i.Invitee, err = scanInvitee(rows, &i.Room)
		p.Invitations = append(p.Invitations, i)
		return err
	}
	if err := each(ctx, tx, take, "SELECT "+inviteeColumns+", r.name FROM invitees i JOIN rooms r ON r.id = i.room_id WHERE "+
		ofPerson+" ORDER BY i.created_at", forms[:2]...); err != nil {
		return Person{}, wrap(err)
	}
	if p.Contacts, err = contactsWith(ctx, tx, "", p.Address); err != nil {
		return Person{}, wrap(err)
	}
	if p.Messages, err = scanJobs(tx.QueryContext(ctx, "SELECT "+jobColumns+" FROM outbox WHERE address = ? COLLATE NOCASE ORDER BY id", p.Address)); err != nil {
		return Person{}, wrap(err)
	}
	calls := func(rows *sql.Rows) error {
		c, err := scanCDR(rows)
		p.Calls = append(p.Calls, c)
		return err
	}
	if err := each(ctx, tx, calls, "SELECT "+cdrColumns+" FROM calls WHERE "+theirs+" ORDER BY id", forms...); err != nil {
		return Person{}, wrap(err)
	}
	if p.Changes, err = s.Changes(ctx, Changes{Search: p.Address, Limit: changesMost}); err != nil {
		return Person{}, err
	}
	return p, nil
}

// ErasePerson erases a person: invitations with their links and PINs, what is to
// be sent, contacts, and the address in call records. An account stays: see
// RemoveUser.
func (s *Store) ErasePerson(ctx context.Context, address string) (Erased, error) {
	forms := addressForms(address)
	address = strings.TrimSpace(address)
	if address == "" {
		return Erased{}, &FieldError{"address", "an e-mail address or a number is wanted"}
	}
	var e Erased
	err := s.change(ctx, func(tx *sql.Tx) error {
		var ids []string
		take := func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}
		if err := each(ctx, tx, take, "SELECT i.id FROM invitees i WHERE "+ofPerson, forms[:2]...); err != nil {
			return err
		}
		for _, id := range ids {
			if err := removeInvitee(ctx, tx, id); err != nil {
				return err
			}
		}
		e.Invitations = int64(len(ids))
		var err error
		if e.Contacts, err = eraseContacts(ctx, tx, address); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM outbox WHERE address = ? COLLATE NOCASE", address).Scan(&e.Messages); err != nil {
			return err
		}
		if err := eraseJobs(ctx, tx, address); err != nil {
			return err
		}
		if err := eraseChanges(ctx, tx, address); err != nil {
			return err
		}
		e.Calls, err = affected(tx.ExecContext(ctx, `UPDATE calls SET called = CASE WHEN `+called+` THEN '' ELSE called END,
			caller = CASE WHEN caller COLLATE NOCASE IN (?1, ?2, ?3, ?4) THEN '' ELSE caller END,
			dialog = '', conversation = '', peer = '' WHERE `+theirs, forms...))
		return err
	})
	if err != nil {
		return Erased{}, err
	}
	return e, nil
}
