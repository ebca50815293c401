//go:build peers

// Package messages sends by real servers: mail by Postfix into mailboxes, short
// messages by Kannel to its fake centre.
package messages

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/partyline/partyline/meeting/outbox"
	"github.com/partyline/partyline/store"
)

// The environment of the process that only sends: see TestMain.
const (
	envData   = "PARTYLINE_TEST_DATA"
	envServer = "PARTYLINE_TEST_SERVER"
	envOne    = "PARTYLINE_TEST_ONE_AT_A_TIME"
)

// TestMain runs the tests, or, as a process that is there to be killed, an outbox.
func TestMain(m *testing.M) {
	if dir := os.Getenv(envData); dir != "" {
		if err := sendForever(dir, os.Getenv(envServer)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func sendForever(dir, server string) error {
	s, err := store.Open(context.Background(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	o, err := newOutbox(s, server)
	if err != nil {
		return err
	}
	o.Start()
	select {}
}

func newOutbox(s *store.Store, server string) (*outbox.Outbox, error) {
	mail, err := outbox.NewMail(outbox.MailConfig{Scheme: outbox.SchemeSMTP, Addr: server, From: "Meetings <meet@example.org>"})
	if err != nil {
		return nil, err
	}
	parallel := 0
	if os.Getenv(envOne) != "" {
		parallel = 1
	}
	return outbox.New(outbox.Config{
		Parallel: parallel,
		Queue:    s, Composer: plain{}, Mail: mail, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Lease: 2 * time.Second, Pause: time.Second, Poll: 500 * time.Millisecond,
	}), nil
}

// plain composes a message of some size.
type plain struct{}

func (plain) Compose(_ context.Context, j store.Job) (outbox.Message, error) {
	return outbox.Message{
		To: j.Address, ToName: j.Name, ReplyTo: "ada@example.net", ReplyToName: "Ada Host", Language: "de",
		Subject: "Größe " + j.Kind, Text: string(bytes.Repeat([]byte("Grüezi\n.\n"), 200)), HTML: "<p>Grüezi</p>",
		Calendar: []byte("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"), Method: "REQUEST",
	}, nil
}

// queue is a data directory with a room, and jobs in it.
type queue struct {
	t    *testing.T
	s    *store.Store
	dir  string
	room string
}

func newQueue(t *testing.T) *queue {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r, err := s.AddRoom(t.Context(), store.NewRoom{Extension: "112752642", Name: "Weekly"})
	if err != nil {
		t.Fatal(err)
	}
	return &queue{t, s, dir, r.ID}
}

func (q *queue) add(kind string, recipients ...string) {
	q.t.Helper()
	var jobs []store.NewJob
	for _, r := range recipients {
		jobs = append(jobs, store.NewJob{
			RoomID: q.room, InviteeID: r, Channel: store.ChannelMail, Kind: kind, Key: kind + "/" + r, Name: r, Address: r + "@example.test",
		})
	}
	if _, err := q.s.AddJobs(q.t.Context(), jobs); err != nil {
		q.t.Fatal(err)
	}
}

func (q *queue) start(server string) *outbox.Outbox {
	q.t.Helper()
	o, err := newOutbox(q.s, server)
	if err != nil {
		q.t.Fatal(err)
	}
	o.Start()
	return o
}

func (q *queue) close(o *outbox.Outbox) {
	q.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := o.Close(ctx); err != nil {
		q.t.Error(err)
	}
}

// states counts the jobs by their state.
func (q *queue) states() map[store.JobState]int {
	q.t.Helper()
	jobs, err := q.s.Jobs(q.t.Context(), q.room)
	if err != nil {
		q.t.Fatal(err)
	}
	n := map[store.JobState]int{}
	for _, j := range jobs {
		n[j.State]++
	}
	return n
}

// sender starts a process that sends what is in the queue.
func (q *queue) sender(server string, env ...string) *exec.Cmd {
	q.t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), envData+"="+q.dir, envServer+"="+server)
	c.Env = append(c.Env, env...)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		q.t.Fatal(err)
	}
	return c
}

// proxy stands between us and a mail server. toServer and toUs are asked about
// what passes, and may take their time; false ends the connection.
type proxy struct {
	addr           string
	toServer, toUs func(part []byte) bool
}

func newProxy(t *testing.T, server string, toServer, toUs func([]byte) bool) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: ln.Addr().String(), toServer: toServer, toUs: toUs}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			us, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.join(us, server) })
		}
	})
	t.Cleanup(func() { ln.Close(); all.Wait() })
	return p
}

func (p *proxy) join(us net.Conn, server string) {
	defer us.Close()
	there, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer there.Close()
	var both sync.WaitGroup
	both.Go(func() { pass(there, us, p.toServer); there.Close() })
	both.Go(func() { pass(us, there, p.toUs); us.Close() })
	both.Wait()
}

func pass(to io.Writer, from io.Reader, ask func([]byte) bool) {
	part := make([]byte, 4096)
	for {
		n, err := from.Read(part)
		if n > 0 {
			if ask != nil && !ask(part[:n]) {
				return
			}
			if _, err := to.Write(part[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
