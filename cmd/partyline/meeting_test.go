package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestMeetingCommands does with the command line what hosts do on the page.
func TestMeetingCommands(t *testing.T) {
	t.Parallel()
	file := config(t, quiet+"sms: {country: CH}\n")
	do := func(args ...string) string { t.Helper(); return must(t, append(args, "--config", file)...) }
	do("user", "add", "ada@example.org", "--name", "Ada Host")
	added := parse[meetingView](t, do("meeting", "add", "--json", "--title", "Weekly sync", "--start", "2099-11-30 14:00", "--zone", "Europe/Zurich",
		"--repeat", "FREQ=WEEKLY;COUNT=3", "--owner", "ada@example.org", "--invite", "Gus <gus@example.net>; +41791234567", "--grace", "0s", "--remind", "0s"))
	if added.State != "scheduled" || len(added.Comes) != 3 || len(added.Invitees) != 2 || len(added.PIN) != 6 || added.Schedule.Grace != 0 || len(added.Reminders) != 0 {
		t.Fatalf("added %+v", added)
	}
	number := added.Extension
	for _, row := range []struct{ args, want string }{
		{"meeting list", "Weekly sync"},
		{"meeting list --search SYNC --owner ada@example.org", number},
		{"meeting list --past", "no such meetings"},
		{"meeting show " + number, "2099-12-07T14:00"},
		{"meeting show " + number + " --text --language de", "Weekly sync"},
		{"meeting set " + number + " --occurrence 2099-12-07T14:00 --start 2099-12-08T09:00", "changed"},
		{"meeting set " + number + " --duration 45m", "14:00–14:45"},
		{"meeting invite " + number + " eva@example.net --nothing", "nothing is sent to eva@example.net"},
		{"meeting ics " + number, "BEGIN:VCALENDAR"},
		{"meeting cancel " + number + " --occurrence 2099-12-14T14:00", "cancelled 2099-12-14T14:00 of " + number},
		{"room list", "no rooms"},
		{"person export gus@example.net", "Weekly sync"},
		{"person erase gus@example.net --yes", "erased 1 invitation"},
		{"meeting complete " + number, "completed " + number},
		{"meeting list --all", "completed"},
	} {
		out := do(strings.Fields(row.args)...)
		if !strings.Contains(out, row.want) {
			t.Errorf("%s: want %q in\n%s", row.args, row.want, out)
		}
		if strings.Contains(row.args, "--text") && strings.Contains(out, added.HostPIN) {
			t.Error("the invitation has the host's PIN")
		}
		for line := range strings.Lines(out) {
			if strings.HasPrefix(row.args, "meeting list") && utf8.RuneCountInString(line) > lineWidth+1 {
				t.Errorf("%s: a line is too wide: %s", row.args, line)
			}
		}
	}
	for _, row := range []struct{ args, want string }{
		{"meeting add --title x --start tomorrow --zone Nowhere --pin 1111", "--start:"},
		{"meeting add --title x --start tomorrow --zone Nowhere --pin 1111", "--zone:"},
		{"meeting add --title x --start 2099-01-01T10:00 --invite nobody@", "--invite: nobody@:"},
		{"meeting add --title x --start 2099-01-01T10:00 --remind 1m", "--remind:"},
		{"meeting set " + number + " --title y", "completed or cancelled"},
		{"meeting link " + number, "completed or cancelled"},
		{"meeting show 999999999", "no meeting has the number"},
		{"room set " + number + " --name y", "is a meeting"},
		{"room remove " + number, "is a meeting"},
		{"person erase eva@example.net", "--yes"},
		{"contact list --owner nobody@example.org", "--owner:"},
	} {
		if code, _, errs := try(append(strings.Fields(row.args), "--config", file)...); code == exitDone || !strings.Contains(errs, row.want) {
			t.Errorf("%s: exit %d, want %q in %s", row.args, code, row.want, errs)
		}
	}
}

func TestContactCommands(t *testing.T) {
	file := config(t, quiet+"sms: {country: CH}\n")
	dir := filepath.Dir(file)
	do := func(args ...string) string { t.Helper(); return must(t, append(args, "--config", file)...) }
	do("user", "add", "ada@example.org")
	cards := filepath.Join(dir, "cards.vcf")
	if err := os.WriteFile(cards, []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoé Müller\r\nEMAIL:zoe@example.org\r\nTEL:079 123 45 67\r\nEND:VCARD\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ args, want string }{
		{"contact import " + cards + " --owner ada@example.org", "1 contact added"},
		{"contact import " + cards + " --owner ada@example.org --json", `"added": 0`},
		{"contact list --owner ada@example.org --search mu", "+41791234567"},
		{"contact export --owner ada@example.org", "FN:Zoé Müller"},
		{"contact export --owner ada@example.org --format csv", "zoe@example.org"},
	} {
		if out := do(strings.Fields(row.args)...); !strings.Contains(out, row.want) {
			t.Errorf("%s: want %q in\n%s", row.args, row.want, out)
		}
	}
	table := filepath.Join(dir, "contacts.csv")
	do("contact", "export", "--owner", "ada@example.org", "-o", table)
	if text, err := os.ReadFile(table); err != nil || !strings.Contains(string(text), "Company") {
		t.Errorf("exported by the file's ending: %v %s", err, text)
	}
}
