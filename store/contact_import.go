package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"
)

// ContactCounts is what an import did. Skipped are those that were there already,
// word for word.
type ContactCounts struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Skipped int `json:"skipped"`
}

// ImportContacts merges a list into an address book: one whose e-mail address or
// number is known fills in and replaces what it brings, and empties nothing. All
// of it is there afterwards, or nothing. Each must pass Check: a FieldError names
// the first that does not by its place, from 0.
func (s *Store) ImportContacts(ctx context.Context, ownerID string, list []NewContact) (ContactCounts, error) {
	for i := range list {
		if err := list[i].Check(); err != nil {
			return ContactCounts{}, &FieldError{strconv.Itoa(i), err.Error()}
		}
	}
	var counts ContactCounts
	err := s.changeBook(ctx, ownerID, func(tx *sql.Tx, edit *bookEdit) error {
		if err := hasUser(ctx, tx, ownerID); err != nil {
			return err
		}
		m, err := newMerge(ctx, tx, ownerID)
		if err != nil {
			return err
		}
		defer m.close()
		for _, n := range list {
			if err := m.take(ctx, n); err != nil {
				return err
			}
		}
		counts = m.counts
		edit.whole = counts.Added+counts.Changed > 0
		return nil
	})
	if err != nil {
		return ContactCounts{}, err
	}
	return counts, nil
}

// merge is an import under way: the address book as it is by now, by what tells
// persons apart.
type merge struct {
	owner   string
	tx      *sql.Tx
	insert  *sql.Stmt
	at      time.Time
	byEmail map[string]*Contact
	byPhone map[string][]*Contact
	byName  map[string]*Contact // who has neither address nor number
	counts  ContactCounts
}

func newMerge(ctx context.Context, tx *sql.Tx, ownerID string) (*merge, error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+contactColumns+" FROM contacts WHERE owner_id = ?", ownerID)
	if err != nil {
		return nil, err
	}
	have, err := scanContacts(rows)
	if err != nil {
		return nil, err
	}
	m := &merge{
		owner: ownerID, tx: tx, at: time.UnixMilli(time.Now().UnixMilli()).UTC(),
		byEmail: map[string]*Contact{}, byPhone: map[string][]*Contact{}, byName: map[string]*Contact{},
	}
	for i := range have {
		m.remember(&have[i])
	}
	m.insert, err = tx.PrepareContext(ctx, insertContactQuery)
	return m, err
}

func (m *merge) close() { m.insert.Close() }

func (m *merge) remember(c *Contact) {
	if key := emailKey(c.Email); key != "" {
		m.byEmail[key] = c
	}
	if c.Phone != "" {
		m.byPhone[c.Phone] = append(m.byPhone[c.Phone], c)
	}
	if c.Email == "" && c.Phone == "" {
		m.byName[Fold(c.Name)] = c
	}
}

// forget takes a contact out of the tables before its addresses change.
func (m *merge) forget(c *Contact) {
	if key := emailKey(c.Email); m.byEmail[key] == c {
		delete(m.byEmail, key)
	}
	kept := m.byPhone[c.Phone][:0]
	for _, o := range m.byPhone[c.Phone] {
		if o != c {
			kept = append(kept, o)
		}
	}
	if m.byPhone[c.Phone] = kept; len(kept) == 0 {
		delete(m.byPhone, c.Phone)
	}
	if name := Fold(c.Name); m.byName[name] == c {
		delete(m.byName, name)
	}
}

// same gives the contact that is that person (see alreadyThere), if there is one.
func (m *merge) same(n NewContact) *Contact {
	key := emailKey(n.Email)
	if c := m.byEmail[key]; c != nil {
		return c
	}
	for _, c := range m.byPhone[n.Phone] {
		if key == "" || c.Email == "" {
			return c
		}
	}
	if key == "" && n.Phone == "" {
		return m.byName[Fold(n.Name)]
	}
	return nil
}

func (m *merge) take(ctx context.Context, n NewContact) error {
	known := m.same(n)
	if known == nil {
		return m.add(ctx, n)
	}
	after := *known
	for _, f := range []struct {
		from string
		to   *string
	}{
		{n.Name, &after.Name},
		{n.Email, &after.Email},
		{n.Company, &after.Company},
		{n.Note, &after.Note},
		{n.Language, &after.Language},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if n.Phone != "" && !m.clash(known, after.Email, n.Phone) {
		after.Phone = n.Phone
	}
	if after == *known {
		m.counts.Skipped++
		return nil
	}
	after.Changed = m.at
	m.forget(known)
	*known = after
	m.remember(known)
	m.counts.Changed++
	return updateContact(ctx, m.tx, after)
}

// clash says whether with that number a contact would be the same person as
// another one: it then keeps the number it has.
func (m *merge) clash(c *Contact, email, phone string) bool {
	for _, o := range m.byPhone[phone] {
		if o != c && (o.Email == "" || email == "") {
			return true
		}
	}
	return false
}

func (m *merge) add(ctx context.Context, n NewContact) error {
	c := n.contact(m.owner, m.at)
	res, err := m.insert.ExecContext(ctx, c.OwnerID, c.Name, c.Email, emailKey(c.Email), c.Phone, c.Company, c.Note,
		c.Language, c.Created.UnixMilli(), c.Changed.UnixMilli())
	if err != nil {
		return fmt.Errorf("contact: %w", err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	c.ID = strconv.FormatInt(id, 10)
	m.remember(&c)
	m.counts.Added++
	return nil
}
