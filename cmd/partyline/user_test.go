package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/partyline/partyline/configs"
)

// secretFile writes a secret into a file of its own.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestUsers(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	type view struct {
		ID, Email, Name, Password string
		Disabled                  bool
	}
	if out := must(t, "user", "list", "--config", file); !strings.Contains(out, "no accounts") {
		t.Errorf("nobody: %s", out)
	}
	made := parse[view](t, must(t, "user", "add", "Ada@Example.org", "--name", "Ada L.", "--config", file, "--json"))
	if made.Email != "ada@example.org" || made.Name != "Ada L." || len(made.Password) != 19 {
		t.Errorf("made %+v", made)
	}
	given := must(t, "user", "add", "ben@example.org", "--password-file", secretFile(t, "correct horse \n"), "--config", file)
	if strings.Contains(given, "horse") || !strings.Contains(given, "ben@example.org") {
		t.Errorf("with a password of one's own: %s", given)
	}
	for _, tt := range []struct{ args, says string }{
		{"user add ada@example.org", "has an account already"},
		{"user add nobody", "e-mail address"},
		{"user add c@d.example --password-file " + secretFile(t, "short"), "at least 8 characters"},
		{"user add c@d.example --password-file " + secretFile(t, "\n"), "is empty"},
		{"user add c@d.example --password-file /no/such", "--password-file"},
		{"user add c@d.example --password x", "--password"},
	} {
		if code, _, err := try(append(strings.Fields(tt.args), "--config", file)...); code != exitMisuse || !strings.Contains(err, tt.says) {
			t.Errorf("%s: exit %d, %s", tt.args, code, err)
		}
	}
	again := parse[view](t, must(t, "user", "passwd", "ada@example.org", "--config", file, "--json"))
	if again.ID != made.ID || again.Password == made.Password || again.Password == "" {
		t.Errorf("another password: %+v", again)
	}
	must(t, "user", "disable", "ben@example.org", "--config", file)
	list := must(t, "user", "list", "--config", file, "--json")
	if all := parse[[]view](t, list); len(all) != 2 || all[0].Disabled || !all[1].Disabled || strings.Contains(list, "argon2") || all[0].Password != "" {
		t.Errorf("list: %s", list)
	}
	must(t, "user", "disable", "ben@example.org", "--off", "--config", file)
	must(t, "room", "add", "--extension", "112752642", "--owner", "ada@example.org", "--config", file)
	if out := must(t, "user", "list", "--config", file); !strings.Contains(out, "ada@example.org  Ada L.  1") || strings.Contains(out, "disabled") {
		t.Errorf("list: %s", out)
	}
	for _, tt := range []struct{ args, says string }{
		{"user remove ada@example.org", "owns 1 room"},
		{"user remove ada@example.org --rooms-to ada@example.org", "that is to be removed"},
		{"user remove ada@example.org --rooms-to zoe@example.org", "no account"},
		{"user remove zoe@example.org", "no account"},
		{"user passwd zoe@example.org", "no account"},
		{"room add --owner zoe@example.org", "no account"},
	} {
		if code, _, err := try(append(strings.Fields(tt.args), "--config", file)...); code == exitDone || !strings.Contains(err, tt.says) {
			t.Errorf("%s: exit %d, %s", tt.args, code, err)
		}
	}
	must(t, "user", "remove", "ada@example.org", "--rooms-to", "ben@example.org", "--config", file)
	if out := must(t, "room", "show", "112752642", "--config", file); !strings.Contains(out, "ben@example.org") {
		t.Errorf("the heir: %s", out)
	}
	must(t, "user", "remove", "ben@example.org", "--rooms-to", "all", "--config", file)
	if out := must(t, "room", "show", "112752642", "--config", file); strings.Contains(out, "owner") {
		t.Errorf("everybody's: %s", out)
	}
}

