package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/partyline/partyline/store"
)

type backupCmd struct {
	To string `arg:"" name:"file" help:"The file to write, or a directory to write one with the time in its name into." placeholder:"FILE"`
}

// Run writes a backup of the data directory, whether or not a gateway runs.
func (b backupCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	file := b.To
	if st, err := os.Stat(file); err == nil && st.IsDir() {
		file = filepath.Join(file, "partyline-"+time.Now().UTC().Format("20060102T150405Z")+".tar.gz")
	}
	m, err := store.WriteBackup(c.ctx, cfg.Server.DataDir, file, versionText())
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w (the data belongs to the service: try it as root)", err)
		}
		return err
	}
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"file": file, "size": st.Size(), "manifest": m})
	}
	fmt.Fprintf(c.out, "%s: %s, schema %d, version %s, checked\n", file, bytesText(st.Size()), m.Schema, m.Program)
	fmt.Fprintln(c.out, "It holds the key to all PINs and links: keep it as you keep passwords.")
	return nil
}

// bytesText is a size for people.
func bytesText(n int64) string {
	const unit = 1024
	switch {
	case n >= unit*unit*unit:
		return fmt.Sprintf("%.1f GiB", float64(n)/(unit*unit*unit))
	case n >= unit*unit:
		return fmt.Sprintf("%.1f MiB", float64(n)/(unit*unit))
	}
	return fmt.Sprintf("%d KiB", (n+unit-1)/unit)
}
