package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
)

// Admins are made and unmade at the command line, which says so in its list and in
// the record.
func TestAdmins(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	type view struct {
		Email, Name string
		Admin       bool
	}
	if v := parse[view](t, must(t, "user", "add", "ops@example.org", "--admin", "--config", file, "--json")); !v.Admin {
		t.Errorf("added %+v", v)
	}
	if v := parse[view](t, must(t, "user", "add", "ada@example.org", "--config", file, "--json")); v.Admin {
		t.Errorf("added %+v", v)
	}
	if out := must(t, "user", "list", "--config", file); strings.Count(out, "admin") != 1 || !strings.Contains(out, "RIGHTS") {
		t.Errorf("list:\n%s", out)
	}
	must(t, "user", "set", "ada@example.org", "--admin", "--name", "Ada L.", "--config", file)
	must(t, "user", "set", "ops@example.org", "--no-admin", "--config", file)
	all := parse[[]view](t, must(t, "user", "list", "--config", file, "--json"))
	if len(all) != 2 || !all[0].Admin || all[0].Name != "Ada L." || all[1].Admin {
		t.Errorf("%+v", all)
	}
	if code, _, err := try("user", "set", "ada@example.org", "--config", file); code != exitMisuse || !strings.Contains(err, "nothing to change") {
		t.Errorf("nothing given: %d, %s", code, err)
	}
	out := must(t, "audit", "--config", file)
	for _, want := range []string{"change-user", "account ada@example.org: name: ada → Ada L.; admin: off → on", "account ops@example.org: admin: on → off", "(cli)"} {
		if !strings.Contains(out, want) {
			t.Errorf("the record lacks %q:\n%s", want, out)
		}
	}
}

