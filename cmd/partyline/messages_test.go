package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// mailbox is a mail server that takes everything.
type mailbox struct {
	net.Listener
	mail chan string
}

func openMailbox(t *testing.T) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailbox{l, make(chan string, 16)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.serve(c)
		}
	}()
	return m
}

func (m *mailbox) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	fmt.Fprint(c, "220 mailbox\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " "); verb {
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			var text strings.Builder
			for line != ".\r\n" {
				if line, err = in.ReadString('\n'); err != nil {
					return
				}
				text.WriteString(line)
			}
			m.mail <- text.String()
			fmt.Fprint(c, "250 taken\r\n")
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 fine\r\n")
		}
	}
}

func (m *mailbox) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-m.mail:
		return text
	case <-time.After(20 * time.Second):
		t.Fatal("no mail came")
		return ""
	}
}

// TestMailOfMeetings: what is queued while no gateway runs goes out at its start; a
// mail server that is configured later is used without a restart.
func TestMailOfMeetings(t *testing.T) {
	t.Parallel()
	first, second := openMailbox(t), openMailbox(t)
	mail := func(m *mailbox) string {
		return fmt.Sprintf("mail: {smtp: \"smtp://%s\", from: \"Meetings <meet@example.org>\"}\n", m.Addr())
	}
	file := config(t, quiet+mail(first))
	must(t, "user", "add", "ada@example.org", "--name", "Ada Host", "--config", file)
	m := parse[meetingView](t, must(t, "meeting", "add", "--json", "--title", "Weekly sync", "--start", "2099-11-30T14:00", "--zone", "Europe/Zurich",
		"--owner", "ada@example.org", "--invite", "Gus <gus@example.net>", "--config", file))
	if m.Invitees[0].Sent != "queued" {
		t.Errorf("before the start: %+v", m.Invitees)
	}
	s := startServe(t, file)
	text := first.next(t)
	for _, want := range []string{"Subject:", "gus@example.net", "Reply-To:", "ada@example.org", "method=REQUEST", "multipart/alternative"} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail lacks %q:\n%.2000s", want, text)
		}
	}
	if strings.Contains(text, m.HostPIN) {
		t.Error("the host's PIN is in the mail")
	}
	until(t, "the mail is sent", func() bool {
		_, metrics := httpGet(t, "http://"+s.listeners.Metrics+"/metrics")
		return strings.Contains(metrics, `partyline_messages_total{channel="mail",result="sent"} 1`) &&
			strings.Contains(metrics, "partyline_outbox_waiting 0") && strings.Contains(metrics, "partyline_meetings 1")
	})
	if out := must(t, "meeting", "show", m.Extension, "--config", file); !strings.Contains(out, "sent") {
		t.Errorf("not shown as sent:\n%s", out)
	}
	if err := os.WriteFile(file, []byte(quiet+mail(second)+"privacy: {call_records: 1h}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.signals <- syscall.SIGHUP
	s.err.waitFor(t, "configuration reloaded")
	must(t, "meeting", "cancel", m.Extension, "--config", file)
	if text := second.next(t); !strings.Contains(text, "method=CANCEL") {
		t.Errorf("the cancellation:\n%.1500s", text)
	}
}
