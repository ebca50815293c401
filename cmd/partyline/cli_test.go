package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// quiet is a configuration whose listeners disturb nobody.
const quiet = `
server: {data_dir: data, drain_time: 2s}
web: {listen: "http://127.0.0.1:0"}
sip: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"], rtp_bind: 127.0.0.1, rtp_ports: 0}
h323: {listen: "127.0.0.1:0", h245_ports: 0}
webrtc: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]}
telemetry: {metrics: "127.0.0.1:0", log: {format: json}}
`

// config writes a configuration file into a directory of its own.
func config(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "partyline.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// try runs the command line.
func try(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(args, &out, &err)
	return code, out.String(), err.String()
}

// must runs it and fails the test if it fails.
func must(t *testing.T, args ...string) string {
	t.Helper()
	code, out, err := try(args...)
	if code != exitDone {
		t.Fatalf("partyline %s: exit %d\n%s%s", strings.Join(args, " "), code, out, err)
	}
	return out
}

func parse[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, text)
	}
	return v
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	broken := config(t, "servr: 1\nsip: {srtp: prefered}\n")
	for _, tt := range []struct {
		args string
		code int
		says string // on standard error, or on standard output if done
	}{
		{"version", exitDone, "partyline "},
		{"--help", exitDone, "Usage: partyline"},
		{"room --help", exitDone, "remove"},
		{"", exitMisuse, "expected one of"},
		{"rom list", exitMisuse, `did you mean "room"`},
		{"room add --no-such-flag", exitMisuse, "--no-such-flag"},
		{"check", exitMisuse, "--config FILE"},
		{"check --config " + file, exitDone, "no mistakes"},
		{"check " + file, exitDone, "no mistakes"},
		{"check --config " + broken, exitMisuse, "2 mistakes"},
		{"check --config " + file + ".none", exitMisuse, "cannot be read"},
		{"serve --config " + broken, exitMisuse, `did you mean "server"?`},
		{"room list --config " + broken, exitMisuse, `did you mean "preferred"?`},
		{"calls list --config " + file, exitFailed, "no gateway is running"},
		{"calls kick abc --config " + file, exitFailed, "no gateway is running"},
		{"call h323:600@192.0.2.7 --room 112752642 --config " + file, exitFailed, "no gateway is running"},
		{"call h323:600@192.0.2.7 --config " + file, exitMisuse, "--room"},
		{"call h323:600@192.0.2.7 --room 112752642 --wait 0s --config " + file, exitMisuse, "--wait"},
		{"room end 112752642 --config " + file, exitFailed, "no gateway is running"},
		{"reload --config " + file, exitFailed, "no gateway is running"},
		{"room show 112752642 --config " + file, exitFailed, "no room has the extension 112752642"},
		{"room remove 112752642 --config " + file, exitFailed, "no room has the extension"},
		{"room add --pin 1234 --config " + file, exitMisuse, "pin"},
		{"room add --pin 48219 --pin-file x --config " + file, exitMisuse, "either --pin or --pin-file"},
		{"room add --pin-file /no/such --config " + file, exitMisuse, "--pin-file"},
		{"room add --extension 9196 --config " + file, exitMisuse, "test extension"},
		{"trunk show x --config " + file, exitFailed, "no trunk"},
		{"route explain --trunk x sip:a@b --config " + file, exitMisuse, "no trunk"},
	} {
		code, out, err := try(strings.Fields(tt.args)...)
		said := err
		if tt.code == exitDone {
			said = out
		}
		if code != tt.code || !strings.Contains(said, tt.says) {
			t.Errorf("partyline %s: exit %d, want %d, and %q\nout: %s\nerr: %s", tt.args, code, tt.code, tt.says, out, err)
		}
	}
}

func TestCheckJSON(t *testing.T) {
	code, out, _ := try("check", "--json", "--config", config(t, "servr: 1\nsip:\n  srtp: prefered\n"))
	type report struct {
		Valid    bool
		Problems []struct {
			Line, Column  int
			Message, Hint string
		}
	}
	r := parse[report](t, out)
	if code != exitMisuse || r.Valid || len(r.Problems) != 2 || r.Problems[1].Line != 3 || r.Problems[1].Column != 9 || r.Problems[1].Hint == "" {
		t.Errorf("exit %d: %+v", code, r)
	}
	if r := parse[report](t, must(t, "check", "--json", "--config", config(t, ""))); !r.Valid || r.Problems == nil {
		t.Errorf("an empty file: %+v", r)
	}
}

