package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNoContact says that there is no such contact in that address book.
var ErrNoContact = errors.New("store: no such contact")

// ContactQuery asks for contacts of one address book.
type ContactQuery struct {
	OwnerID string
	// Search finds each of its words at a word's beginning in name, company or
	// e-mail address, without case and accents, or digits in the number. Fewer than
	// two letters or digits find nothing; empty: all.
	Search string
	// Recent puts those that were invited last first, for suggestions; there is no
	// next page then.
	Recent bool
	Limit  int // 0: 50; at most 1000
	Cursor string
}

// How many contacts a page has.
const (
	contactsPage    = 50
	contactsPageMax = 1000
)

// AddContact adds a contact to an account's address book. Mistakes are
// FieldErrors, joined; one of them is an address that it has already.
func (s *Store) AddContact(ctx context.Context, ownerID string, n NewContact) (Contact, error) {
	if err := n.Check(); err != nil {
		return Contact{}, err
	}
	c := n.contact(ownerID, time.UnixMilli(time.Now().UnixMilli()).UTC())
	err := s.changeBook(ctx, ownerID, func(tx *sql.Tx, edit *bookEdit) error {
		if err := hasUser(ctx, tx, ownerID); err != nil {
			return err
		}
		if err := alreadyThere(ctx, tx, ownerID, 0, n); err != nil {
			return err
		}
		id, err := insertContact(ctx, tx, c)
		if err != nil {
			return err
		}
		c.ID = strconv.FormatInt(id, 10)
		edit.put(c)
		return nil
	})
	if err != nil {
		return Contact{}, err
	}
	return c, nil
}

// contact is what is made of a checked NewContact.
func (n *NewContact) contact(ownerID string, at time.Time) Contact {
	return Contact{
		OwnerID: ownerID, Name: n.Name, Email: n.Email, Phone: n.Phone, Company: n.Company, Note: n.Note,
		Language: n.Language, Created: at, Changed: at,
	}
}

