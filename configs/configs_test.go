package configs

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

var index = regexp.MustCompile(`\[[0-9]+\]`)

var update = flag.Bool("update", false, "write the golden files anew")

// Every mistake of the files in testdata is told, as in the golden files.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, problems := Parse(filepath.Base(file), text)
		var got bytes.Buffer
		for _, p := range problems {
			p.Write(&got)
		}
		golden := strings.TrimSuffix(file, ".yaml") + ".golden"
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got.String(), want)
		}
		for _, p := range problems {
			if width := len([]rune(p.Source)); p.Line < 1 || p.Column < 1 || p.Source != "" && p.Column > width+1 {
				t.Errorf("%s: the place is outside of the line (%d characters)", p, width)
			}
		}
	}
}

func TestEmptyFileIsTheDefaults(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "web:\nsip:\n  tls:\n", "\ufeff"} {
		c, problems := Parse("p.yaml", []byte(text))
		if len(problems) > 0 {
			t.Errorf("%q: %v", text, problems)
		}
		if d := Diff(Defaults(), c); len(d) > 0 {
			t.Errorf("%q differs from the defaults in %v", text, d)
		}
	}
	if _, problems := Parse("d.yaml", nil); len(problems) > 0 {
		t.Errorf("the defaults have mistakes: %v", problems)
	}
}

// The example loads, names every key, and says of each what it means: the
// defaults it shows are the defaults.
func TestExample(t *testing.T) {
	c, problems, err := Load("partyline.yaml")
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	given := map[string]bool{}
	for path := range c.set {
		given[index.ReplaceAllString(path, "[]")] = true
	}
	text, err := os.ReadFile("partyline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range KeyPaths() {
		last := key[strings.LastIndexByte(key, '.')+1:]
		if !given[key] && !strings.Contains(string(text), "# "+last+":") {
			t.Errorf("the example does not name %s", key)
		}
	}
	for _, path := range []string{"sip.rtp_ports", "reception", "limits", "media", "rooms.defaults", "meetings", "privacy", "server.drain_time"} {
		for _, d := range Diff(Defaults(), c) {
			if strings.HasPrefix(d, path) && d != "reception.prompts_dir" {
				t.Errorf("the example shows another default for %s", d)
			}
		}
	}
}

func TestValues(t *testing.T) {
	c, problems := Parse("/etc/partyline/p.yaml", []byte(`
server: {public_ip: 203.0.113.10, data_dir: var}
sip:
  listen: udp://127.0.0.1:0
  rtp_bind: ["127.0.0.1", "::1"]
  rtp_ports: 0
  srtp: off
  codecs: PCMU
web: {listen: off}
h323: {listen: ""}
reception: {test_extension: 09196, digit_timeout: 2500ms}
trunks: [{name: a, allow: [127.0.0.0/8], symmetric_rtp: no, auth: {username: u, password_file: /run/a}}, {name: b, allow: 192.0.2.1}]
numbers: [{number: +41445550100, trunk: a, to: {room: 112752642}}]
`))
	if len(problems.Mistakes()) > 0 {
		t.Fatal(problems)
	}
	for what, ok := range map[string]bool{
		"one address":       len(c.Server.PublicIP) == 1 && c.Server.PublicIP[0].String() == "203.0.113.10",
		"relative path":     c.Server.DataDir == "/etc/partyline/var",
		"absolute path":     c.Trunks[0].Auth.PasswordFile == "/run/a",
		"one listener":      len(c.SIP.Listen) == 1 && c.SIP.Listen[0] == Listener{"udp", "127.0.0.1", 0},
		"two binds":         len(c.SIP.RTPBind) == 2,
		"any ports":         c.SIP.RTPPorts == PortRange{},
		"srtp off":          c.SIP.SRTP == "off",
		"codec":             reflect.DeepEqual(c.SIP.Codecs, []string{"pcmu"}),
		"web off":           c.Web.Listen.Off(),
		"h323 off":          c.H323.Listen.Off(),
		"leading zero":      c.Reception.TestExtension == "09196",
		"duration":          c.Reception.DigitTimeout == 2500*time.Millisecond,
		"trunk defaults":    c.Trunks[1].SymmetricRTP && !c.Trunks[0].SymmetricRTP && c.Trunks[1].OptionsPing == 30*time.Second,
		"a lone address":    c.Trunks[1].Allow[0].String() == "192.0.2.1/32",
		"unquoted number":   c.Numbers[0].Number == "+41445550100",
		"unquoted room":     c.Numbers[0].To == Target{Kind: "room", Room: "112752642"},
		"given":             c.Given("web.listen") && !c.Given("web.languages"),
		"source of numbers": c.Plan().Numbers[0].Source == "/etc/partyline/p.yaml:13",
	} {
		if !ok {
			t.Errorf("%s: %+v", what, c)
		}
	}
}