// What the command line changes is on record, oldest first, and found again.
func TestAudit(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	if out := must(t, "audit", "--config", file); !strings.Contains(out, "no such changes") {
		t.Errorf("nothing yet: %s", out)
	}
	must(t, "room", "add", "--extension", "112752642", "--name", "Board", "--pin", "48219", "--config", file)
	must(t, "room", "set", "112752642", "--lobby", "--pin", "86420", "--config", file)
	must(t, "meeting", "add", "--title", "Sync", "--start", "2099-01-05T09:00", "--zone", "Europe/Zurich", "--extension", "200200200", "--config", file)
	must(t, "meeting", "set", "200200200", "--duration", "45m", "--config", file)
	must(t, "meeting", "cancel", "200200200", "--config", file)
	must(t, "room", "remove", "112752642", "--config", file)
	list := parse[[]store.Change](t, must(t, "audit", "--config", file, "--json"))
	var got []string
	for _, c := range slices.Backward(list) {
		got = append(got, c.Action+" "+c.Subject+" "+c.Detail)
		if c.By != store.ByCommand || c.Who == "" || time.Since(c.At) > time.Hour {
			t.Errorf("%+v", c)
		}
	}
	want := []string{
		"add-room room 112752642 (Board) ", "change-room room 112752642 (Board) lobby: off → on; PIN: replaced",
		"add-meeting meeting 200200200 (Sync) ", "change-meeting meeting 200200200 (Sync) duration: 1h0m0s → 45m0s",
		"cancel-meeting meeting 200200200 (Sync) ", "remove-room room 112752642 (Board) ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("on record\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for args, n := range map[string]int{
		"--action add-room,remove-room": 2, "--search sync": 3, "--since 1h": 6, "--until 2020-01-01": 0, "--failed": 0, "--limit 2": 2, "--who nobody": 0,
	} {
		if list := parse[[]store.Change](t, must(t, append(strings.Fields("audit "+args), "--config", file, "--json")...)); len(list) != n {
			t.Errorf("%s: %d entries, want %d", args, len(list), n)
		}
	}
	if code, _, err := try("audit", "--since", "yesterday", "--config", file); code != exitMisuse || !strings.Contains(err, "is no time") {
		t.Errorf("exit %d, %s", code, err)
	}
}

// The configuration is shown with every key, and with no secret: neither what is in
// the files that it names, nor what an address holds of one.
func TestSettingsHaveNoSecrets(t *testing.T) {
	secret := secretFile(t, "squeamish-ossifrage")
	file := config(t, fmt.Sprintf(`
server: {domain: meet.example.org}
mail: {smtp: "smtp://127.0.0.1:9", from: meet@example.org, username: meet, password_file: %[1]s}
sms: {country: CH, webhook: {url: "https://ann:squeamish@sms.example.net/send?token=ossifrage&to=x", secret_file: %[1]s}}
trunks:
  - {name: carrier-a, peers: ["sip:acme:squeamish@sbc.example.net"], allow: [192.0.2.0/24], auth: {username: acme, password_file: %[1]s}}
numbers: [{number: "+41445550100", trunk: carrier-a, to: reception}, {number: "+41445550177", to: {room: "112752642"}}]
dialplan: {inbound: [{match: "sip:{ext:[0-9]{6,12}}@*", to: {room: "{ext}"}}, {match: "*", to: reception}]}
`, secret))
	cfg, _, err := configs.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	values, given := map[string]string{}, map[string]bool{}
	for _, s := range settingsOf(cfg) {
		if strings.Contains(s.Value, "squeamish") || strings.Contains(s.Value, "ossifrage") {
			t.Errorf("%s shows a secret: %s", s.Key, s.Value)
		}
		if strings.Contains(s.Value, "0x") || strings.Contains(s.Value, "{{") {
			t.Errorf("%s is shown as %s", s.Key, s.Value)
		}
		values[s.Key], given[s.Key] = s.Value, s.Given
	}
	for key, want := range map[string]string{
		"server.domain": "meet.example.org", "mail.password_file": secret, "trunks[carrier-a].auth.password_file": secret,
		"sms.webhook.url": "https://ann:***@sms.example.net/send?token=***&to=***", "numbers[+41445550100].to": "reception",
		"dialplan.inbound[2].match": "*", "limits.lockout": "on", "numbers[+41445550177].to": "room 112752642",
	} {
		if values[key] != want {
			t.Errorf("%s is %q, want %q", key, values[key], want)
		}
	}
	if !given["server.domain"] || given["limits.lockout"] || !given["trunks[carrier-a].name"] {
		t.Errorf("given: %v", given)
	}
	for _, key := range configs.KeyPaths() { // all there are; of lists those that say something
		if _, ok := values[key]; !ok && !strings.Contains(key, "[]") {
			t.Errorf("%s is not shown", key)
		}
	}
}

func TestTrunkState(t *testing.T) {
	peer := func(state string) sip.PeerState { return sip.PeerState{State: state} }
	for _, tt := range []struct {
		t    sip.TrunkState
		want string
	}{
		{sip.TrunkState{}, "unknown"},
		{sip.TrunkState{Peers: []sip.PeerState{peer(sip.PeerUnknown)}}, "unknown"},
		{sip.TrunkState{Peers: []sip.PeerState{peer(sip.PeerUp), peer(sip.PeerUnknown)}}, "up"},
		{sip.TrunkState{Peers: []sip.PeerState{peer(sip.PeerUp), peer(sip.PeerDown)}}, "partly"},
		{sip.TrunkState{Peers: []sip.PeerState{peer(sip.PeerDown)}}, "down"},
		{sip.TrunkState{Peers: []sip.PeerState{peer(sip.PeerUp)}, Registered: []sip.Registration{{State: "failed", LastError: "403"}}}, "partly"},
		{sip.TrunkState{Registered: []sip.Registration{{State: sip.Registered, LastError: "an hour ago"}}}, "up"},
	} {
		if got := trunkState(tt.t); got != tt.want {
			t.Errorf("%+v is %s, want %s", tt.t, got, tt.want)
		}
	}
}

// TestAdminOfAGateway asks a running gateway what the admin page asks, and reloads it.
func TestAdminOfAGateway(t *testing.T) {
	t.Parallel()
	file := config(t, quiet+"limits: {calls: 10}\n")
	password := secretFile(t, "correct horse battery")
	must(t, "user", "add", "ops@example.org", "--admin", "--password-file", password, "--config", file)
	s := startServe(t, file)
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar}
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		q, err := http.NewRequest(method, s.listeners.Web+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/json")
		res, err := c.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	for _, tt := range []struct{ pw, want string }{{"wrong horse battery", "401"}, {"correct horse battery", "200"}} {
		if code, body := ask("POST", "/session", `{"email":"ops@example.org","password":"`+tt.pw+`"}`); fmt.Sprint(code) != tt.want {
			t.Fatalf("sign-in: %d %s", code, body)
		}
	}
	ask("POST", "/session", `{"email":"48219","password":"x"}`) // a PIN where the address is asked
	for path, want := range map[string]string{
		"status": `"ready":true`, "trunks": `"trunks":[]`, "numbers": `"numbers":[]`, "calls": `"total":0`, "rooms": `"rooms":[]`,
		"failures": `"failures":[]`, "config": `"limits.calls"`,
	} {
		if code, body := ask("GET", "/admin/"+path, ""); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(string(text), "calls: 10", "calls: 20", 1))
	if code, body := ask("POST", "/admin/reload", ""); code != 200 || !strings.Contains(body, `"limits.calls"`) {
		t.Errorf("reload: %d %s", code, body)
	}
	write(strings.Replace(string(text), "calls: 10", "cals: 20", 1))
	if code, body := ask("POST", "/admin/reload", ""); code != 422 || !strings.Contains(body, filepath.Base(file)+":") || !strings.Contains(body, "cals") {
		t.Errorf("a mistake: %d %s", code, body)
	}
	write(string(text))
	must(t, "reload", "--config", file)
	var got []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && !slices.Contains(got, "cli reload configuration in force: limits.calls"); {
		got = nil
		for _, e := range slices.Backward(parse[[]store.Change](t, must(t, "audit", "--config", file, "--json"))) {
			line := strings.TrimSpace(e.By + " " + e.Action + " " + e.Subject + " " + e.Detail)
			if e.Failed {
				line += " refused"
			}
			got = append(got, line)
		}
	}
	want := []string{
		"cli add-user account ops@example.org admin", "account sign-in account ops@example.org refused", "account sign-in account ops@example.org",
		"account sign-in no account refused", "account reload configuration in force: limits.calls", "cli reload configuration in force: limits.calls",
	}
	if !slices.Equal(got, want) {
		t.Errorf("on record\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	metricsAreBounded(t, s)
}

// metricsAreBounded looks at every series of a scrape: no label has a value that a
// caller has chosen.
func metricsAreBounded(t *testing.T, s *served) {
	t.Helper()
	known := map[string][]string{
		"protocol": {"sip", "h323", "webrtc"}, "state": {"reception", "lobby", "room", "held"}, "direction": {"in", "out"},
		"result": {"ok", "failed", "sent", "retried", "dropped"}, "class": {"1xx", "2xx", "3xx", "4xx", "5xx"}, "channel": {"mail", "sms"},
		"use": {"sip", "web"}, "trunk": {}, "peer": {}, "version": {versionText()},
	}
	var words []string
	for c := range cause.Cause(64) {
		words = append(words, c.String())
	}
	known["cause"], known["verdict"] = words, append([]string{"admitted"}, words...)
	known["reason"] = append([]string{"unknown", "overrun", "unsent"}, words...)
	_, text := httpGet(t, "http://"+s.listeners.Metrics+"/metrics")
	series := 0
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "partyline_") {
			continue
		}
		series++
		for _, m := range regexp.MustCompile(`([a-z]+)="([^"]*)"`).FindAllStringSubmatch(line, -1) {
			label, value := m[1], m[2]
			if label == "engine" && regexp.MustCompile(`^\d{1,3}$`).MatchString(value) || label == "goversion" {
				continue
			}
			if !slices.Contains(known[label], value) {
				t.Errorf("%s is not among the values of %s that there are: %s", value, label, line)
			}
		}
	}
	if series < 40 || series > 400 {
		t.Errorf("%d series", series)
	}
}
