//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// give hands a file that we have just made to the owner of the directory that it is
// for, if we are root and that is somebody else: what the command line makes there the
// service must be able to read. (SQLite does so with the files beside its database.)
func give(f *os.File, dir string) error {
	uid, gid, ok := ownerToBe(dir)
	if !ok {
		return nil
	}
	return f.Chown(uid, gid)
}

// giveAll does so with all that is in a directory which only we can enter.
func giveAll(root, dir string) error {
	uid, gid, ok := ownerToBe(dir)
	if !ok {
		return nil
	}
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

// ownerToBe is who owns a directory, if we are root and it is not root's.
func ownerToBe(dir string) (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	info, err := os.Stat(dir)
	if err != nil {
		return 0, 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Uid == 0 {
		return 0, 0, false
	}
	return int(st.Uid), int(st.Gid), true
}
