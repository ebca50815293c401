package faults

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var root = filepath.Join("..", "..")

// named are the tests that the page of security names: `package.TestName`.
var named = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")

// functions are the names of the functions in a folder's tests, whatever their tags.
func functions(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	files, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				all[fn.Name.Name] = true
			}
		}
	}
	return all
}

// TestEachTestNamedExists: what docs/security.md says is shown by tests that there are,
// and each test of attacks and faults is on that page.
func TestEachTestNamedExists(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	known, seen := map[string]map[string]bool{}, map[string]bool{}
	for _, m := range named.FindAllStringSubmatch(string(page), -1) {
		dir, name := m[1], m[2]
		if known[dir] == nil {
			known[dir] = functions(t, dir)
		}
		if !known[dir][name] {
			t.Errorf("there is no %s in %s", name, dir)
		}
		seen[dir+"."+name] = true
	}
	if len(seen) < 60 {
		t.Errorf("the page names %d tests", len(seen))
	}
	files, _ := filepath.Glob(filepath.Join(root, "test", "peers", "*_test.go"))
	for _, file := range files {
		base := filepath.Base(file)
		if !strings.HasPrefix(base, "attack_") && !strings.HasPrefix(base, "fault_") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			if !seen["test/peers."+m[1]] {
				t.Errorf("%s of %s is not on the page", m[1], base)
			}
		}
	}
}

// TestEachRowIsThere: both tables have all their rows, and each row says how it is shown.
func TestEachRowIsThere(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	threats, faults := 0, []string{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		switch {
		case len(cells) == 5 && regexp.MustCompile(`^\s*\d+\s*$`).MatchString(cells[0]):
			threats++
			if !named.MatchString(cells[3]) {
				t.Errorf("threat %s names no test", strings.TrimSpace(cells[0]))
			}
		case len(cells) == 5 && named.MatchString(cells[3]):
			faults = append(faults, strings.TrimSpace(cells[0]))
		}
	}
	if threats != 16 {
		t.Errorf("%d threats", threats)
	}
	for _, want := range []string{
		"kill -9", "SIGTERM", "Database locked", "Disk full", "Clock", "Loss", "Signalling loss", "Callers vanish", "Half-open", "Trunk down", "Panic", "Soak",
	} {
		if !slices.ContainsFunc(faults, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("no row begins with %q: %q", want, faults)
		}
	}
}