func TestGuestLinks(t *testing.T) {
	t.Parallel()
	file := config(t, strings.Replace(quiet, "http://127.0.0.1:0", "http://127.0.0.1:8123", 1))
	type view struct {
		GuestLink    string `json:"guest_link"`
		Names        string
		GuestInvites bool `json:"guest_invites"`
		Lobby        bool
		PIN          string
		Owner        string
		Language     string
	}
	made := parse[view](t, must(t, "room", "add", "--extension", "112752642", "--pin", "48219", "--names", "guest", "--guest-invites", "--language", "de", "--config", file, "--json"))
	if !strings.HasPrefix(made.GuestLink, "http://127.0.0.1:8123/j/") || len(made.GuestLink) != len("http://127.0.0.1:8123/j/")+22 ||
		made.Names != "guest" || !made.GuestInvites {
		t.Errorf("made %+v", made)
	}
	if out := must(t, "room", "add", "--extension", "33", "--config", file); !strings.Contains(out, "link") {
		t.Errorf("add: %s", out)
	}
	if all := parse[[]view](t, must(t, "room", "list", "--config", file, "--json")); len(all) != 2 || all[1].GuestLink != made.GuestLink || all[0].GuestLink == "" {
		t.Errorf("list: %+v", all)
	}
	for _, args := range []string{"room show 112752642", "room link 112752642"} {
		if out := must(t, append(strings.Fields(args), "--config", file)...); !strings.Contains(out, made.GuestLink) {
			t.Errorf("%s: %s", args, out)
		}
	}
	other := strings.TrimSpace(must(t, "room", "link", "112752642", "--regenerate", "--config", file))
	if other == made.GuestLink || parse[view](t, must(t, "room", "link", "112752642", "--config", file, "--json")).GuestLink != other {
		t.Errorf("regenerated: %s", other)
	}
	set := parse[view](t, must(t, "room", "set", "112752642", "--lobby", "--pin-file", secretFile(t, "86420\n"), "--names", "ask", "--no-guest-invites", "--language", "", "--config", file, "--json"))
	if set != (view{GuestLink: other, Names: "ask", Lobby: true, PIN: "86420"}) {
		t.Errorf("set %+v", set)
	}
	if out := must(t, "room", "set", "112752642", "--no-pin", "--config", file); strings.Contains(out, "86420") || !strings.Contains(out, "no PIN") {
		t.Errorf("without PIN: %s", out)
	}
	for _, tt := range []struct{ args, says string }{
		{"room set 112752642", "nothing to change"},
		{"room set 112752642 --names who", "names"},
		{"room set 112752642 --pin 1234", "pin"},
		{"room set 99 --lobby", "no room"},
		{"room set 112752642 --owner x@y", "no account"},
		{"room link 99", "no room"},
		{"room add --names who", "names"},
	} {
		if code, _, err := try(append(strings.Fields(tt.args), "--config", file)...); code == exitDone || !strings.Contains(err, tt.says) {
			t.Errorf("%s: exit %d, %s", tt.args, code, err)
		}
	}
	// A port that is not chosen yet makes no link.
	file = config(t, quiet)
	if out := must(t, "room", "add", "--extension", "112752642", "--config", file, "--json"); strings.Contains(out, "guest_link") {
		t.Errorf("a link to port 0: %s", out)
	}
	if code, _, err := try("room", "link", "112752642", "--config", file); code != exitFailed || !strings.Contains(err, "address is not known") {
		t.Errorf("exit %d, %s", code, err)
	}
	s := startServe(t, file)
	if out := must(t, "room", "link", "112752642", "--config", file); !strings.HasPrefix(out, s.listeners.Web+"/j/") {
		t.Errorf("while it runs: %s, listening on %s", out, s.listeners.Web)
	}
}

func TestPageURL(t *testing.T) {
	for _, tt := range []struct{ text, bound, want string }{
		{"", "", "http://localhost:8080"},
		{"", "http://127.0.0.1:8080", "http://localhost:8080"},
		{"server: {domain: meet.example.org}", "", "http://localhost:8080"},
		{"web: {listen: off}", "", ""},
		{"web: {listen: \"http://127.0.0.1:0\"}", "", ""},
		{"web: {listen: \"http://127.0.0.1:0\"}", "http://127.0.0.1:40123", "http://127.0.0.1:40123"},
		{"web: {listen: \"http://[::1]:80\"}", "", "http://[::1]"},
		{"web: {listen: \"http://[::1]:81\"}", "", "http://[::1]:81"},
		{"web: {listen: \"https://:443\", tls: {acme: {email: a@b.example}}}\nserver: {domain: meet.example.org}", "https://[::]:443", "https://meet.example.org"},
		{"web: {listen: \"https://:8443\", tls: {cert_file: a, key_file: b}}\nserver: {domain: meet.example.org}", "", "https://meet.example.org:8443"},
		{"web: {listen: \"https://192.0.2.1:443\", tls: {cert_file: a, key_file: b}}", "", "https://192.0.2.1"},
		{"web: {listen: \"https://0.0.0.0:443\", tls: {cert_file: a, key_file: b}}\nserver: {public_ip: 203.0.113.10}", "", "https://203.0.113.10"},
		{"web: {listen: \"http://127.0.0.1:0\", url: \"https://meet.example.org/\"}", "", "https://meet.example.org"},
		{"web: {listen: \"http://:80\"}\nserver: {domain: meet.example.org}", "", "http://meet.example.org"},
	} {
		cfg, _, err := configs.Load(config(t, tt.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := pageURL(cfg, tt.bound); got != tt.want {
			t.Errorf("%s, bound to %q: %q, want %q", tt.text, tt.bound, got, tt.want)
		}
	}
}
