package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// manualCmd prints the manual page that the package installs, so that it names every
// command there is.
type manualCmd struct{}

// Run prints the manual page as roff (man(7)).
func (manualCmd) Run(c *console, k *kong.Context) error {
	writeManual(c.out, k.Model)
	return nil
}

// writeManual writes the page of a command line.
func writeManual(w io.Writer, app *kong.Application) {
	fmt.Fprintf(w, ".TH PARTYLINE 8\n.SH NAME\npartyline \\- conferencing gateway for phones, room systems and browsers\n")
	fmt.Fprint(w, ".SH SYNOPSIS\n.B partyline\n[\\fB\\-\\-config\\fR \\fIFILE\\fR] [\\fB\\-\\-json\\fR] \\fICOMMAND\\fR\n")
	fmt.Fprint(w, ".SH DESCRIPTION\n", manualText(manualIntroduction), "\n")
	fmt.Fprint(w, ".SH OPTIONS\n")
	for _, f := range app.Flags {
		manualFlag(w, f)
	}
	fmt.Fprint(w, ".SH COMMANDS\n")
	for _, leaf := range app.Leaves(true) {
		fmt.Fprintf(w, ".TP\n\\fB%s\\fR\n%s\n", manualText(leaf.Summary()), manualText(leaf.Help))
		if len(leaf.Flags) > 0 {
			fmt.Fprint(w, ".RS\n")
			for _, f := range leaf.Flags {
				manualFlag(w, f)
			}
			fmt.Fprint(w, ".RE\n")
		}
	}
	for _, s := range manualSections {
		fmt.Fprintf(w, ".SH %s\n", s.title)
		for _, e := range s.entries {
			fmt.Fprintf(w, ".TP\n\\fB%s\\fR\n%s\n", manualText(e[0]), manualText(e[1]))
		}
	}
}

func manualFlag(w io.Writer, f *kong.Flag) {
	if f.Hidden {
		return
	}
	fmt.Fprintf(w, ".TP\n\\fB%s\\fR\n%s\n", manualText(f.String()), manualText(f.Help))
}

// manualText keeps roff from reading text as requests.
func manualText(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

const manualIntroduction = "Partyline answers calls by SIP and H.323, asks for the meeting number and PIN, serves the page that guests open from a link, and mixes everyone who got in. The service runs \"partyline serve\"; all other commands are for administrators, and those on live calls speak to the running gateway. The guide is docs/admin.md, in the Debian package /usr/share/doc/partyline/admin.md."

// manualSections are what follows the commands.
var manualSections = []struct {
	title   string
	entries [][2]string
}{
	{"FILES", [][2]string{
		{"/etc/partyline/partyline.yaml", "The configuration. Every key stands in /usr/share/doc/partyline/examples/partyline.yaml."},
		{"/etc/partyline/secrets/", "Passwords and private keys, which the service reads as /run/credentials/partyline.service/secrets_NAME."},
		{"/var/lib/partyline/", "Rooms, accounts, meetings and call records, and the key to PINs and links. \"partyline backup\" copies all of it."},
	}},
	{"ENVIRONMENT", [][2]string{
		{"PARTYLINE_CONFIG", "The configuration file, where --config is not given."},
		{"GOMEMLIMIT", "A soft limit on memory, such as 512MiB."},
	}},
	{"SIGNALS", [][2]string{
		{"SIGHUP", "Read the configuration again; calls go on."},
		{"SIGTERM, SIGINT", "Take no new calls, wait for server.drain_time at most, tell everyone, end. A second one ends the waiting."},
	}},
	{"EXIT STATUS", [][2]string{
		{"0", "Done."},
		{"1", "Failed, or doctor has found something that keeps the gateway from working."},
		{"2", "The command line or the configuration is wrong."},
	}},
}
