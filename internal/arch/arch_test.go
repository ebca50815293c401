// Package arch holds the import directions of the house: a test fails when a
// package imports another one that it must not know.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/partyline/partyline/"

// allowed says what of ours a package may import. A package that is not listed
// fails the test: add it here with a reason in docs/architecture.md.
var allowed = map[string][]string{
	"cause":                 {},
	"dialplan":              {"cause"},
	"configs":               {"dialplan"},
	"store":                 {},
	"prompts":               {"bridge", "media/pcm", "prompts/script"},
	"prompts/script":        {},
	"prompts/make":          {"prompts/script", "prompts"},
	"telemetry":             {},
	"trace":                 {},
	"hep":                   {"trace"},
	"telemetry/tracing":     {},
	"control":               {"cause"},
	"media/codec":           {},
	"media/pcm":             {"internal/cacheline"},
	"media/dtmf":            {},
	"media/sdp":             {"media/codec"},
	"media/playout":         {"media/codec", "media/pcm", "internal/cacheline"},
	"media":                 {"media/codec", "media/pcm", "media/dtmf", "media/playout", "internal/cacheline"},
	"mixer":                 {"media/codec", "media/pcm", "internal/cacheline"},
	"bridge":                {"mixer", "media", "media/codec", "media/pcm", "cause", "internal/cacheline"},
	"bridge/memory":         {"bridge", "media", "media/codec", "cause"},
	"internal/customer":     {},
	"internal/cacheline":    {},
	"meeting":               {"store"},
	"meeting/ics":           {"meeting", "store"},
	"meeting/invitation":    {"meeting", "store", "locales"},
	"meeting/contacts":      {"store"},
	"meeting/outbox":        {"meeting", "meeting/invitation", "meeting/ics", "store", "locales"},
	"admission":             {"store", "cause", "meeting", "internal/customer"},
	"reception":             {"bridge", "admission", "store", "dialplan", "media", "media/pcm", "cause"},
	"sip":                   {"bridge", "media", "media/codec", "media/dtmf", "media/sdp", "cause", "internal/customer", "trace"},
	"webrtc":                {"bridge", "media", "media/codec", "media/sdp", "cause", "internal/customer"},
	"h323/per":              {},
	"h323/per/gen":          {},
	"h323/internal/capture": {},
	"h323/tpkt":             {},
	"h323/q931":             {},
	"h323/h235":             {"h323/per"},
	"h323/h245":             {"h323/per", "h323/h235"},
	"h323/h225":             {"h323/per", "h323/h235", "h323/h245"},
	"h323/h450":             {"h323/per", "h323/h225"},
	"h323/h460":             {"h323/per", "h323/h225", "h323/h245"},
	"h323/secure":           {"h323/per", "h323/h235", "h323/h245", "h323/h225"},
	"h323/ras":              {"h323/per", "h323/h235", "h323/h245", "h323/h225", "h323/h460", "trace"},
	"h323/control":          {"h323/per", "h323/h235", "h323/h245", "h323/secure"},
	"h323/call":             {"h323/per", "h323/h235", "h323/h245", "h323/h225", "h323/h450", "h323/h460", "h323/q931", "h323/tpkt", "h323/control", "h323/secure", "trace"},
	"h323":                  {"bridge", "media", "media/codec", "cause", "internal/customer", "h323/per", "h323/h235", "h323/h245", "h323/h225", "h323/h460", "h323/q931", "h323/tpkt", "h323/control", "h323/secure", "h323/call", "h323/ras", "trace"},
	"test/endpoint":         {"*"},
	"test/endpoint/call":    {"*"},
	"locales":               {},
	"web":                   {"web/api", "web/live", "store", "cause", "meeting", "meeting/invitation", "locales", "internal/customer"},
	"web/api":               {"web/live", "store", "cause", "meeting", "meeting/invitation", "meeting/ics", "meeting/contacts"},
	"web/live":              {"bridge", "media", "store", "cause", "internal/customer"},
	"cmd/partyline":         {"*"},
	"internal/arch":         {},
	"internal/shim":         {},
	"internal/quality":      {"media/playout", "media/codec", "media/pcm", "mixer", "bridge", "prompts", "internal/shim"},
	"test":                  {"*"},
	"test/quality":          {"*"},
	"test/faults":           {},
	"test/packaging":        {"*"},
	"test/faults/table":     {"test/faults"},
	"test/load":             {"media/codec", "media/sdp", "h323/call"},
	"test/load/dial":        {"test/load", "media/codec"},
	"test/bench":            {"test/load", "media/codec"},
}

func TestImportDirections(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != root && (strings.HasPrefix(n, ".") || n == "testdata" || n == "node_modules" || n == "data" || n == "out") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, _ := filepath.Rel(root, filepath.Dir(path))
		pkg := filepath.ToSlash(rel)
		rules, known := allowed[pkg]
		if !known {
			t.Errorf("%s: package %s has no rule in internal/arch", path, pkg)
			return nil
		}
		seen[pkg] = true
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			ours, ok := strings.CutPrefix(imp, module)
			if ok && !permits(rules, ours) {
				t.Errorf("%s: %s must not import %s (it may import %s)", path, pkg, ours, strings.Join(rules, ", "))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 10 {
		t.Fatalf("found only %d packages: is the walk broken?", len(seen))
	}
}

// TestNoCycleInRules keeps the table itself one-directional.
func TestNoCycleInRules(t *testing.T) {
	var visit func(pkg string, path []string)
	visit = func(pkg string, path []string) {
		for _, p := range path {
			if p == pkg {
				t.Fatalf("the rules allow a cycle: %s", strings.Join(append(path, pkg), " -> "))
			}
		}
		for _, next := range allowed[pkg] {
			if next != "*" {
				visit(next, append(path, pkg))
			}
		}
	}
	names := make([]string, 0, len(allowed))
	for n := range allowed {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		visit(n, nil)
	}
}

func permits(rules []string, pkg string) bool {
	for _, r := range rules {
		if r == "*" || r == pkg {
			return true
		}
	}
	return false
}
