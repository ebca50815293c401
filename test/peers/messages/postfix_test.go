//go:build peers

package messages

import (
	"fmt"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const master = "/usr/lib/postfix/sbin/master"

// masterCF are the daemons of a Postfix that takes mail at one port and puts it
// into mailboxes.
const masterCF = `%s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`

// postfix is a mail server with a configuration, a queue and mailboxes of its own,
// for the domain example.test.
type postfix struct {
	t    *testing.T
	dir  string
	addr string
	cmd  *exec.Cmd
}

// newPostfix sets one up, and starts it. Of the recipients that it is given none
// but these has a mailbox.
func newPostfix(t *testing.T, recipients ...string) *postfix {
	t.Helper()
	if _, err := os.Stat(master); err != nil || os.Getuid() != 0 {
		t.Skip("needs Postfix and root")
	}
	p := &postfix{t: t, dir: t.TempDir(), addr: freePort(t)}
	for dir := filepath.Dir(p.dir); dir != "/"; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode()&0o005 != 0o005 && strings.Contains(dir, t.Name()) {
			_ = os.Chmod(dir, 0o755)
		}
	}
	uid, gid := ids(t, "postfix")
	drop, err := user.LookupGroup("postdrop")
	if err != nil {
		t.Fatal(err)
	}
	droppers, _ := strconv.Atoi(drop.Gid)
	queue := filepath.Join(p.dir, "queue")
	for _, d := range []string{"active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"} {
		p.folder(filepath.Join(queue, d), 0o700, uid, 0)
	}
	p.folder(filepath.Join(queue, "maildrop"), 0o730, uid, droppers)
	p.folder(filepath.Join(queue, "public"), 0o710, uid, droppers)
	p.folder(filepath.Join(queue, "pid"), 0o755, 0, 0)
	p.folder(filepath.Join(p.dir, "data"), 0o700, uid, gid)
	p.folder(filepath.Join(p.dir, "mail"), 0o755, uid, gid)
	p.write("main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.test
mydestination =
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_client_connection_count_limit = 0
virtual_mailbox_domains = example.test
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = texthash:%[1]s/mailboxes
virtual_uid_maps = static:%[2]d
virtual_gid_maps = static:%[3]d
virtual_minimum_uid = 1
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
`, p.dir, uid, gid))
	p.write("master.cf", fmt.Sprintf(masterCF, p.addr))
	boxes := ""
	for _, r := range recipients {
		boxes += r + "@example.test " + r + "/\n"
	}
	p.write("mailboxes", boxes)
	p.start()
	t.Cleanup(p.stop)
	return p
}

func ids(t *testing.T, name string) (uid, gid int) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid
}

func (p *postfix) folder(path string, mode os.FileMode, uid, gid int) {
	p.t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		p.t.Fatal(err)
	}
}

func (p *postfix) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *postfix) start() {
	p.t.Helper()
	p.cmd = exec.Command(master, "-c", p.dir, "-d")
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	await(p.t, "the mail server is there", func() bool { return reachable(p.addr) })
}

// stop ends it with the daemons that it has started.
func (p *postfix) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait() // by a signal
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	p.cmd = nil
}

// box counts the messages in a mailbox by their Message-ID.
func (p *postfix) box(recipient string) map[string]int {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "mail", recipient, "new", "*"))
	if err != nil {
		p.t.Fatal(err)
	}
	ids := map[string]int{}
	for _, f := range files {
		ids[p.letter(f).Header.Get("Message-Id")]++
	}
	return ids
}

func (p *postfix) letter(file string) *mail.Message {
	p.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(string(text)))
	if err != nil {
		p.t.Fatalf("%v in\n%s", err, text)
	}
	return m
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func reachable(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		c.Close()
	}
	return err == nil
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !ok(); <-time.After(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}
