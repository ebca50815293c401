package web

import (
	"os"
	"strings"
	"testing"

	"github.com/partyline/partyline/web/api"
)

// TestDocumented holds docs/api.md to the routes that there are.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, false)
	all := routes(t, w)
	for route := range all {
		if short := strings.Replace(route, api.Prefix, "", 1); !strings.Contains(string(text), "| `"+short+"` |") {
			t.Errorf("docs/api.md does not list %s", short)
		}
	}
	for _, line := range strings.Split(string(text), "\n") {
		if route, ok := strings.CutPrefix(line, "| `"); ok && strings.Contains(line, " /") {
			route, _, _ = strings.Cut(route, "`")
			method, path, ok := strings.Cut(route, " ")
			if ok && all[method+" "+api.Prefix+path] == nil {
				t.Errorf("docs/api.md lists %s, which there is not", route)
			}
		}
	}
}
