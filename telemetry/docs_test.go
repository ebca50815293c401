package telemetry

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumented holds docs/metrics.md to the names that there are.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for _, n := range Names() {
		kind := "gauge"
		if n.Counter {
			kind = "counter"
		}
		row := fmt.Sprintf("| `%s` | %s | %s | ", n.Name, kind, cmp.Or(strings.Join(n.Labels, ", "), "–"))
		if strings.Count(doc, row) != 1 {
			t.Errorf("docs/metrics.md lacks the row\n%s%s |", row, n.Help)
		}
	}
	known := map[string]bool{}
	for _, n := range Names() {
		known[n.Name] = true
	}
	for _, file := range []string{"../docs/metrics.md", "../docs/admin.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`partyline_[a-z0-9_]+`).FindAllString(string(text), -1) {
			if !known[name] {
				t.Errorf("%s names %s, which there is not", file, name)
			}
		}
	}
}
