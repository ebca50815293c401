package store

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// manifestName is the archive's first entry.
const manifestName = "manifest.json"

// The bounds on what is believed of an archive.
const (
	maxManifest    = 1 << 20
	maxBackupFiles = 1000
)

var certificateName = regexp.MustCompile(`^acme/[A-Za-z0-9+_][A-Za-z0-9+_.-]{0,200}$`)

// backupName says whether a backup may hold a file of that name.
func backupName(name string) bool {
	return name == DatabaseFile || name == KeyFile || certificateName.MatchString(name)
}

// packFile writes the archive of the files that a manifest lists, and syncs it.
func packFile(file, dir string, m Manifest) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(writeArchive(f, dir, m), f.Sync(), f.Close())
}

func writeArchive(to io.Writer, dir string, m Manifest) error {
	z := gzip.NewWriter(to)
	t := tar.NewWriter(z)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	header := func(name string, size int64) error {
		return t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: m.Created})
	}
	if err := header(manifestName, int64(len(text))); err != nil {
		return err
	}
	if _, err := t.Write(text); err != nil {
		return err
	}
	for _, file := range m.Files {
		if err := header(file.Name, file.Size); err != nil {
			return err
		}
		f, err := os.Open(filepath.Join(dir, filepath.FromSlash(file.Name)))
		if err != nil {
			return err
		}
		_, err = io.Copy(t, f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

// unpackFile reads an archive into a directory, or only checks it if dir is empty.
func unpackFile(file, dir string) (Manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	m, err := readArchive(f, dir)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// readArchive accepts what the manifest lists, whole and unchanged, and nothing else.
func readArchive(from io.Reader, dir string) (m Manifest, err error) {
	z, err := gzip.NewReader(from)
	if err != nil {
		return m, fmt.Errorf("this is no backup: %w", err)
	}
	t := tar.NewReader(z)
	if m, err = readManifest(t); err != nil {
		return m, err
	}
	for _, want := range m.Files {
		h, err := t.Next()
		if err != nil {
			return m, fmt.Errorf("%s is missing: %w", want.Name, err)
		}
		if h.Name != want.Name || h.Size != want.Size || h.Typeflag != tar.TypeReg {
			return m, fmt.Errorf("%s is not where the manifest says", want.Name)
		}
		if err := unpackOne(t, dir, want); err != nil {
			return m, err
		}
	}
	if _, err := t.Next(); !errors.Is(err, io.EOF) {
		return m, errors.New("there is more in it than its manifest says")
	}
	// The checksum stands at the very end.
	if _, err := io.Copy(io.Discard, z); err != nil {
		return m, fmt.Errorf("it is damaged: %w", err)
	}
	return m, nil
}

func readManifest(t *tar.Reader) (m Manifest, err error) {
	h, err := t.Next()
	if err != nil || h.Name != manifestName || h.Size > maxManifest {
		return m, errors.Join(errors.New("this is no backup of Partyline: it does not begin with a manifest"), err)
	}
	if err := json.NewDecoder(io.LimitReader(t, maxManifest)).Decode(&m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	if m.Format != backupFormat {
		return m, fmt.Errorf("it has format %d, written by version %.50q; this program reads format %d", m.Format, m.Program, backupFormat)
	}
	if len(m.Files) > maxBackupFiles {
		return m, fmt.Errorf("%d files are too many", len(m.Files))
	}
	seen := map[string]bool{}
	for _, f := range m.Files {
		if !backupName(f.Name) || seen[f.Name] || f.Size < 0 {
			return m, fmt.Errorf("%.100q is no file of a backup", f.Name)
		}
		seen[f.Name] = true
	}
	if !seen[DatabaseFile] || !seen[KeyFile] {
		return m, fmt.Errorf("%s and %s are not both in it", DatabaseFile, KeyFile)
	}
	return m, nil
}

// unpackOne reads one file, and writes it below dir unless that is empty.
func unpackOne(from io.Reader, dir string, want BackupFile) error {
	sum := sha256.New()
	to := io.Writer(sum)
	keep := func() error { return nil }
	if dir != "" {
		file := filepath.Join(dir, filepath.FromSlash(want.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		to = io.MultiWriter(sum, f)
		keep = func() error { return errors.Join(f.Sync(), f.Close()) }
	}
	n, err := io.Copy(to, from)
	if err := errors.Join(err, keep()); err != nil {
		return fmt.Errorf("%s: %w", want.Name, err)
	}
	if n != want.Size || hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("%s is not what was backed up: its checksum differs", want.Name)
	}
	return nil
}
