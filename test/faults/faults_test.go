package faults

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBook(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "build")
	if rows, err := Read(dir); rows != nil || err != nil {
		t.Errorf("%v, %v", rows, err)
	}
	for _, r := range []Row{
		{Name: "kill", Test: "TestSoakKill", Faults: 200, Lost: 1, Failed: true},
		{Name: "flood", Test: "TestSoakFlood", Inputs: 10000, Calls: 3, Figures: "a|b", Took: 1250 * time.Millisecond},
		{Name: "kill", Test: "TestSoakKill", Faults: 200, Figures: "again"},
	} {
		if err := Note(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := Read(dir)
	if err != nil || len(rows) != 2 || rows[0].Figures != "again" || rows[0].Failed {
		t.Fatalf("%+v, %v", rows, err)
	}
	var b strings.Builder
	if err := Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"up to 3 calls held at once, 200 faults made, 10000 bad inputs tried, 0 of what should have stayed lost; 0 failed",
		`| flood | 3 | – | 10000 | 0 | a\|b | 1.3s | TestSoakFlood | holds |`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if err := os.WriteFile(filepath.Join(dir, book), []byte("{}\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("nonsense: %v", err)
	}
}

// TestMutator: what comes out is hardly ever what went in, and the same for the same seed.
func TestMutator(t *testing.T) {
	good := "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
	m, again, same := NewMutator(1), NewMutator(1), 0
	for range 10000 {
		b := m.Text(good)
		if !bytes.Equal(b, again.Text(good)) {
			t.Fatal("the same seed gives other messages")
		}
		if string(b) == good {
			same++
		}
		m.Octets(b)
		again.Octets(b)
	}
	if same > 500 {
		t.Errorf("%d of 10000 are as good as before", same)
	}
	for _, b := range []string{"", "a", "\r\n"} {
		for range 100 {
			m.Octets(m.Text(b))
		}
	}
}
