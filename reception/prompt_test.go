package reception

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/prompts"
)

// Everything that can be said is written in prompts/texts.json, and nothing else
// is.
func TestPromptsAndTexts(t *testing.T) {
	said := map[string]bool{}
	for _, key := range constants(t) {
		said[key] = true
	}
	for c := cause.None; c <= cause.TestDone; c++ {
		if key := c.Prompt(); key != "" {
			said[key] = true
		}
	}
	for n := range 1000 {
		for _, p := range slices.Concat(youAre(n), thereAre(n), []prompt{number(n), retryIn(time.Duration(n) * time.Minute)}) {
			said[string(p)] = true
		}
	}
	for n := range 10 * 24 * 60 {
		for _, p := range opensIn(time.Duration(n) * time.Minute) {
			said[string(p)] = true
		}
	}
	for d := '0'; d <= '9'; d++ {
		said[string(spoken("*" + string(d))[0])] = true
	}
	script, err := prompts.Script()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range script.Keys() {
		if !said[key] {
			t.Errorf("nobody says %q", key)
		}
		delete(said, key)
	}
	for key := range said {
		t.Errorf("there is no text for %q", key)
	}
}

// constants are the values of this package's constants of type prompt.
func constants(t *testing.T) (keys []string) {
	notTests := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	pkgs, err := parser.ParseDir(token.NewFileSet(), ".", notTests, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(pkgs["reception"], func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "prompt" || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			if key, err := strconv.Unquote(lit.Value); err == nil {
				keys = append(keys, key)
			}
		}
		return true
	})
	if len(keys) < 50 {
		t.Fatalf("found only %q", keys)
	}
	return keys
}

func TestSentences(t *testing.T) {
	tests := []struct{ got, want []prompt }{
		{youAre(0), []prompt{"you-are-1"}},
		{youAre(20), []prompt{"you-are-20"}},
		{youAre(21), []prompt{"you-are-number", "n-21"}},
		{youAre(101), []prompt{"admitted"}},
		{thereAre(5), []prompt{"count-5"}},
		{thereAre(100), []prompt{"count-there-are", "n-100", "count-people"}},
		{thereAre(101), []prompt{"count-over-100"}},
		{spoken("*6"), []prompt{"star-6"}},
		{spoken("##"), []prompt{"hash", "hash"}},
		{spoken("*#7"), []prompt{"star", "hash", "n-7"}},
		{spoken("**12"), []prompt{"star", "star-1", "n-2"}},
		{[]prompt{number(-1), number(124), number(126), number(9999)}, []prompt{"n-0", "n-100", "n-150", "n-500"}},
		{[]prompt{retryIn(time.Second), retryIn(time.Hour), retryIn(61 * time.Minute)}, []prompt{"retry-in-1", "retry-in-60", "retry-later"}},
		{opensIn(-time.Minute), []prompt{"opens-in-minutes-1"}},
		{opensIn(time.Minute), []prompt{"opens-in-minutes-1"}},
		{opensIn(time.Minute + 1), []prompt{"opens-in-minutes-2"}},
		{opensIn(24*time.Minute + 42*time.Second), []prompt{"opens-in-minutes-25"}},
		{opensIn(30 * time.Minute), []prompt{"opens-in-minutes-30"}},
		{opensIn(30*time.Minute + 1), []prompt{"opens-in-minutes-30"}},
		{opensIn(time.Hour - 1), []prompt{"opens-in-minutes-55"}},
		{opensIn(time.Hour), []prompt{"opens-in-hours-1"}},
		{opensIn(2*time.Hour + 50*time.Minute), []prompt{"opens-in-hours-2", "and-minutes-45"}},
		{opensIn(24*time.Hour - 1), []prompt{"opens-in-hours-23", "and-minutes-45"}},
		{opensIn(24 * time.Hour), []prompt{"opens-in-days-1"}},
		{opensIn(50 * time.Hour), []prompt{"opens-in-days-2", "and-hours-2"}},
		{opensIn(8*24*time.Hour - 1), []prompt{"opens-in-days-7", "and-hours-23"}},
		{opensIn(8 * 24 * time.Hour), []prompt{"opens-in-over-a-week"}},
	}
	for _, tt := range tests {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("said %q, want %q", tt.got, tt.want)
		}
	}
}

// What is said of the time until a meeting opens is never much too long: who calls
// again then is at most a minute late.
func TestOpensInIsNotTooLong(t *testing.T) {
	for d := time.Duration(0); d < 8*24*time.Hour; d += 7 * time.Second {
		var said time.Duration
		for _, p := range opensIn(d) {
			series, n, _ := cutLast(string(p))
			unit := time.Minute
			switch {
			case strings.HasSuffix(series, "hours"):
				unit = time.Hour
			case strings.HasSuffix(series, "days"):
				unit = 24 * time.Hour
			}
			said += time.Duration(n) * unit
		}
		if said > d+time.Minute || d > 15*time.Minute && said < d-d/4-5*time.Minute {
			t.Fatalf("%v is said as %v", d, said)
		}
	}
}

// cutLast splits a key of a series from its number.
func cutLast(key string) (series string, n int, err error) {
	i := strings.LastIndexByte(key, '-')
	n, err = strconv.Atoi(key[i+1:])
	return key[:i], n, err
}

func TestKeysOfAnAction(t *testing.T) {
	m := Keymap{"*66": ActMute, "*6": ActMute, "0": ActHelp, "00": ActHelp}
	if a, b, c := m.keys(ActMute), m.keys(ActHelp), m.keys(ActEnd); a != "*6" || b != "0" || c != "" {
		t.Errorf("the shortest keys are %q, %q, %q", a, b, c)
	}
	if said := m.press(sayPressToAdmit, ActAdmitAll); said != nil {
		t.Errorf("an action without keys is offered: %q", said)
	}
}
