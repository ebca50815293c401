package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
)

var update = flag.Bool("update", false, "write what the commands of docs/routing.md say anew")

// TestRoutingExamples loads every configuration of docs/routing.md and runs the
// commands that follow it: they say what the document says.
func TestRoutingExamples(t *testing.T) {
	document := filepath.Join("..", "..", "docs", "routing.md")
	before, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	document, err = filepath.Abs(document)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	after, configurations, commands := afresh(t, string(before))
	if configurations < 5 || commands < 15 {
		t.Errorf("only %d configurations and %d commands", configurations, commands)
	}
	if *update {
		if err := os.WriteFile(document, []byte(after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if after == string(before) {
		return
	}
	is, was := strings.Split(after, "\n"), strings.Split(string(before), "\n")
	for i := range is {
		if i >= len(was) || is[i] != was[i] {
			t.Fatalf("docs/routing.md:%d is not what the commands say (go test ./cmd/partyline -run RoutingExamples -update); they say\n%s", i+1, strings.Join(is[i:min(len(is), i+8)], "\n"))
		}
	}
}

// afresh is the document with what its commands say in the working directory.
func afresh(t *testing.T, document string) (after string, configurations, commands int) {
	var out strings.Builder
	fence, block := "", ""
	for line := range strings.Lines(document) {
		switch {
		case fence == "" && strings.HasPrefix(line, "```"):
			fence, block = strings.TrimSpace(strings.TrimPrefix(line, "```")), ""
			out.WriteString(line)
			continue
		case fence == "":
			out.WriteString(line)
			continue
		case !strings.HasPrefix(line, "```"):
			block += line
			continue
		}
		kind, name, _ := strings.Cut(fence, " ")
		switch kind {
		case "yaml":
			configurations++
			write(t, "partyline.yaml", block)
			if _, problems := configs.Parse("partyline.yaml", []byte(block)); len(problems.Mistakes()) > 0 {
				t.Errorf("a configuration has mistakes: %v\n%s", problems, block)
			}
		case "text":
			write(t, name, block)
		case "console":
			said := ""
			for l := range strings.Lines(block) {
				if command, is := strings.CutPrefix(strings.TrimSpace(l), "$ "); is {
					commands++
					said += says(t, command)
				}
			}
			block = said
		}
		out.WriteString(block + line)
		fence = ""
	}
	return out.String(), configurations, commands
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// says is a command as it is shown, with what it prints.
func says(t *testing.T, line string) string {
	t.Helper()
	var out bytes.Buffer
	run(append(words(line)[1:], "--config", "partyline.yaml"), &out, &out)
	for l := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(l, "\n")); n > lineWidth && !strings.Contains(line, " check") {
			t.Errorf("%s: a line of %d columns: %s", line, n, l)
		}
	}
	return "$ " + line + "\n" + out.String()
}

// Trunks, numbers, rules, their tables and the limits change while the gateway runs,
// and it says what it goes by.
func TestReloadOfRules(t *testing.T) {
	file := config(t, quiet)
	startServe(t, file)
	table := filepath.Join(filepath.Dir(file), "world.prefixes")
	write(t, table, "+41\n")
	rules := `
trunks: [{name: pbx, peers: ["sip:127.0.0.1:9"], allow: [192.0.2.1], max_calls: 3, options_ping: 0s}]
numbers: [{number: "+41445550100", trunk: pbx, to: reception}]
dialplan: {country: CH, inbound: [{match: "x*", reject: busy}], outbound: [{prefixes_file: world.prefixes, trunk: pbx}]}
limits: {calls: 10, anonymous_inbound: off, outbound: {calls: 1, countries: [CH], premium: on, duration: 1h}}
`
	reload := func() control.Reloaded {
		return parse[control.Reloaded](t, must(t, "reload", "--json", "--config", file))
	}
	write(t, file, quiet+rules)
	done := reload()
	for _, key := range []string{"trunks", "numbers", "dialplan.country", "dialplan.inbound", "dialplan.outbound", "limits.calls", "limits.outbound.calls", "limits.outbound.countries"} {
		if !slices.Contains(done.Applied, key) {
			t.Errorf("%s is not in force: %+v", key, done)
		}
	}
	if len(done.Restart) > 0 || !slices.Contains(done.Changes, "trunk pbx is new") || done.Rules != "1 trunk, 1 number, 1 rule for calls in, 1 for calls out" {
		t.Errorf("reloaded %+v", done)
	}
	write(t, table, "+41\n+49\n")
	if done := reload(); len(done.Applied) != 1 || done.Applied[0] != "dialplan.outbound" {
		t.Errorf("with another table: %+v", done)
	}
	write(t, table, "+41 nobody\n")
	if code, _, err := try("reload", "--config", file); code == exitDone || !strings.Contains(err, "nobody") {
		t.Errorf("a table with a mistake: exit %d, %s", code, err)
	}
	write(t, table, "+41\n+49\n")
	write(t, file, quiet+strings.ReplaceAll(rules, "max_calls: 3", "max_calls: 4"))
	if out := must(t, "reload", "--config", file); !strings.Contains(out, "in force: trunks\n  trunk pbx: max_calls\ncalls go by 1 trunk") {
		t.Errorf("in words: %s", out)
	}
}

func TestParseAt(t *testing.T) {
	now := time.Date(2026, 11, 22, 13, 14, 15, 0, time.FixedZone("", 3600)) // a Sunday
	for text, want := range map[string]string{
		"": "2026-11-22T13:14:15+01:00", "2026-11-23T10:00": "2026-11-23T10:00:00+01:00", "2026-11-23 10:00": "2026-11-23T10:00:00+01:00",
		"2026-11-23T10:00Z": "2026-11-23T10:00:00Z", "2026-11-23T10:00:30+02:00": "2026-11-23T10:00:30+02:00",
		"10:00": "2026-11-22T10:00:00+01:00", "sun 10:00": "2026-11-22T10:00:00+01:00", "mon 10:00": "2026-11-23T10:00:00+01:00",
		"Saturday 09:30": "2026-11-28T09:30:00+01:00", "noon": "", "moon 10:00": "", "25:00": "",
	} {
		at, err := parseAt(text, now)
		if got := at.Format(time.RFC3339); (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%q: %s (%v), want %q", text, got, err, want)
		}
	}
}
