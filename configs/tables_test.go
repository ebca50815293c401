package configs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/dialplan"
)

// folder writes files into a directory of their own and gives the path of the
// configuration.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "p.yaml")
}

const twoTrunks = "trunks: [{name: a, peers: sip:a.example, allow: [192.0.2.1]}, {name: b, peers: sip:b.example, allow: [192.0.2.2]}]\n"

func TestPrefixTables(t *testing.T) {
	file := folder(t, map[string]string{
		"p.yaml": twoTrunks + `dialplan:
  inbound: [{from_prefixes_file: unwanted, reject: declined}, {match: "*", to: reception}]
  outbound: [{prefixes_file: world, trunk: a}]
`,
		"world":    "+41\n+4179 b\n+41900 deny premium\n",
		"unwanted": "+1900\n",
	})
	c, problems, err := Load(file)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	p := c.Plan()
	for called, want := range map[string]string{"+41445550100": "a", "+41791234567": "b", "+41900123456": "", "+49301": ""} {
		r := p.Route(dialplan.Outbound{Called: called, Trace: true})
		if got := strings.Join(r.Trunks, ","); got != want {
			t.Errorf("%s: %q, want %q: %+v", called, got, want, r)
		}
	}
	if d := p.Decide(dialplan.Inbound{Protocol: "sip", Caller: "+19005550123", CalledUser: "x", Time: time.Now()}); d.Kind != dialplan.Reject {
		t.Errorf("an unwanted caller: %+v", d)
	}
	// A table that changed is a change of the rules.
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "world"), []byte("+41\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	after, _, err := Load(file)
	if d := Diff(c, after); err != nil || len(d) != 1 || d[0] != "dialplan.outbound" {
		t.Errorf("the change is told as %v (%v)", d, err)
	}
}

func TestPrefixTableProblems(t *testing.T) {
	for table, want := range map[string]string{
		"+41 a\n+42 c\n":     `world:2:5: no trunk is called "c"; did you mean "a"?` + "\n    2 | +42 c\n      |     ^\n",
		"+41 a\n+42\n":       "p.yaml:3:30: line 2 of the table (+42) names no trunk, and neither does the rule\n",
		"+41 a b c\n":        `world:1:5: "a b c" is neither TRUNK,TRUNK nor deny REASON nor except` + "\n    1 | +41 a b c\n      |     ^~~~~\n",
		"forty-one\n+41 a\n": `world:1:1: "forty-one" is no prefix`,
	} {
		file := folder(t, map[string]string{"p.yaml": twoTrunks + "dialplan:\n  outbound: [{prefixes_file: \"world\"}]\n", "world": table})
		_, _, err := Load(file)
		problems, _ := err.(Problems)
		var out bytes.Buffer
		for _, p := range problems {
			p.File = filepath.Base(p.File)
			p.Write(&out)
		}
		if len(problems) != 1 || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%q: %s\nwant %s", table, &out, want)
		}
	}
	file := folder(t, map[string]string{"p.yaml": twoTrunks + "dialplan: {outbound: [{prefixes_file: nowhere, trunk: a}, {prefixes_file: .., trunk: a}]}\n"})
	_, _, err := Load(file)
	if problems, _ := err.(Problems); len(problems) != 2 || !strings.Contains(problems[0].Message, "cannot be read") || !strings.Contains(problems[1].Message, "no table") {
		t.Errorf("a table that is not there: %v", err)
	}
}

func TestMissingFiles(t *testing.T) {
	file := folder(t, map[string]string{
		"p.yaml": "trunks:\n  - {name: a, allow: [192.0.2.1], auth: {username: u, password_file: there}, inbound_auth: {username: u, password_file: gone}}\nmail: {dkim: {domain: a.example, selector: s, key_file: /no/such}}\n",
		"there":  "secret\n",
	})
	c, problems, err := Load(file)
	if err != nil {
		t.Fatal(err, problems)
	}
	missing := c.Missing()
	if len(missing) != 2 {
		t.Fatal(missing)
	}
	var out bytes.Buffer
	for _, p := range missing {
		p.Write(&out)
		if !p.Warning {
			t.Errorf("%s is no warning", p)
		}
	}
	if s := out.String(); !strings.Contains(s, "p.yaml:2:121: warning: ") || !strings.Contains(s, "gone is not there") || !strings.Contains(s, "mail") && !strings.Contains(s, "p.yaml:3:") {
		t.Error(s)
	}
}

// A large dialplan is read in a time that grows with its size alone.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	text.WriteString(twoTrunks + "dialplan:\n  inbound:\n")
	for i := range 1000 {
		text.WriteString("    - {match: \"+41*" + strings.Repeat("1", i%9) + time.Duration(i).String() + "\", trunk: a, to: reception}\n")
	}
	for b.Loop() {
		if _, problems := Parse("p.yaml", []byte(text.String())); len(problems.Mistakes()) > 0 {
			b.Fatal(problems[0])
		}
	}
}

func TestResolvers(t *testing.T) {
	c, problems := Parse("p.yaml", []byte("server: {dns: [192.0.2.53, \"127.0.0.1:5353\", \"2001:db8::53\"]}\ntrunks: [{name: a, allow: [192.0.2.1]}, {name: b, allow: [192.0.2.2], dns: system}, {name: c, allow: [192.0.2.3], dns: 192.0.2.54}]\n"))
	if len(problems.Mistakes()) > 0 {
		t.Fatal(problems)
	}
	for i, want := range []string{"192.0.2.53:53 127.0.0.1:5353 [2001:db8::53]:53", "", "192.0.2.54:53"} {
		if got := strings.Join(c.Resolvers(&c.Trunks[i]), " "); got != want {
			t.Errorf("trunk %s asks %q, want %q", c.Trunks[i].Name, got, want)
		}
	}
}

func TestPeers(t *testing.T) {
	c, problems := Parse("p.yaml", []byte("trunks: [{name: a, allow: [192.0.2.1], registrar: \"sip:r.example\", register: on, auth: {username: u, password_file: x}, peers: [\"sip:a.example\", {uri: \"sip:b.example\", weight: 5}, {uri: \"sip:c.example\", priority: 1}]}]\n"))
	if len(problems.Mistakes()) > 0 {
		t.Fatal(problems)
	}
	tr := c.Trunks[0]
	want := []Peer{{"sip:a.example", 1, 0}, {"sip:b.example", 2, 5}, {"sip:c.example", 1, 0}}
	for i, p := range tr.Peers {
		if p != want[i] {
			t.Errorf("peer %d: %+v, want %+v", i, p, want[i])
		}
	}
	plan := c.Plan().Trunks[0]
	if len(tr.Peers) != 3 || len(tr.Registrar) != 1 || strings.Join(plan.Hosts, " ") != "a.example b.example c.example r.example" {
		t.Errorf("%+v, %+v", tr, plan)
	}
}
