package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/partyline/partyline/store"
)

// The places of secrets as the unit has them.
const (
	credentials = "/run/credentials/partyline.service/"
	secretsDir  = "/etc/partyline/secrets/"
)

// dataDir tries to write where the gateway will.
func (x *examination) dataDir() {
	dir := x.cfg.Server.DataDir
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		x.add("data directory", fine, "%s is made at the first start", dir)
		return
	case errors.Is(err, fs.ErrPermission):
		x.add("data directory", warning, "%s cannot be looked at by this user", dir).advise("run this as root or as the service's user")
		return
	case err != nil || !st.IsDir():
		x.add("data directory", failed, "%s is no directory", dir).advise("set server.data_dir to a directory")
		return
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		x.add("data directory", failed, "%s cannot be written: %s", dir, err).
			advise("give it to the service's user, or set server.data_dir to a directory that is")
		return
	}
	f.Close()
	os.Remove(f.Name())
	x.owners(dir, st)
	if free, ok := freeSpace(dir); ok && free < 100<<20 {
		x.add("data directory", warning, "%s has only %d MiB left", dir, free>>20).
			advise("make room: without it no record and no new room is written")
		return
	}
	x.add("data directory", fine, "%s can be written", dir)
	x.schema(dir)
}

// owners looks for files that somebody else than the directory's owner has made
// there: mostly root, by serving once by hand.
func (x *examination) owners(dir string, st fs.FileInfo) {
	mine, ok := ownerOf(st)
	if !ok {
		return
	}
	// The unit's directory is a link to a private one.
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return
	}
	var strange []string
	_ = filepath.WalkDir(real, func(path string, d fs.DirEntry, err error) error {
		if err != nil || len(strange) >= 10 {
			return nil
		}
		if info, err := d.Info(); err == nil {
			if uid, ok := ownerOf(info); ok && uid != mine {
				rel, _ := filepath.Rel(real, path)
				strange = append(strange, rel)
			}
		}
		return nil
	})
	if len(strange) > 0 {
		x.add("data directory", failed, "%s belongs to user %d, but %s to others: the service cannot read what is not its own", dir, mine, strings.Join(strange, ", ")).
			advise("chown -R --reference=%s %s", real, real)
	}
	if st.Mode().Perm()&0o077 != 0 {
		x.add("data directory", warning, "%s can be entered by others (mode %04o)", dir, st.Mode().Perm()).advise("chmod 700 %s", dir)
	}
}

// schema looks whether the next start migrates the database.
func (x *examination) schema(dir string) {
	have, want, err := store.Schema(x.c.ctx, dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		x.add("database", failed, "%s", err).advise("restore a backup: partyline restore FILE")
	case have > want:
		x.add("database", failed, "it is of schema %d, and this program knows %d", have, want).
			advise("install the newer version again, or restore a backup of this one")
	case have < want:
		x.add("database", fine, "the next start brings it from schema %d to %d, after a copy", have, want)
	}
}

// files looks at secrets and other files that the configuration names.
func (x *examination) files() {
	cfg := x.cfg
	type named struct{ key, file string }
	secrets := []named{
		{"key file", filepath.Join(cfg.Server.DataDir, store.KeyFile)},
		{"sip.tls.key_file", cfg.SIP.TLS.KeyFile},
		{"web.tls.key_file", cfg.Web.TLS.KeyFile},
		{"webrtc.turn.secret_file", cfg.WebRTC.TURN.SecretFile},
		{"mail.password_file", cfg.Mail.PasswordFile},
		{"mail.dkim.key_file", cfg.Mail.DKIM.KeyFile},
		{"sms.kannel.password_file", cfg.SMS.Kannel.PasswordFile},
		{"sms.webhook.secret_file", cfg.SMS.Webhook.SecretFile},
	}
	for _, t := range cfg.Trunks {
		secrets = append(secrets, named{"trunk " + t.Name + " password_file", t.Auth.PasswordFile})
	}
	for _, s := range secrets {
		if s.file != "" {
			x.secret(s.key, s.file)
		}
	}
	for _, f := range []named{
		{"sip.tls.cert_file", cfg.SIP.TLS.CertFile},
		{"web.tls.cert_file", cfg.Web.TLS.CertFile},
		{"sms.webhook.template", cfg.SMS.Webhook.Template},
		{"reception.prompts_dir", cfg.Reception.PromptsDir},
	} {
		if f.file == "" || x.credential(f.key, f.file) {
			continue
		}
		if _, err := os.Stat(f.file); err != nil {
			x.add(f.key, failed, "%s", err).advise("put it there, or correct %s", f.key)
		}
	}
}

// secret looks whether a file is there, and for the service only.
func (x *examination) secret(key, file string) {
	if x.credential(key, file) {
		return
	}
	st, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist) && key == "key file":
		return // made at the first start
	case errors.Is(err, fs.ErrPermission):
		x.add(key, warning, "%s cannot be looked at by this user", file).advise("run this as root or as the service's user")
	case err != nil:
		x.add(key, failed, "%s", err).advise("put it there, or correct %s", key)
	case st.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/':
		x.add(key, warning, "%s can be read by others (mode %04o): chmod 600", file, st.Mode().Perm()).advise("chmod 600 %s", file)
	case !x.readable(st):
		x.add(key, failed, "%s belongs to another user than the data directory: the service cannot read it", file).
			advise("keep it as %s%s (owner root, mode 600) and write %ssecrets_%s in the configuration", secretsDir, filepath.Base(file), credentials, filepath.Base(file))
	default:
		x.add(key, fine, "%s", file)
	}
}

// readable says whether the owner of the data directory, if there is one yet, may
// read a file of mode 0600.
func (x *examination) readable(st fs.FileInfo) bool {
	dir, err := os.Stat(x.cfg.Server.DataDir)
	if err != nil {
		return true
	}
	service, ok := ownerOf(dir)
	owner, _ := ownerOf(st)
	return !ok || service == 0 || owner == service
}

// credential looks at a file that systemd hands to the service: it exists only
// while that runs, and its source must be there before.
func (x *examination) credential(key, file string) bool {
	name, ok := strings.CutPrefix(file, credentials)
	if !ok {
		return false
	}
	if _, err := os.Stat(file); err == nil {
		x.add(key, fine, "%s", file)
		return true
	}
	source, ours := strings.CutPrefix(name, "secrets_")
	if !ours {
		x.add(key, warning, "%s exists only while the service runs", file).
			advise("have the unit hand it over: LoadCredential=%s:FILE, by systemctl edit partyline", name)
		return true
	}
	source = secretsDir + source
	st, err := os.Stat(source)
	switch {
	case errors.Is(err, fs.ErrPermission):
		x.add(key, fine, "%s is handed over from %s, which only root sees", file, secretsDir)
	case err != nil:
		x.add(key, failed, "%s", err).advise("put it there (owner root, mode 600) and restart the service: systemctl restart partyline")
	case st.Mode().Perm()&0o077 != 0:
		x.add(key, warning, "%s can be read by others (mode %04o)", source, st.Mode().Perm()).advise("chmod 600 %s", source)
	case x.running != nil:
		x.add(key, warning, "%s has come since the service started", source).advise("systemctl restart partyline")
	default:
		x.add(key, fine, "%s, handed to the service at its start", source)
	}
	return true
}
