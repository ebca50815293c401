package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
	"unicode"
)

// Who changes something.
const (
	ByAccount = "account" // somebody who has signed in, or tried to
	ByCommand = "cli"     // somebody at the command line of this machine
	BySystem  = "system"  // the gateway itself
)

// Change is one entry in the record of who changed what. It holds no secret, and
// nobody's contacts or invited people but by their number.
type Change struct {
	ID     int64     `json:"id"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`             // ByAccount, ByCommand or BySystem
	Who    string    `json:"who"`            // e-mail address, or name of the system's user; empty: not known
	From   string    `json:"from,omitempty"` // the address it was asked from; empty: this machine
	Action string    `json:"action"`         // a word such as "change-room"
	// Subject is what was changed, as "room 112752642 (Board)".
	Subject string `json:"subject"`
	// Detail is what was before and is now, in words: "lobby: off → on; PIN: replaced".
	Detail string `json:"detail,omitempty"`
	// Failed says that it was refused.
	Failed bool `json:"failed,omitempty"`
}

// How long a record of changes may get.
const (
	changesKept    = 365 * 24 * time.Hour // unless KeepChanges says otherwise
	mostChanges    = 200_000              // rows, whatever their age
	maxChanges     = 10_000               // that wait for the database
	maxSubject     = 256                  // bytes
	maxDetail      = 1024                 // bytes
	changesAtOnce  = 2000                 // rows that one transaction forgets
	changesDefault = 100                  // entries a page
	changesMost    = 1000
)

// RecordChange queues an entry and returns at once: what it tells of has been done
// and is neither delayed nor undone by it. An At of zero is now.
func (s *Store) RecordChange(c Change) {
	if c.At.IsZero() {
		c.At = time.Now()
	}
	c.Who, c.From, c.Action = plainText(c.Who, maxSubject), plainText(c.From, maxSubject), plainText(c.Action, maxSubject)
	c.Subject, c.Detail = redact(plainText(c.Subject, maxSubject)), redact(plainText(c.Detail, maxDetail))
	j := &s.journal
	j.mu.Lock()
	full := len(j.changes) >= maxChanges
	if full {
		j.dropped++
	} else {
		j.changes = append(j.changes, c)
		j.queued()
	}
	first := full && j.dropped == 1
	j.mu.Unlock()
	if first {
		s.log.Error("the record of changes has gaps: too much waits for the database", "waiting", maxChanges)
	}
}

// plainText takes out what steers a terminal and bounds the length.
func plainText(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most-len("…")], "") + "…"
	}
	return s
}

// KeepChanges sets for how long changes are kept from now on; 0: for ever, up to
// some hundred thousand.
func (s *Store) KeepChanges(d time.Duration) {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.kept = d
	s.journal.forgot = time.Time{}
}

func insertChanges(ctx context.Context, tx *sql.Tx, list []Change) error {
	if len(list) == 0 {
		return nil
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO changes (at, actor, who, source, action, subject, detail, failed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, c := range list {
		if _, err := insert.ExecContext(ctx, c.At.UnixMilli(), c.By, c.Who, c.From, c.Action, c.Subject, c.Detail, c.Failed); err != nil {
			return err
		}
	}
	return nil
}

// sweepChanges forgets changes that are older than kept, some at a time, and the
// oldest of too many.
func sweepChanges(ctx context.Context, tx *sql.Tx, kept time.Duration) error {
	if kept > 0 {
		_, err := tx.ExecContext(ctx, "DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE at < ? ORDER BY at LIMIT ?)",
			time.Now().Add(-kept).UnixMilli(), changesAtOnce)
		if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - ?", mostChanges)
	return err
}

// Changes selects entries; zero fields select all.
type Changes struct {
	Since, Until time.Time
	Who          string // the whole address or name, in whatever case
	Actions      []string
	Search       string // part of who, subject or detail
	Failed       bool   // only what was refused
	Before       int64  // only entries before this ID: the next page
	Limit        int    // 0: 100
}

// Changes gives entries that have been written, the newest first.
func (s *Store) Changes(ctx context.Context, q Changes) ([]Change, error) {
	query, args := q.where()
	rows, err := s.quick.QueryContext(ctx, "SELECT id, at, actor, who, source, action, subject, detail, failed FROM changes"+query, args...)
	if err != nil {
		return nil, wrap(err)
	}
	defer rows.Close()
	list := []Change{}
	for rows.Next() {
		var c Change
		var at int64
		if err := rows.Scan(&c.ID, &at, &c.By, &c.Who, &c.From, &c.Action, &c.Subject, &c.Detail, &c.Failed); err != nil {
			return nil, wrap(err)
		}
		c.At = time.UnixMilli(at).UTC()
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		return nil, wrap(err)
	}
	return list, nil
}

// where is what follows the table's name.
func (q Changes) where() (query string, args []any) {
	var all []string
	add := func(condition string, values ...any) {
		all = append(all, condition)
		args = append(args, values...)
	}
	if !q.Since.IsZero() {
		add("at >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		add("at < ?", q.Until.UnixMilli())
	}
	if q.Who != "" {
		add("who = ? COLLATE NOCASE", strings.TrimSpace(q.Who))
	}
	if len(q.Actions) > 0 {
		add("action IN ("+strings.TrimPrefix(strings.Repeat(",?", len(q.Actions)), ",")+")", anys(q.Actions)...)
	}
	if words := strings.TrimSpace(q.Search); words != "" {
		add("instr(lower(who || ' ' || subject || ' ' || detail), lower(?)) > 0", words)
	}
	if q.Failed {
		add("failed = 1")
	}
	if q.Before > 0 {
		add("id < ?", q.Before)
	}
	if len(all) > 0 {
		query = " WHERE " + strings.Join(all, " AND ")
	}
	limit := q.Limit
	if limit <= 0 {
		limit = changesDefault
	}
	return query + " ORDER BY id DESC LIMIT ?", append(args, min(limit, changesMost))
}

func anys(list []string) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}

// eraseChanges takes an address out of the record; that something was changed
// stays.
func eraseChanges(ctx context.Context, tx *sql.Tx, address string) error {
	const gone = "(erased)"
	_, err := tx.ExecContext(ctx, `UPDATE changes SET who = CASE WHEN who = ?1 COLLATE NOCASE THEN '' ELSE who END,
		subject = replace(subject, ?1, ?2), detail = replace(detail, ?1, ?2)
		WHERE who = ?1 COLLATE NOCASE OR instr(subject, ?1) > 0 OR instr(detail, ?1) > 0`, address, gone)
	return err
}
