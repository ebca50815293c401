//go:build peers

package messages

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"mime"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partyline/partyline/store"
)

func names(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("guest%d", i))
	}
	return list
}

func TestMailIntoMailboxes(t *testing.T) {
	p, q := newPostfix(t, "ada", "bob", "cyd"), newQueue(t)
	q.add(store.JobInvite, "ada", "nobody", "cyd")
	o := q.start(p.addr)
	await(t, "all are sent or refused", func() bool { n := q.states(); return n[store.JobSent] == 2 && n[store.JobFailed] == 1 })
	q.close(o)
	jobs, err := q.s.Jobs(t.Context(), q.room)
	if err != nil || !strings.Contains(jobs[1].Error, "550") || jobs[1].Attempts != 1 {
		t.Errorf("the refused one is %+v, %v", jobs[1], err)
	}
	t.Log(jobs[1].Error)
	await(t, "they are in the mailboxes", func() bool { return len(p.box("ada")) == 1 && len(p.box("cyd")) == 1 })
	files, _ := filepath.Glob(filepath.Join(p.dir, "mail", "ada", "new", "*"))
	m := p.letter(files[0])
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if subject != "Größe invite" || m.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(m.Header.Get("Message-Id"), "@example.org>") ||
		m.Header.Get("Reply-To") != `"Ada Host" <ada@example.net>` || m.Header.Get("Return-Path") != "<meet@example.org>" {
		t.Errorf("%q", m.Header)
	}
}

func TestMailServerDown(t *testing.T) {
	p, q := newPostfix(t, "ada"), newQueue(t)
	p.stop()
	q.add(store.JobInvite, "ada")
	o := q.start(p.addr)
	await(t, "it was tried", func() bool {
		jobs, err := q.s.Jobs(t.Context(), q.room)
		return err == nil && jobs[0].Attempts > 1 && strings.Contains(jobs[0].Error, "cannot be reached")
	})
	p.start()
	await(t, "it is sent", func() bool { return q.states()[store.JobSent] == 1 })
	q.close(o)
	await(t, "it is there", func() bool { return len(p.box("ada")) == 1 })
}

// A server that is slower than a lease lasts.
func TestMailServerSlow(t *testing.T) {
	p, q := newPostfix(t, names(6)...), newQueue(t)
	slow := newProxy(t, p.addr, nil, func([]byte) bool { time.Sleep(1500 * time.Millisecond); return true })
	q.add(store.JobInvite, names(6)...)
	o := q.start(slow.addr)
	await(t, "all are sent", func() bool { return q.states()[store.JobSent] == 6 })
	q.close(o)
	once(t, p, names(6), 0)
}

// once says that each has got one message, the number of copies of a message by
// Message-ID apart: those are at most twice.
func once(t *testing.T, p *postfix, recipients []string, twice int) {
	t.Helper()
	await(t, "all have mail", func() bool {
		for _, r := range recipients {
			if len(p.box(r)) == 0 {
				return false
			}
		}
		return true
	})
	time.Sleep(2 * time.Second) // for what nobody waits for
	copies := 0
	for _, r := range recipients {
		box := p.box(r)
		if len(box) != 1 {
			t.Errorf("%s has %v", r, box)
		}
		for _, n := range box {
			copies += n - 1
		}
	}
	if copies > twice {
		t.Errorf("%d messages came twice", copies)
	}
	t.Logf("%d messages, %d copies", len(recipients), copies)
}

// Our process is killed while a message is on its way to the server: nothing is
// lost and nothing comes twice.
func TestKilledInTheMiddle(t *testing.T) {
	const count, kills = 12, 6
	p, q := newPostfix(t, names(count)...), newQueue(t)
	var armed atomic.Bool
	middle := make(chan struct{}, 1)
	end := []byte("\r\n.\r\n")
	held := newProxy(t, p.addr, func(part []byte) bool {
		// The message's end does not pass while a kill is due.
		if bytes.Contains(part, end) && armed.CompareAndSwap(true, false) {
			middle <- struct{}{}
			time.Sleep(time.Second)
			return false
		}
		return true
	}, nil)
	q.add(store.JobInvite, names(count)...)
	for i := range kills {
		armed.Store(true)
		sender := q.sender(held.addr, envOne+"=1")
		select {
		case <-middle:
		case <-time.After(30 * time.Second):
			t.Fatal("nothing is sent")
		}
		if err := sender.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = sender.Wait() // killed
		t.Logf("kill %d: %v", i+1, q.states())
	}
	sender := q.sender(held.addr)
	await(t, "all are sent", func() bool { return q.states()[store.JobSent] == count })
	_ = sender.Process.Kill()
	_ = sender.Wait()
	once(t, p, names(count), 0)
}

// Killed between the server's answer and our commit, a message comes twice: with
// one Message-ID, by which it can be told.
func TestKilledBeforeTheAnswer(t *testing.T) {
	p, q := newPostfix(t, "ada"), newQueue(t)
	answered := make(chan struct{}, 1)
	var first sync.Once
	held := newProxy(t, p.addr, nil, func(part []byte) bool {
		hold := false
		if bytes.HasPrefix(part, []byte("250 2.0.0 Ok: queued")) {
			first.Do(func() { hold = true })
		}
		if hold {
			answered <- struct{}{}
			time.Sleep(time.Second)
		}
		return !hold
	})
	q.add(store.JobInvite, "ada")
	sender := q.sender(held.addr)
	<-answered
	_ = sender.Process.Kill()
	_ = sender.Wait()
	sender = q.sender(held.addr)
	await(t, "it is sent", func() bool { return q.states()[store.JobSent] == 1 })
	_ = sender.Process.Kill()
	_ = sender.Wait()
	await(t, "it is there twice", func() bool {
		for _, n := range p.box("ada") {
			return n == 2
		}
		return false
	})
	if box := p.box("ada"); len(box) != 1 {
		t.Errorf("the copies are not alike: %v", box)
	}
}

// Killed at any moment: nothing is lost, and what comes twice is seldom.
func TestKilledAtRandom(t *testing.T) {
	const count, kills = 120, 20
	p, q := newPostfix(t, names(count)...), newQueue(t)
	q.add(store.JobInvite, names(count)...)
	for range kills {
		sender := q.sender(p.addr)
		time.Sleep(60*time.Millisecond + rand.N(120*time.Millisecond))
		_ = sender.Process.Kill()
		_ = sender.Wait()
	}
	t.Logf("after %d kills: %v", kills, q.states())
	sender := q.sender(p.addr)
	await(t, "all are sent", func() bool { return q.states()[store.JobSent] == count })
	_ = sender.Process.Kill()
	_ = sender.Wait()
	// Four messages are under way at a time.
	once(t, p, names(count), 4*kills)
}
