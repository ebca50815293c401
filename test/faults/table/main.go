// Command table writes build/faults.md from what the tests have noted in
// build/faults.jsonl, prints it, and fails if a row does.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/partyline/partyline/test/faults"
)

func main() {
	dir := "build"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := run(dir); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	rows, err := faults.Read(dir)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := faults.Write(&text, rows); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "faults.md"), text.Bytes(), 0o644); err != nil {
		return err
	}
	os.Stdout.Write(text.Bytes())
	for _, r := range rows {
		if r.Failed {
			return fmt.Errorf("%s: %s failed", r.Name, r.Test)
		}
	}
	return nil
}