func TestRooms(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	type view struct {
		Extension, Name, Language, PIN string
		HostPIN                        string `json:"host_pin"`
		MaxParticipants                int    `json:"max_participants"`
		Lobby                          bool
		Count                          *int
	}
	made := parse[view](t, must(t, "room", "add", "--config", file, "--extension", "112752642", "--name", "Boardroom",
		"--pin", "48219", "--host-pin", "97531", "--language", "de", "--lobby", "--json"))
	if made.Extension != "112752642" || made.Name != "Boardroom" || made.PIN != "48219" || made.HostPIN != "97531" || !made.Lobby || made.MaxParticipants != 50 {
		t.Errorf("made %+v", made)
	}
	if code, _, err := try("room", "add", "--config", file, "--extension", "112752642"); code != exitMisuse || !strings.Contains(err, "extension") {
		t.Errorf("an extension twice: exit %d, %s", code, err)
	}
	secret := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(secret, []byte("86420\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := parse[view](t, must(t, "room", "add", "--config", file, "--pin-file", secret, "--json"))
	if len(own.Extension) != 9 || own.PIN != "86420" || own.HostPIN == "" || own.Name == "" {
		t.Errorf("by defaults: %+v", own)
	}
	open := parse[view](t, must(t, "room", "add", "--config", file, "--no-pin", "--json"))
	if open.PIN != "" || open.HostPIN == "" {
		t.Errorf("without PIN: %+v", open)
	}
	all := must(t, "room", "list", "--config", file, "--json")
	if rooms := parse[[]view](t, all); len(rooms) != 3 || strings.Contains(all, "48219") || rooms[0].Count != nil {
		t.Errorf("list: %s", all)
	}
	if text := must(t, "room", "list", "--config", file); !strings.Contains(text, "Boardroom") || !strings.Contains(text, "lobby") {
		t.Errorf("list: %s", text)
	}
	if text := must(t, "room", "show", "112752642", "--config", file); !strings.Contains(text, "48219") || !strings.Contains(text, "no gateway") {
		t.Errorf("show: %s", text)
	}
	must(t, "room", "remove", "112752642", "--config", file)
	if rooms := parse[[]view](t, must(t, "room", "list", "--config", file, "--json")); len(rooms) != 2 {
		t.Errorf("after removing: %+v", rooms)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), "data", "partyline.db")); err != nil {
		t.Errorf("the data is not beside the configuration: %v", err)
	}
}

func TestRouteExplain(t *testing.T) {
	file := config(t, quiet+`
trunks: [{name: carrier-a, allow: [198.51.100.0/28]}]
numbers: [{number: "+41445550100", trunk: carrier-a, label: Zürich, language: de, to: reception}]
dialplan:
  inbound: [{match: "help", to: reception}, {match: "desk-{no}", to: {forward: "+4144555{no}"}}, {match: "to-{who}", to: {forward: "{who}"}}, {match: "vip", to: {forward: "sip:112752642.48219@pbx"}}]
  outbound: [{match: "+41*", trunk: carrier-a, caller_id: "+41445550100"}]
`)
	for _, tt := range []struct{ args, want string }{
		{"sip:112752642@gw", "reaches room 112752642: the PIN is asked for"},
		{"sip:112752642.48219@gw", "sip:112752642.****@gw reaches room 112752642: it joins"},
		{"h323:10.0.0.1##112752642#48219", "reaches room 112752642: it joins"},
		{"112752642", "reaches room 112752642"},
		{"sip:gw.example.org:5060;transport=tcp", "sip:gw.example.org reaches reception"},
		{"203.0.113.10", "reaches reception"},
		{"sip:[2001:db8::1]:5060", "reaches reception"},
		{"sip:9196@gw", "test extension"},
		{"sip:bob@gw", "refused (404)"},
		{"sip:help@gw", "partyline.yaml:12"},
		{"sip:desk-0199@gw", "sip:desk-0199@gw is sent on to +41445550199 (302)"},
		{"sip:vip@gw", "is sent on to sip:112752642.****@pbx (302)"},
		{"h323:desk-0199", "refused (404): only calls by SIP are sent on"},
		{"sip:to-nobody@gw", "refused (404): the rule sends on to nobody, which is no SIP"},
		{"+41445550100 --trunk carrier-a", "reaches reception, in language de"},
		{"tel:+41445550100 --trunk carrier-a", "reaches reception, in language de"},
		{"+41445550100", "refused (404)"},
		{"--out +41446680000", "by trunk carrier-a as +41446680000, from +41445550100"},
		{"--out +491234", "+491234 is not called: no outbound rule allows it"},
	} {
		out := must(t, append([]string{"route", "explain", "--config", file}, strings.Fields(tt.args)...)...)
		if !strings.Contains(out, tt.want) || strings.Contains(out, "48219") {
			t.Errorf("%s: want %q in\n%s", tt.args, tt.want, out)
		}
	}
	e := parse[explanation](t, must(t, "route", "explain", "--json", "--config", file, "sip:112752642.48219@gw"))
	if e.Decision != "room" || e.Extension != "112752642" || !e.PIN || len(e.Trace) == 0 {
		t.Errorf("%+v", e)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), "data")); err == nil {
		t.Error("explaining made a data directory")
	}
}

