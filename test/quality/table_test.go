package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/partyline/partyline/internal/quality"
)

// The table fits a terminal, and the sound is kept.
func TestTable(t *testing.T) {
	var out strings.Builder
	dir := t.TempDir()
	p := printer{w: &out, dir: dir, studio: quality.NewStudio(4 * time.Second)}
	if err := p.rows("loss 10 %"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if want := 2 + 2*len(quality.Codecs); len(lines) != want {
		t.Errorf("%d lines, want %d:\n%s", len(lines), want, out.String())
	}
	for _, l := range lines {
		if n := utf8.RuneCountInString(l); n > 80 {
			t.Errorf("%d columns: %s", n, l)
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "loss-10-percent-*.wav"))
	if err != nil || len(kept) != 6*len(quality.Codecs) {
		t.Errorf("kept %v, %v", kept, err)
	}
	for _, path := range kept {
		if st, err := os.Stat(path); err != nil || st.Size() < 4*8000*2 {
			t.Errorf("%s: %v, %v", path, st, err)
		}
	}
}
