package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse says that another process has the database open.
var ErrInUse = errors.New("the data directory is in use")

// Restored is what a restore found and did.
type Restored struct {
	Manifest Manifest
	Rooms    int    // and meetings, that are in the data now
	Aside    string // where the data is that was there; empty if there was none
}

// Restore puts a backup in place of what a data directory holds, brought to this
// version's schema. Nobody else may have the directory open: then it is ErrInUse and
// nothing was changed; so it is with a backup that is damaged or of a newer version.
// What was there is kept in a directory beside it. Stopped at any moment, the
// directory holds the old data, the new, or a database and a key that refuse each
// other until Restore is called again.
func Restore(ctx context.Context, path, dir string, log *slog.Logger) (Restored, error) {
	r, err := restore(ctx, path, dir, log)
	if err != nil {
		return Restored{}, fmt.Errorf("store: restore: %w", err)
	}
	return r, nil
}

func restore(ctx context.Context, path, dir string, log *slog.Logger) (r Restored, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, err
	}
	unlock, err := lock(filepath.Join(dir, lockFile))
	if err != nil {
		return r, err
	}
	defer unlock()
	release, err := takeAlone(ctx, dir)
	if err != nil {
		return r, err
	}
	defer release()
	work, err := os.MkdirTemp(dir, ".restore-*")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if r.Manifest, err = unpackFile(path, work); err != nil {
		return r, err
	}
	if _, err := checkCopy(ctx, work); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	if r.Rooms, err = bringForward(ctx, work, log); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	if err := giveAll(work, dir); err != nil {
		return r, err
	}
	if r.Aside, err = keepAside(dir); err != nil {
		return r, err
	}
	return r, putInPlace(work, dir)
}

// takeAlone makes sure that no other process has the database open, and that none
// opens it until release. All that is in the journal is in the database then. A
// database that cannot be read is nobody's.
func takeAlone(ctx context.Context, dir string) (release func(), err error) {
	path := filepath.Join(dir, DatabaseFile)
	if _, err := os.Stat(path); err != nil {
		return func() {}, nil
	}
	db, err := openDatabase(path, time.Second)
	if err != nil {
		return nil, err
	}
	// Leaving WAL takes that no other connection is open.
	var mode string
	if err = db.QueryRowContext(ctx, "PRAGMA journal_mode=DELETE").Scan(&mode); err == nil {
		_, err = db.ExecContext(ctx, "BEGIN EXCLUSIVE")
	}
	if busy(err) {
		db.Close()
		return nil, ErrInUse
	}
	return func() { db.Close() }, nil
}

// busy says that SQLite found the database locked by somebody else.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

// bringForward migrates what was unpacked, and counts the rooms in it.
func bringForward(ctx context.Context, work string, log *slog.Logger) (rooms int, err error) {
	s, err := Open(ctx, work, log)
	if err != nil {
		return 0, err
	}
	list, err := s.Rooms(ctx)
	for _, room := range list {
		if err == nil {
			_, _, err = s.PINs(ctx, room.ID)
		}
	}
	return len(list), errors.Join(err, s.Close())
}

// kept are the files that a restore replaces, with those that SQLite may have left
// beside the database.
var kept = []string{KeyFile, DatabaseFile, DatabaseFile + "-wal", DatabaseFile + "-shm", DatabaseFile + "-journal"}

// keepAside gives what is there a second name in a directory of its own, so that at
// no moment the data has none.
func keepAside(dir string) (string, error) {
	aside := ""
	for _, name := range append([]string{certificateDir}, kept...) {
		from := filepath.Join(dir, name)
		st, err := os.Lstat(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if aside == "" {
			aside = filepath.Join(dir, "replaced-"+time.Now().UTC().Format("20060102T150405.000"))
			if err := os.Mkdir(aside, 0o700); err != nil {
				return "", err
			}
		}
		if st.IsDir() {
			err = linkAll(from, filepath.Join(aside, name))
		} else {
			err = os.Link(from, filepath.Join(aside, name))
		}
		if err != nil {
			return "", err
		}
	}
	if aside == "" {
		return "", nil
	}
	return aside, errors.Join(giveAll(aside, dir), syncDir(aside))
}

func linkAll(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			if err := os.Link(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// putInPlace moves the new files over the old ones.
func putInPlace(work, dir string) error {
	// Another database's journal must not be taken for the new one's.
	for _, name := range kept[2:] {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, name := range kept[:2] {
		if err := os.Rename(filepath.Join(work, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	fresh := filepath.Join(work, certificateDir)
	if _, err := os.Stat(fresh); err == nil {
		old := filepath.Join(dir, certificateDir)
		if err := os.RemoveAll(old); err != nil {
			return err
		}
		if err := os.Rename(fresh, old); err != nil {
			return err
		}
	}
	return syncDir(dir)
}