func TestTrunksAndNumbers(t *testing.T) {
	file := config(t, quiet+`
trunks: [{name: carrier-a, peers: ["sip:sbc.example"], allow: [198.51.100.0/28], auth: {username: u, password_file: secret}}]
numbers: [{number: "+41445550100", trunk: carrier-a, to: {room: "112752642"}}]
`)
	for args, want := range map[string]string{
		"trunk list": "198.51.100.0/28", "trunk": "carrier-a", "trunk show carrier-a": "+41445550100", "number list": "room 112752642",
	} {
		if out := must(t, append(strings.Fields(args), "--config", file)...); !strings.Contains(out, want) {
			t.Errorf("%s: want %q in\n%s", args, want, out)
		}
		out := must(t, append(strings.Fields(args), "--json", "--config", file)...)
		if !json.Valid([]byte(out)) || strings.Contains(out, "secret") {
			t.Errorf("%s --json: %s", args, out)
		}
	}
}

func TestDoctor(t *testing.T) {
	file := config(t, quiet)
	out := must(t, "doctor", "--config", file)
	for _, want := range []string{"configuration:", "gateway: is not running", "sip.listen[0]", "clock:", "public address:"} {
		if !strings.Contains(out, want) {
			t.Errorf("the doctor does not say %q:\n%s", want, out)
		}
	}
	code, out, _ := try("doctor", "--json", "--config", config(t, quiet+"mail: {smtp: \"submission://127.0.0.1:9\", from: a@b.example, username: u, password_file: none}\n"))
	report := parse[struct {
		Healthy  bool
		Findings []finding
	}](t, out)
	if code != exitFailed || report.Healthy || len(report.Findings) < 5 {
		t.Errorf("a missing secret: exit %d, %+v", code, report)
	}
	loose := config(t, quiet+"mail: {smtp: \"submission://127.0.0.1:9\", from: a@b.example, username: u, password_file: pass}\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(loose), "pass"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := must(t, "doctor", "--config", loose); !strings.Contains(out, "chmod 600") {
		t.Errorf("a secret that all can read: %s", out)
	}
	if code, out, _ := try("doctor", "--config", config(t, "servr: 1\n")); code != exitFailed || !strings.Contains(out, "servr") {
		t.Errorf("a broken configuration: exit %d %s", code, out)
	}
}

func TestTableFits(t *testing.T) {
	var b bytes.Buffer
	table(&b, []string{"ID", "NAME", "REMOTE"}, [][]string{
		{"a1", strings.Repeat("Zürich ", 20), "198.51.100.7:5060"}, {"b2", "evil\x1b[2J\u202ename", ""},
	})
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > lineWidth {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") || !strings.Contains(b.String(), "…") || !strings.Contains(b.String(), "198.51.100.7:5060") {
		t.Errorf("the table is\n%s", b.String())
	}
}
