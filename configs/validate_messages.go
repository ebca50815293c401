package configs

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
)

// mostReminders is how many reminders a meeting may have.
const mostReminders = 5

func (d *decoder) meetings(c *Config) {
	all := c.Meetings.Reminders
	if len(all) > mostReminders {
		d.wrong("meetings.reminders", "%d reminders are too many: at most %d", len(all), mostReminders)
	}
	for i, r := range all {
		path := fmt.Sprintf("meetings.reminders[%d]", i)
		switch {
		case r == 0: // not understood, which was told already
		case slices.Contains(all[:i], r):
			d.wrong(path, "%s is in the list twice", strings.TrimSuffix(strings.TrimSuffix(r.String(), "0s"), "0m"))
		case r%time.Minute != 0:
			d.wrong(path, "%s is no whole number of minutes", r)
		}
	}
}

func (d *decoder) mail(c *Config) {
	m := c.Mail
	if !m.SMTP.Off() && m.From == "" {
		d.wrong("mail.smtp", "mail needs a sender: mail.from")
	}
	if !m.SMTP.Off() && m.SMTP.Host == "" {
		d.wrong("mail.smtp", "%s names no mail server", m.SMTP)
	}
	if m.SMTP.Off() && m.From != "" {
		d.warn("mail", "nothing is sent: mail.smtp names no server")
	}
	if m.Username != "" && m.PasswordFile == "" {
		d.wrong("mail.username", "username and password_file belong together")
	}
	if m.Username == "" && m.PasswordFile != "" {
		d.wrong("mail.password_file", "username and password_file belong together")
	}
	if m.Username != "" && m.SMTP.Scheme == "smtp" {
		d.warn("mail.smtp", "smtp:// may go out without TLS: with a password use submission:// or submissions://")
	}
	d.dkim(c)
}

func (d *decoder) dkim(c *Config) {
	k := c.Mail.DKIM
	given := 0
	for _, text := range []string{k.Domain, k.Selector, k.KeyFile} {
		if text != "" {
			given++
		}
	}
	if given > 0 && given < 3 {
		d.wrong("mail.dkim", "domain, selector and key_file belong together")
	}
	from, err := mail.ParseAddress(c.Mail.From)
	if k.Domain == "" || err != nil {
		return
	}
	_, host, _ := strings.Cut(from.Address, "@")
	if host, domain := strings.ToLower(host), strings.ToLower(k.Domain); host != domain && !strings.HasSuffix(host, "."+domain) {
		d.warn("mail.dkim.domain", "mail is from %s: receivers that check DMARC want it signed by that domain", host)
	}
}

func (d *decoder) sms(c *Config) {
	w, k := c.SMS.Webhook, c.SMS.Kannel
	if w.URL != "" && k.URL != "" {
		d.wrong("sms.kannel", "short messages go out one way: either webhook or kannel")
	}
	if w.URL != "" && w.SecretFile == "" {
		d.wrong("sms.webhook", "the webhook is signed: secret_file is needed")
	}
	if w.URL == "" && (w.Template != "" || w.SecretFile != "") {
		d.wrong("sms.webhook", "a webhook needs its url")
	}
	switch {
	case k.URL == "":
		if k.Username != "" || k.PasswordFile != "" || k.From != "" {
			d.wrong("sms.kannel", "kannel needs its url, as http://127.0.0.1:13013/cgi-bin/sendsms")
		}
	case k.Username == "" || k.PasswordFile == "":
		d.wrong("sms.kannel", "kannel needs username and password_file")
	}
	for _, at := range []struct{ path, url string }{{"sms.webhook.url", w.URL}, {"sms.kannel.url", k.URL}} {
		if u, err := url.Parse(at.url); err == nil && u.Scheme == "http" && !isLocal(u.Hostname()) {
			d.warn(at.path, "numbers and invitations go to %s without TLS", u.Host)
		}
	}
}

func isLocal(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}

func (d *decoder) privacy(c *Config) {
	p := c.Privacy
	for _, at := range []struct {
		key  string
		kept time.Duration
	}{{"call_records", p.CallRecords}, {"guest_names", p.GuestNames}} {
		if at.kept != 0 && at.kept < time.Hour {
			d.wrong("privacy."+at.key, "%s is too short: at least 1h, or 0s for ever", at.kept)
		}
	}
	if p.CallRecords != 0 && p.GuestNames > p.CallRecords {
		d.warn("privacy.guest_names", "names are in the call records and go with them after %s", p.CallRecords)
	}
}
