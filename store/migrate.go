package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema forward, after a copy of the database if it has been
// in use. The caller holds the directory's lock.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return s.migrateTo(ctx, files)
}

func (s *Store) migrateTo(ctx context.Context, files fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, files)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("store: %s: %w", s.dir, err)
	}
	switch {
	case have == want:
		return nil
	case have > want:
		return fmt.Errorf("store: %s is of a newer version (schema %d, this program knows %d)", filepath.Join(s.dir, DatabaseFile), have, want)
	case have > 0:
		path := filepath.Join(s.dir, fmt.Sprintf("%s.schema%d.%s", DatabaseFile, have, time.Now().UTC().Format("20060102T150405.000")))
		if err := s.Backup(ctx, path); err != nil {
			return err
		}
		s.log.Info("database copied before its migration", "file", path)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migration from schema %d to %d: %w", have, want, err)
	}
	return nil
}
