//go:build peers

package messages

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/partyline/partyline/meeting/outbox"
)

const (
	bearerbox = "/usr/sbin/bearerbox"
	smsbox    = "/usr/sbin/smsbox"
	fakesmsc  = "/usr/lib/kannel/test/fakesmsc"
)

// kannelConf are the boxes of Kannel, with its fake centre for short messages.
const kannelConf = `group = core
admin-port = %[1]s
admin-password = none
smsbox-port = %[2]s
box-allow-ip = "127.0.0.1"

group = smsc
smsc = fake
port = %[3]s
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = %[4]s

group = sendsms-user
username = partyline
password = "p&ss word"

group = sms-service
keyword = default
text = "nothing"
`

// lines collects what a program says.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), s)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// daemon runs a program until the test ends.
func daemon(t *testing.T, name string, args ...string) (*lines, func()) {
	t.Helper()
	out := &lines{}
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = out, out
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	stop := func() {
		once.Do(func() {
			_ = c.Process.Kill()
			_ = c.Wait() // killed
		})
	}
	t.Cleanup(stop)
	return out, stop
}

// newKannel starts Kannel, and gives the URL of its sendsms, what its fake centre
// says and what ends the box behind the URL.
func newKannel(t *testing.T) (url string, centre *lines, start func() (stop func())) {
	t.Helper()
	for _, program := range []string{bearerbox, smsbox, fakesmsc} {
		if _, err := os.Stat(program); err != nil {
			t.Skip("needs Kannel and its fakesmsc")
		}
	}
	ports := make([]any, 4)
	for i := range ports {
		_, ports[i], _ = net.SplitHostPort(freePort(t))
	}
	conf := filepath.Join(t.TempDir(), "kannel.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, kannelConf, ports...), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon(t, bearerbox, "-v", "1", conf)
	addr := func(i int) string { return "127.0.0.1:" + ports[i].(string) }
	await(t, "bearerbox is there", func() bool { return reachable(addr(1)) })
	// It wants a message to send before it listens.
	centre, _ = daemon(t, fakesmsc, "-H", "127.0.0.1", "-r", ports[2].(string), "-i", "1", "-m", "1", "100 200 text nothing")
	await(t, "the fake centre is there", func() bool { return centre.has("sent message 1") })
	start = func() func() {
		_, stop := daemon(t, smsbox, "-v", "1", conf)
		await(t, "smsbox is there", func() bool { return reachable(addr(3)) })
		return stop
	}
	return "http://" + addr(3) + "/cgi-bin/sendsms", centre, start
}

func sms(text string) outbox.Envelope {
	return outbox.Envelope{ID: "0f", Message: outbox.Message{To: "+41791234567", SMS: text}}
}

// A text of the GSM 7-bit alphabet arrives as it was written, one that is not does
// too.
func TestSMSByKannel(t *testing.T) {
	url, centre, start := newKannel(t)
	k, err := outbox.NewKannel(outbox.KannelConfig{URL: url, Username: "partyline", Password: "p&ss word", From: "Partyline"})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	var refusal *outbox.Refusal
	if err := k.Send(t.Context(), sms("hello")); !errors.As(err, &refusal) || refusal.Permanent {
		t.Errorf("Kannel is not there: %v", err)
	}
	start()
	for _, text := range []string{
		"Ada Host: Weekly sync, Mon 30 Nov 14:00 https://meet.example.org/j/abc PIN 48219#",
		"Zürich @ 14:00 & 15:00? 100% = €5 [x] {y} ~ äöüßÄÖÜ éèàùìò ñ Ø Å",
		strings.Repeat("0123456789", 16), // one segment, and not a letter more
	} {
		if err := k.Send(t.Context(), sms(text)); err != nil {
			t.Fatal(err)
		}
		await(t, "it arrives", func() bool { return centre.has("<Partyline +41791234567 text " + text + ">") })
	}
	if err := k.Send(t.Context(), sms("Łódź")); err != nil {
		t.Fatal(err)
	}
	await(t, "it arrives", func() bool { return centre.has("<Partyline +41791234567 ucs-2 %01A%00%F3%00d%01z>") })

	stranger, err := outbox.NewKannel(outbox.KannelConfig{URL: url, Username: "partyline", Password: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	err = stranger.Send(t.Context(), sms("hello"))
	if !errors.As(err, &refusal) || !refusal.Permanent || !strings.Contains(refusal.Reason, "403") {
		t.Errorf("a wrong password: %v", err)
	}
	t.Log(err, "\n", centre)
}
