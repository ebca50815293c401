package telemetry

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	metric = regexp.MustCompile(`partyline_[a-z0-9_]+`)
	// selection is a metric with what is selected of it.
	selection = regexp.MustCompile(`(partyline_[a-z0-9_]+)\{([^}]*)\}`)
	matcher   = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
	grouping  = regexp.MustCompile(`(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
)

// TestMonitored holds the alert rules and the dashboard to the metrics and the labels
// that there are.
func TestMonitored(t *testing.T) {
	known := map[string]Name{}
	for _, n := range Names() {
		known[n.Name] = n
	}
	scraped := []string{"instance", "job"} // Prometheus' own labels
	all := slices.Clone(scraped)
	for _, n := range Names() {
		all = append(all, n.Labels...)
	}
	for file, expressions := range map[string][]string{
		"../configs/prometheus/partyline.rules.yml": rules(t),
		"../configs/grafana/partyline.json":         dashboard(t),
	} {
		if len(expressions) < 10 {
			t.Errorf("%s has %d expressions", file, len(expressions))
		}
		for _, e := range expressions {
			for _, name := range metric.FindAllString(e, -1) {
				if _, ok := known[name]; !ok {
					t.Errorf("%s names %s, which there is not: %s", file, name, e)
				}
			}
			for _, m := range selection.FindAllStringSubmatch(e, -1) {
				for _, label := range matcher.FindAllStringSubmatch(m[2], -1) {
					if !slices.Contains(append(known[m[1]].Labels, scraped...), label[1]) {
						t.Errorf("%s selects %s by %s, which it has not: %s", file, m[1], label[1], e)
					}
				}
			}
			for _, g := range grouping.FindAllStringSubmatch(e, -1) {
				for _, label := range strings.Split(g[1], ",") {
					if !slices.Contains(all, strings.TrimSpace(label)) {
						t.Errorf("%s groups by %s, which no metric has: %s", file, label, e)
					}
				}
			}
		}
	}
}

// rules are the expressions of the alerts. Each says in a sentence what to do.
func rules(t *testing.T) (list []string) {
	t.Helper()
	text, err := os.ReadFile("../configs/prometheus/partyline.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range strings.Split(string(text), "      - alert: ")[1:] {
		name, rest, _ := strings.Cut(rule, "\n")
		expr := regexp.MustCompile(`(?m)^        expr: (.*)$`).FindStringSubmatch(rest)
		runbook := regexp.MustCompile(`(?m)^          runbook: "(.*)"$`).FindStringSubmatch(rest)
		if expr == nil || runbook == nil || len(runbook[1]) < 40 || !strings.Contains(rest, "severity: ") || !strings.Contains(rest, "summary: ") {
			t.Errorf("the alert %s lacks expression, severity, summary or runbook", name)
			continue
		}
		if !strings.Contains(string(doc), "| `"+name+"` |") {
			t.Errorf("docs/monitoring.md does not tell of %s", name)
		}
		list = append(list, expr[1])
	}
	return list
}

// dashboard gives the expressions of all panels, whose places must not overlap.
func dashboard(t *testing.T) (list []string) {
	t.Helper()
	text, err := os.ReadFile("../configs/grafana/partyline.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		UID, Title string
		Panels     []struct {
			ID                 int
			Title, Description string
			Type               string
			GridPos            struct{ X, Y, W, H int }
			Targets            []struct{ Expr, RefID string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]string{}
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && p.Description == "" {
			t.Errorf("panel %d (%s) has no id, title or description of its own", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x > 23 {
					t.Fatalf("%s lies over %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		for _, q := range p.Targets {
			list = append(list, q.Expr)
		}
	}
	return list
}

// bounded are the labels and why each has few values: no label ever holds what a caller
// says. docs/metrics.md lists the values.
var bounded = map[string]string{
	"version": "one", "goversion": "one", "result": "ok, failed and of messages four", "protocol": "three", "state": "four",
	"cause": "the words of package cause", "reason": "the words of package cause, or of dropped packets", "direction": "in, out",
	"channel": "mail, sms", "class": "of status", "verdict": "the words of package cause", "engine": "one a core",
	"use": "two listeners", "trunk": "of the configuration", "peer": "of the configuration",
}

// TestLabelsAreBounded: a new label is to be thought about.
func TestLabelsAreBounded(t *testing.T) {
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range Names() {
		for _, label := range n.Labels {
			if bounded[label] == "" {
				t.Errorf("%s has the label %s: say here and in docs/metrics.md why it has few values", n.Name, label)
			}
			values := regexp.MustCompile(`(?m)^\| [^|]*\b` + label + `\b[^|]* \| .*$`)
			if label != "version" && label != "goversion" && label != "channel" && len(values.FindAll(text, -1)) == 0 {
				t.Errorf("docs/metrics.md does not list the values of %s", label)
			}
		}
	}
}
