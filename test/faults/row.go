package faults

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// book is the file that Rows are appended to.
const book = "faults.jsonl"

// Row is what one test did to a gateway, and what became of it.
type Row struct {
	Name string `json:"name"` // as in the tables of docs/security.md
	Test string `json:"test"` // who found out
	// Calls is how many were up meanwhile, Faults how often the fault was made,
	// Inputs how many bad messages were sent.
	Calls  int `json:"calls,omitempty"`
	Faults int `json:"faults,omitempty"`
	Inputs int `json:"inputs,omitempty"`
	// Lost is what should have stayed and did not: calls, writes, keys.
	Lost    int           `json:"lost,omitempty"`
	Figures string        `json:"figures"` // what else was measured, in words
	Took    time.Duration `json:"took"`
	Failed  bool          `json:"failed,omitempty"`
	Skipped bool          `json:"skipped,omitempty"`
}

// Note appends a row to the book in a directory. A line is written in one piece, so
// that processes beside each other do not disturb each other's.
func Note(dir string, r Row) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, book), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// Read gives the rows of the book in a directory in the order of their first coming;
// of a test that was run again the last counts. No book has no rows.
func Read(dir string) ([]Row, error) {
	f, err := os.Open(filepath.Join(dir, book))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []Row
	at := map[string]int{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var r Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", book, n, err)
		}
		key := r.Name + "\x00" + r.Test
		if i, ok := at[key]; ok {
			rows[i] = r
			continue
		}
		at[key] = len(rows)
		rows = append(rows, r)
	}
	return rows, lines.Err()
}
