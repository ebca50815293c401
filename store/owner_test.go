//go:build linux

package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What root makes in the service's data directory, the service can read.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const service = 61234
	file, _ := backedUp(t)
	dir := t.TempDir()
	if err := os.Chown(dir, service, service); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if info, e := d.Info(); err != nil || e != nil || info.Sys().(*syscall.Stat_t).Uid != service {
				t.Errorf("%s: %s is root's (%v, %v)", when, path, err, e)
			}
			return nil
		})
	}
	s := open(t, dir)
	add(t, s, NewRoom{Extension: "99", PIN: "4711"})
	check("open")
	s.Close()
	check("closed")
	if _, err := Restore(t.Context(), file, dir, quietLog()); err != nil {
		t.Fatal(err)
	}
	check("restored")
}