func TestAnchors(t *testing.T) {
	c, problems := Parse("p.yaml", []byte("trunks:\n  - {name: a, allow: &lan [192.0.2.0/24]}\n  - {name: b, allow: 192.0.3.1, media: *lan}\n"))
	if len(problems) > 0 || len(c.Trunks) != 2 || len(c.Trunks[1].Media) != 1 {
		t.Errorf("%+v, %v", c.Trunks, problems)
	}
	for _, text := range []string{"a: &x [*x]\n", "trunks: &t\n  - *t\n", "server: &s {<<: *s}\n", "server: *none\n"} {
		if _, problems := Parse("p.yaml", []byte(text)); len(problems) == 0 {
			t.Errorf("%q: no problem", text)
		}
	}
}

// Secrets never come back in a message.
func TestNoSecretInMessages(t *testing.T) {
	_, problems := Parse("p.yaml", []byte("trunks: [{name: a, auth: {username: u, password: hunter2}}]\n"))
	if len(problems) == 0 {
		t.Fatal("no problem")
	}
	for _, p := range problems {
		if strings.Contains(p.Message+p.Hint+p.Source, "hunter2") {
			t.Error(p)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	if _, _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); !os.IsNotExist(err) {
		t.Errorf("a missing file: %v", err)
	}
	file := filepath.Join(t.TempDir(), "p.yaml")
	if err := os.WriteFile(file, []byte("x: 1\ny: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Load(file)
	if ps, ok := err.(Problems); !ok || len(ps) != 2 || !strings.Contains(err.Error(), "1 more") {
		t.Errorf("got %v", err)
	}
}

func TestDiff(t *testing.T) {
	a, _ := Parse("a.yaml", []byte("dialplan: {inbound: [{match: x, to: reception}]}\n"))
	b, _ := Parse("b.yaml", []byte("dialplan: {inbound: [{match: x, to: reception}]}\nsip: {srtp: off}\ntrunks: [{name: a, allow: [192.0.2.1]}]\n"))
	if got := Diff(a, b); !reflect.DeepEqual(got, []string{"sip.srtp", "trunks"}) {
		t.Errorf("got %v", got)
	}
}

func TestDidYouMean(t *testing.T) {
	words := []string{"domain", "data_dir", "drain_time"}
	for got, want := range map[string]string{
		"domian": `did you mean "domain"?`, "Domain": `did you mean "domain"?`, "datadir": `did you mean "data_dir"?`,
		"xyz": "", "": "",
	} {
		if hint := didYouMean(got, words); hint != want {
			t.Errorf("%q: %q, want %q", got, hint, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, file := range append(files, "partyline.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, s := range []string{"&a [*a]", "? [x]\n: y", "a: |\n  b\n", "!!x y", "{a: {b: {c: [", "\xff", "a: \"\\", "<<: {}", "a:\n - \n - b", "%YAML 9\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 8<<10 {
			return
		}
		c, problems := Parse("fuzz.yaml", text)
		if c == nil {
			t.Fatal("no configuration")
		}
		for _, p := range problems {
			var b bytes.Buffer
			p.Write(&b)
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Fatalf("%+v", p)
			}
		}
		if len(problems.Mistakes()) == 0 {
			c.Plan()
		}
	})
}

func TestChanges(t *testing.T) {
	a, _ := Parse("a.yaml", []byte("trunks: [{name: a, allow: [192.0.2.1]}, {name: b, allow: [192.0.2.2]}]\nnumbers: [{number: \"+41445550100\", trunk: a, to: test}]\ndialplan: {inbound: [{match: x, to: reception}]}\n"))
	b, _ := Parse("b.yaml", []byte("trunks: [{name: a, allow: [192.0.2.1], max_calls: 5, numbers_in: {country: CH}}, {name: c, allow: [192.0.2.2]}]\nnumbers: [{number: \"+41445550100\", trunk: a, to: reception}]\n"))
	want := []string{"trunk a: max_calls, numbers_in.country", "trunk c is new", "trunk b is gone", "number +41445550100 on a: to", "rules for calls in: 0, with 1 before"}
	if got := Changes(a, b); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if got := Changes(a, a); len(got) > 0 {
		t.Errorf("nothing changed, but %q", got)
	}
}
