package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// backupFormat is the version of the archive's layout.
const backupFormat = 1

// certificateDir holds the page's certificates by ACME, which the page's listener
// keeps beside the database.
const certificateDir = "acme"

// Manifest says what a backup holds and where it comes from. It is the first file of
// the archive.
type Manifest struct {
	Format  int          `json:"format"`
	Program string       `json:"program"` // the version that wrote it
	Schema  int64        `json:"schema"`  // of the database
	Created time.Time    `json:"created"`
	Files   []BackupFile `json:"files"`
}

// BackupFile is one file of a backup.
type BackupFile struct {
	Name   string `json:"name"` // below the data directory, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// WriteBackup writes a backup of a data directory to path: database, key file and
// certificates as a tar archive under gzip, mode 0600. The database is one moment's,
// even while a gateway writes: all that was acknowledged before the call is in it. It
// is not migrated. The copy is checked before it is packed, and what was packed is
// read again before it gets its name. program is the version to note.
func WriteBackup(ctx context.Context, dir, path, program string) (Manifest, error) {
	m, err := writeBackup(ctx, dir, path, program)
	if err != nil {
		return Manifest{}, fmt.Errorf("store: backup: %w", err)
	}
	return m, nil
}

func writeBackup(ctx context.Context, dir, path, program string) (m Manifest, err error) {
	if _, err := os.Lstat(path); err == nil {
		return m, fmt.Errorf("%s exists", path)
	}
	if _, err := os.Stat(filepath.Join(dir, DatabaseFile)); err != nil {
		return m, fmt.Errorf("there is nothing to back up: %w", err)
	}
	key, err := os.ReadFile(filepath.Join(dir, KeyFile))
	if err != nil {
		return m, err
	}
	// Beside the archive, where room for it is expected; only for our eyes.
	work, err := os.MkdirTemp(filepath.Dir(path), ".partyline-backup-*")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.WriteFile(filepath.Join(work, KeyFile), key, 0o600); err != nil {
		return m, err
	}
	if err := copyDatabase(ctx, dir, work); err != nil {
		return m, err
	}
	if err := copyCertificates(dir, work); err != nil {
		return m, err
	}
	m = Manifest{Format: backupFormat, Program: program, Created: time.Now().UTC().Truncate(time.Second)}
	if m.Schema, err = checkCopy(ctx, work); err != nil {
		return m, err
	}
	if m.Files, err = listFiles(work); err != nil {
		return m, err
	}
	part := filepath.Join(work, "archive")
	if err := packFile(part, work, m); err != nil {
		return m, err
	}
	if _, err := unpackFile(part, ""); err != nil {
		return m, fmt.Errorf("what was written cannot be read: %w", err)
	}
	if err := os.Link(part, path); err != nil { // unlike a rename it replaces nothing
		if errors.Is(err, fs.ErrExist) {
			return m, fmt.Errorf("%s exists", path)
		}
		if err := os.Rename(part, path); err != nil {
			return m, err
		}
	}
	return m, syncDir(filepath.Dir(path))
}

// copyDatabase copies the database as it is at one moment.
func copyDatabase(ctx context.Context, dir, to string) error {
	db, err := openDatabase(filepath.Join(dir, DatabaseFile), writeWait)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &Store{dir: dir, write: db}
	return s.Backup(ctx, filepath.Join(to, DatabaseFile))
}

func copyCertificates(dir, to string) error {
	entries, err := os.ReadDir(filepath.Join(dir, certificateDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(to, certificateDir), 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(certificateDir, e.Name())
		if !e.Type().IsRegular() || !backupName(filepath.ToSlash(name)) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // renewed at this moment
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// listFiles measures all files of a backup that is laid out in a directory.
func listFiles(dir string) (list []BackupFile, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		sum := sha256.New()
		n, err := io.Copy(sum, f)
		list = append(list, BackupFile{filepath.ToSlash(rel), n, hex.EncodeToString(sum.Sum(nil))})
		return err
	})
	return list, err
}

// checkCopy looks whether the database of a directory that nobody else uses is whole
// and whether the key beside it reads its PINs. It returns the schema.
func checkCopy(ctx context.Context, dir string) (schema int64, err error) {
	k, err := readKeys(dir)
	if err != nil {
		return 0, err
	}
	db, err := openCopy(filepath.Join(dir, DatabaseFile))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	for _, check := range []string{"PRAGMA integrity_check(1)", "SELECT count(*) || ' rows without their owners' FROM pragma_foreign_key_check HAVING count(*) > 0"} {
		var said string
		err := db.QueryRowContext(ctx, check).Scan(&said)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("the database cannot be read: %w", err)
		}
		if said != "" && said != "ok" {
			return 0, fmt.Errorf("the database is damaged: %s", said)
		}
	}
	if schema, err = schemaOf(ctx, db); err != nil {
		return 0, fmt.Errorf("this is no database of Partyline: %w", err)
	}
	return schema, checkPINs(ctx, db, k)
}

// openCopy opens a database that nobody changes, and makes no file beside it.
func openCopy(path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath()+"?mode=ro&immutable=1")
}

// checkPINs decrypts every room's PINs. Their table is as it was in the first schema.
func checkPINs(ctx context.Context, db *sql.DB, k keys) error {
	rows, err := db.QueryContext(ctx, "SELECT room_id, role, sealed FROM pins")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var room, role string
		var sealed []byte
		if err := rows.Scan(&room, &role, &sealed); err != nil {
			return err
		}
		if _, err := k.openIn(room+"|"+role, sealed); err != nil {
			return err
		}
	}
	return rows.Err()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	d.Sync() // not every system can
	return d.Close()
}

// Schema tells the schema of a data directory's database, and the one that this
// program brings it to. Nothing is changed.
func Schema(ctx context.Context, dir string) (have, want int64, err error) {
	path := filepath.Join(dir, DatabaseFile)
	if _, err := os.Stat(path); err != nil {
		return 0, 0, fmt.Errorf("store: %w", err)
	}
	db, err := openDatabase(path, readWait, "query_only(1)")
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	if have, err = schemaOf(ctx, db); err != nil {
		return 0, 0, fmt.Errorf("store: %s: %w", path, err)
	}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, 0, fmt.Errorf("store: %w", err)
	}
	for _, f := range files {
		var n int64
		if _, err := fmt.Sscanf(filepath.Base(f), "%d_", &n); err == nil {
			want = max(want, n)
		}
	}
	return have, want, nil
}

func schemaOf(ctx context.Context, db *sql.DB) (version int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}
