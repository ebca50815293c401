package store

import (
	"context"
	"database/sql"
	"slices"
)

// bookEdit is what a transaction does to an address book, for its copy in memory.
type bookEdit struct {
	gone    []int64
	changed []entry
	whole   bool // too much: it is read again
}

// put adds a contact, or replaces it.
func (e *bookEdit) put(c Contact) {
	e.changed = slices.DeleteFunc(e.changed, func(o entry) bool { return o.id == c.row() })
	e.gone, e.changed = append(e.gone, c.row()), append(e.changed, c.entry())
}

func (e *bookEdit) remove(id int64) { e.gone = append(e.gone, id) }

// changeBook runs f in a transaction that raises the address book's revision,
// not that of the rooms, and then brings the copy in memory forward. It fails
// with ErrBusy if another process holds the database for longer than writeWait.
func (s *Store) changeBook(ctx context.Context, ownerID string, f func(*sql.Tx, *bookEdit) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return wrap(err)
	}
	defer tx.Rollback()
	var edit bookEdit
	if err := f(tx, &edit); err != nil {
		return wrap(err)
	}
	if len(edit.gone) == 0 && len(edit.changed) == 0 && !edit.whole {
		return nil
	}
	revision, err := raiseBook(ctx, tx, ownerID)
	if err != nil {
		return wrap(err)
	}
	if err := tx.Commit(); err != nil {
		return wrap(err)
	}
	if b := s.books.get(ownerID); b != nil && b.revision == revision-1 && !edit.whole {
		s.books.put(ownerID, b.edited(revision, edit.gone, edit.changed))
	}
	return nil
}

func raiseBook(ctx context.Context, tx *sql.Tx, ownerID string) (revision int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO address_books (owner_id, revision) VALUES (?, 1)
		ON CONFLICT (owner_id) DO UPDATE SET revision = revision + 1 RETURNING revision`, ownerID).Scan(&revision)
	return revision, err
}