func insertContact(ctx context.Context, tx *sql.Tx, c Contact) (int64, error) {
	res, err := tx.ExecContext(ctx, insertContactQuery, c.OwnerID, c.Name, c.Email, emailKey(c.Email), c.Phone, c.Company,
		c.Note, c.Language, c.Created.UnixMilli(), c.Changed.UnixMilli())
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

const insertContactQuery = `INSERT INTO contacts (owner_id, name, email, email_key, phone, company, note, language,
	created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// emailKey is the spelling by which two addresses are the same.
func emailKey(email string) string { return SignInName(email) }

// alreadyThere is a FieldError if another contact of the book is the same person:
// of the same e-mail address, or of the same number unless both have an e-mail
// address. So each entry of an exported book is one again when it is read back.
func alreadyThere(ctx context.Context, tx *sql.Tx, ownerID string, except int64, n NewContact) error {
	name := ""
	if key := emailKey(n.Email); key != "" {
		err := tx.QueryRowContext(ctx, "SELECT name FROM contacts WHERE owner_id = ? AND email_key = ? AND email_key <> '' AND id <> ?",
			ownerID, key, except).Scan(&name)
		if err == nil {
			return &FieldError{"email", takenBy(n.Email, name)}
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if n.Phone == "" {
		return nil
	}
	err := tx.QueryRowContext(ctx, `SELECT name FROM contacts WHERE owner_id = ? AND phone = ? AND phone <> '' AND id <> ?
		AND (email_key = '' OR ? = '') LIMIT 1`, ownerID, n.Phone, except, emailKey(n.Email)).Scan(&name)
	switch {
	case err == nil:
		return &FieldError{"phone", takenBy(n.Phone, name)}
	case errors.Is(err, sql.ErrNoRows):
		return nil
	}
	return err
}

func takenBy(address, name string) string {
	if name == "" {
		return address + " is in the address book already"
	}
	return fmt.Sprintf("%s is in the address book already, as %q", address, name)
}

// UpdateContact changes a contact and gives it as it is then, or ErrNoContact.
func (s *Store) UpdateContact(ctx context.Context, ownerID, id string, change ContactChange) (Contact, error) {
	var after Contact
	err := s.changeBook(ctx, ownerID, func(tx *sql.Tx, edit *bookEdit) error {
		before, err := contactByID(ctx, tx, ownerID, id)
		if err != nil {
			return err
		}
		n := before.asNew()
		change.apply(&n)
		if err := n.Check(); err != nil {
			return err
		}
		if err := alreadyThere(ctx, tx, ownerID, before.row(), n); err != nil {
			return err
		}
		after = n.contact(ownerID, time.UnixMilli(time.Now().UnixMilli()).UTC())
		after.ID, after.Created, after.Used = before.ID, before.Created, before.Used
		edit.put(after)
		return updateContact(ctx, tx, after)
	})
	if err != nil {
		return Contact{}, err
	}
	return after, nil
}

func updateContact(ctx context.Context, tx *sql.Tx, c Contact) error {
	_, err := tx.ExecContext(ctx, `UPDATE contacts SET name = ?, email = ?, email_key = ?, phone = ?, company = ?, note = ?,
		language = ?, changed_at = ? WHERE id = ?`, c.Name, c.Email, emailKey(c.Email), c.Phone, c.Company, c.Note,
		c.Language, c.Changed.UnixMilli(), c.row())
	return err
}

// RemoveContact removes a contact, or fails with ErrNoContact.
func (s *Store) RemoveContact(ctx context.Context, ownerID, id string) error {
	return s.changeBook(ctx, ownerID, func(tx *sql.Tx, edit *bookEdit) error {
		c, err := contactByID(ctx, tx, ownerID, id)
		if err != nil {
			return err
		}
		edit.remove(c.row())
		_, err = tx.ExecContext(ctx, "DELETE FROM contacts WHERE id = ?", c.row())
		return err
	})
}

// ContactByID gives a contact, or ErrNoContact.
func (s *Store) ContactByID(ctx context.Context, ownerID, id string) (Contact, error) {
	c, err := contactByID(ctx, s.quick, ownerID, id)
	if err != nil {
		return Contact{}, wrap(err)
	}
	return c, nil
}

// Contacts gives a page of an address book by name, and the cursor of the next
// one; empty: there is none.
func (s *Store) Contacts(ctx context.Context, q ContactQuery) ([]Contact, string, error) {
	b, err := s.book(ctx, q.OwnerID)
	if err != nil {
		return nil, "", err
	}
	var sought search
	if strings.TrimSpace(q.Search) != "" {
		var ok bool
		if sought, ok = searchFor(q.Search); !ok {
			return nil, "", nil
		}
	}
	limit := min(cmp.Or(max(q.Limit, 0), contactsPage), contactsPageMax)
	entries, more := b.find(sought, entryAt(q.Cursor), q.Recent, limit)
	list, err := s.contactsAt(ctx, q.OwnerID, entries)
	if err != nil || !more || q.Recent {
		return list, "", err
	}
	return list, entries[len(entries)-1].cursor(), nil
}

// contactsAt gives the contacts of entries, but for those that are gone since.
func (s *Store) contactsAt(ctx context.Context, ownerID string, entries []entry) ([]Contact, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	ids := make([]any, 0, len(entries)+1)
	for _, e := range entries {
		ids = append(ids, e.id)
	}
	marks := strings.TrimSuffix(strings.Repeat("?,", len(ids)), ",")
	rows, err := s.quick.QueryContext(ctx, "SELECT "+contactColumns+" FROM contacts WHERE id IN ("+marks+") AND owner_id = ?", append(ids, ownerID)...)
	if err != nil {
		return nil, unavailable(err)
	}
	found, err := scanContacts(rows)
	if err != nil {
		return nil, unavailable(err)
	}
	at := make(map[int64]int, len(entries))
	for i, e := range entries {
		at[e.id] = i
	}
	slices.SortFunc(found, func(a, b Contact) int { return cmp.Compare(at[a.row()], at[b.row()]) })
	return found, nil
}

// UseContacts remembers that an account has invited these addresses, e-mail or
// E.164: they are suggested first. Those that are nobody's are ignored.
func (s *Store) UseContacts(ctx context.Context, ownerID string, addresses []string, at time.Time) error {
	if len(addresses) == 0 {
		return nil
	}
	return s.changeBook(ctx, ownerID, func(tx *sql.Tx, edit *bookEdit) error {
		for _, a := range addresses {
			used, err := contactsWith(ctx, tx, ownerID, a)
			if err != nil {
				return err
			}
			for _, c := range used {
				if _, err := tx.ExecContext(ctx, "UPDATE contacts SET used_at = ? WHERE id = ?", at.UnixMilli(), c.row()); err != nil {
					return err
				}
				c.Used = at
				edit.put(c)
			}
		}
		return nil
	})
}

// contactsWith gives the contacts of an address, e-mail or E.164; of every
// account if the owner is empty.
func contactsWith(ctx context.Context, tx *sql.Tx, ownerID, address string) ([]Contact, error) {
	column, key := "email_key", emailKey(address)
	if e164(strings.TrimSpace(address)) {
		column, key = "phone", strings.TrimSpace(address)
	}
	if key == "" {
		return nil, nil
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+contactColumns+" FROM contacts WHERE "+column+" = ? AND "+column+" <> '' AND (? = '' OR owner_id = ?)",
		key, ownerID, ownerID)
	if err != nil {
		return nil, err
	}
	return scanContacts(rows)
}

// eraseContacts removes the contacts of an address from every address book.
func eraseContacts(ctx context.Context, tx *sql.Tx, address string) (int64, error) {
	list, err := contactsWith(ctx, tx, "", address)
	if err != nil {
		return 0, err
	}
	for _, c := range list {
		if _, err := tx.ExecContext(ctx, "DELETE FROM contacts WHERE id = ?", c.row()); err != nil {
			return 0, err
		}
		if _, err := raiseBook(ctx, tx, c.OwnerID); err != nil {
			return 0, err
		}
	}
	return int64(len(list)), nil
}

const contactColumns = "id, owner_id, name, email, phone, company, note, language, coalesce(used_at, 0), created_at, changed_at"

func scanContact(row interface{ Scan(...any) error }) (c Contact, err error) {
	var used, created, changed int64
	err = row.Scan(&c.ID, &c.OwnerID, &c.Name, &c.Email, &c.Phone, &c.Company, &c.Note, &c.Language, &used, &created, &changed)
	c.Created, c.Changed = time.UnixMilli(created).UTC(), time.UnixMilli(changed).UTC()
	if used > 0 {
		c.Used = time.UnixMilli(used).UTC()
	}
	return c, err
}

func scanContacts(rows *sql.Rows) (list []Contact, err error) {
	defer rows.Close()
	for rows.Next() {
		c, err := scanContact(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

func contactByID(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, ownerID, id string,
) (Contact, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return Contact{}, ErrNoContact
	}
	c, err := scanContact(db.QueryRowContext(ctx, "SELECT "+contactColumns+" FROM contacts WHERE id = ? AND owner_id = ?", n, ownerID))
	if errors.Is(err, sql.ErrNoRows) {
		return Contact{}, ErrNoContact
	}
	return c, err
}

// row is a contact's id as the database has it.
func (c Contact) row() int64 {
	n, _ := strconv.ParseInt(c.ID, 10, 64)
	return n
}

func (c Contact) entry() entry {
	used := int64(0)
	if !c.Used.IsZero() {
		used = c.Used.UnixMilli()
	}
	return entryOf(c.row(), used, c.Name, c.Company, c.Email, c.Phone)
}
