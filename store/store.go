// Package store keeps the rooms with their links, their meetings and who is
// invited to them, the accounts of hosts with their address books and who is
// signed in to them, messages to be sent, failed attempts, the call detail records
// and the record of who changed what in SQLite.
//
// In go rooms, meetings, invitations, accounts, attempts and records; out come
// rooms by extension, id or link, lists of meetings, and the verdict on a PIN or a
// password. A room is permanent unless it has a Schedule: then it is a meeting. A
// data directory holds partyline.db and secret.key; several processes may have it
// open at once (the command line beside the server).
//
// Calls never wait for the database. Rooms, links, PINs and accounts are read from
// a copy in memory, which each read compares with the database if that answers at
// once; of what has changed since, only the rooms concerned are read again.
// Attempts, records, changes and what invitees do are queued and written by one goroutine
// (Start to Close), which tries again while the database is locked or the disk is
// full. A room or meeting that was acknowledged is on the disk (WAL,
// synchronous=FULL). Lists of meetings, invitees and contacts are for pages: they
// ask the database, over connections that wait 0.1 s.
//
// PINs are kept twice: HMAC-SHA256 over room id and PIN finds them, AES-256-GCM
// gives them back for invitations. No PIN of a room is the beginning of another of
// it, its own or an invitee's. The tokens of links are kept alike, those of
// sessions as HMAC alone. Both keys come from secret.key. Of a password there is an
// argon2id hash (RFC 9106). No error and no log line holds any of them.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// The files of a data directory.
const (
	DatabaseFile = "partyline.db"
	KeyFile      = "secret.key"
)

// lockFile keeps processes from opening a data directory at once.
const lockFile = "open.lock"

// How long each kind of access waits for another process's lock.
const (
	writeWait = 10 * time.Second
	readWait  = 100 * time.Millisecond
)

// quickConnections lets some find while others wait to write.
const quickConnections = 4

// ErrNotFound says that there is no such room.
var ErrNotFound = errors.New("store: no such room")

// Store is an open data directory. Its methods are safe for concurrent use.
type Store struct {
	dir     string
	log     *slog.Logger
	keys    keys
	write   *sql.DB // rooms and accounts: one connection
	quick   *sql.DB // what a page waits for: readWait at most
	copy    rooms
	journal journal

	passwords passwords
	sessions  Sessions
	books     books
	jobs      jobSignal
}

// Open opens the data directory, which it makes if there is none, and brings the
// database to this version's schema. It starts no goroutine: see Start.
func Open(ctx context.Context, dir string, log *slog.Logger) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer unlock()
	s := &Store{dir: dir, log: log, passwords: newPasswords()}
	s.sessions.store = s
	if s.keys, err = openKeys(dir, log); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.closeDatabases())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	path := filepath.Join(s.dir, DatabaseFile)
	// SQLite's files take the mode of this one: they hold callers' numbers.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		if err := errors.Join(give(f, s.dir), f.Close()); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	case !errors.Is(err, os.ErrExist):
		return fmt.Errorf("store: %w", err)
	}
	if s.write, err = openDatabase(path, writeWait); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if s.copy.db, err = openDatabase(path, readWait, "query_only(1)"); err != nil {
		return err
	}
	if s.quick, err = openDatabase(path, readWait); err != nil {
		return err
	}
	s.quick.SetMaxOpenConns(quickConnections)
	if s.journal.db, err = openDatabase(path, time.Second); err != nil {
		return err
	}
	s.journal.init(s.log)
	return s.copy.load(ctx)
}

// openDatabase opens one connection of its own: a writer that waits for a lock
// must not keep readers waiting.
func openDatabase(path string, wait time.Duration, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}}
	if len(pragmas) > 0 {
		q.Set("_txlock", "deferred")
	}
	// busy_timeout first: the others may have to wait.
	q["_pragma"] = append([]string{
		fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}, pragmas...)
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	name := "file:" + (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath() + "?" + q.Encode()
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// Start begins writing what RecordAttempt, RecordCDR, RecordPresence and RecordChange
// have queued.
func (s *Store) Start() { s.journal.start() }

// Flush waits until all that was queued is written, or ctx ends.
func (s *Store) Flush(ctx context.Context) error { return s.journal.flush(ctx) }

// Close writes what is queued, for at most 5 s, and closes the database. What it
// could not write is lost: the error says how much.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(s.journal.close(ctx), s.closeDatabases())
}

func (s *Store) closeDatabases() error {
	var all []error
	for _, db := range []*sql.DB{s.journal.db, s.copy.db, s.quick, s.write} {
		if db != nil {
			all = append(all, db.Close())
		}
	}
	return errors.Join(all...)
}

// Backup writes a copy of the whole database to path, which must not exist. It
// is consistent even while calls are written. secret.key is not part of it.
func (s *Store) Backup(ctx context.Context, path string) error {
	// VACUUM INTO leaves a torn file behind if it is interrupted: a name of its
	// own until it is whole.
	part := path + ".part"
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("store: backup: %s exists", path)
	}
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("store: backup: %w", err)
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	// VACUUM INTO takes an empty file, and keeps its mode and owner.
	if err := errors.Join(give(f, filepath.Dir(path)), f.Close()); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	if _, err := s.write.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		return errors.Join(fmt.Errorf("store: backup: %w", err), os.Remove(part))
	}
	if err := syncFile(part); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// entered is an extension and what follows it: EXT.PIN, EXT#PIN, EXT,,PIN.
var entered = regexp.MustCompile(`(^|[^0-9A-Za-z])([0-9]{2,15}[.#*,]+)[0-9]{4,}`)

// redact takes PINs out of a called address. Protocols do so before; this is the
// last place before the disk.
func redact(called string) string {
	return entered.ReplaceAllString(called, "$1$2***")
}
