package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// file is a key whose value names a file.
type file struct {
	path string // of the key
	name *string
	// secret: the file is read at the start or when it is first needed, and has to
	// be there.
	secret bool
}

// files lists the keys that name files or directories.
func (c *Config) files() []file {
	all := []file{
		{"server.data_dir", &c.Server.DataDir, false},
		{"web.tls.cert_file", &c.Web.TLS.CertFile, true},
		{"web.tls.key_file", &c.Web.TLS.KeyFile, true},
		{"sip.tls.cert_file", &c.SIP.TLS.CertFile, true},
		{"sip.tls.key_file", &c.SIP.TLS.KeyFile, true},
		{"webrtc.turn.secret_file", &c.WebRTC.TURN.SecretFile, true},
		{"mail.password_file", &c.Mail.PasswordFile, true},
		{"mail.dkim.key_file", &c.Mail.DKIM.KeyFile, true},
		{"sms.webhook.template", &c.SMS.Webhook.Template, true},
		{"sms.webhook.secret_file", &c.SMS.Webhook.SecretFile, true},
		{"sms.kannel.password_file", &c.SMS.Kannel.PasswordFile, true},
		{"reception.prompts_dir", &c.Reception.PromptsDir, true},
		{"telemetry.hep.password_file", &c.Telemetry.HEP.PasswordFile, true},
	}
	for i := range c.Trunks {
		t, path := &c.Trunks[i], fmt.Sprintf("trunks[%d]", i)
		all = append(all,
			file{path + ".auth.password_file", &t.Auth.PasswordFile, true},
			file{path + ".inbound_auth.password_file", &t.InboundAuth.PasswordFile, true},
			file{path + ".tls.ca_file", &t.TLS.CAFile, true},
			file{path + ".tls.cert_file", &t.TLS.CertFile, true},
			file{path + ".tls.key_file", &t.TLS.KeyFile, true})
	}
	for i := range c.Dialplan.Inbound {
		r, path := &c.Dialplan.Inbound[i], fmt.Sprintf("dialplan.inbound[%d]", i)
		all = append(all,
			file{path + ".prefixes_file", &r.PrefixesFile, false},
			file{path + ".from_prefixes_file", &r.FromPrefixesFile, false})
	}
	for i := range c.Dialplan.Outbound {
		all = append(all, file{fmt.Sprintf("dialplan.outbound[%d].prefixes_file", i), &c.Dialplan.Outbound[i].PrefixesFile, false})
	}
	return all
}

// resolvePaths makes relative paths start at the file's directory.
func (c *Config) resolvePaths(dir string) {
	for _, f := range c.files() {
		if *f.name != "" && !filepath.IsAbs(*f.name) {
			*f.name = filepath.Join(dir, *f.name)
		}
	}
}

// Missing warns of files that are named and cannot be read: secrets,
// certificates, templates. Loading doesn't look for them, since whoever checks a
// configuration need not have them.
func (c *Config) Missing() Problems {
	var problems Problems
	for _, f := range c.files() {
		if !f.secret || *f.name == "" {
			continue
		}
		opened, err := os.Open(*f.name)
		if err == nil {
			opened.Close()
			continue
		}
		what := "cannot be read"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			what = "is not there"
		case errors.Is(err, fs.ErrPermission):
			what = "may not be read by who checks"
		}
		p := c.problem(f.path, fmt.Sprintf("%s %s", *f.name, what))
		p.Warning = true
		problems = append(problems, p)
	}
	problems.sort(c.File)
	return problems
}

// problem is a mistake found after the file was read, at the value of a key.
func (c *Config) problem(path, message string) Problem {
	at := place(c.marks, path)
	p := Problem{File: c.File, Line: at.line, Column: at.column, Width: at.width, Message: message}
	if at.line <= len(c.lines) {
		p.Source = hideSecrets(c.lines[at.line-1])
	}
	return p
}
