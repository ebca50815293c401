package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partyline/partyline/store"
)

// openStore opens a data directory with one room in it.
func openStore(t *testing.T, dir string) (*store.Store, store.Room) {
	t.Helper()
	s, err := store.Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r, err := s.RoomByExtension(t.Context(), "112752642")
	if err == nil {
		return s, *r
	}
	made, err := s.AddRoom(t.Context(), store.NewRoom{Extension: "112752642", Name: "Weekly", Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	return s, made
}

func job(room, kind, who string) store.NewJob {
	return store.NewJob{
		RoomID: room, InviteeID: who, Channel: store.ChannelMail, Kind: kind, Key: kind + "/" + who,
		Name: who, Address: who + "@example.org", Language: "en",
	}
}

// plainWords composes the least there is.
type plainWords struct {
	drop  string // kind that has become pointless
	panic string // address
}

func (p plainWords) Compose(_ context.Context, j store.Job) (Message, error) {
	if j.Kind == p.drop {
		return Message{}, &Dropped{"no longer needed"}
	}
	if j.Address == p.panic {
		panic("no words")
	}
	return Message{To: j.Address, Text: j.Kind, SMS: j.Kind}, nil
}

// wire records what is sent. send decides how it ends; nil: well.
type wire struct {
	mu   sync.Mutex
	sent []string
	most int // at the same time
	now  int
	send func(ctx context.Context, e Envelope) error
}

func (w *wire) Send(ctx context.Context, e Envelope) error {
	w.mu.Lock()
	w.now++
	w.most = max(w.most, w.now)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.now--
		w.mu.Unlock()
	}()
	if w.send != nil {
		if err := w.send(ctx, e); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, e.Text+" "+e.To)
	return nil
}

func (w *wire) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.sent...)
}

// counts counts results.
type counts struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counts) Count(channel, result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[channel+" "+result]++
}

// run starts an outbox over a store.
func run(t *testing.T, s *store.Store, w *wire, set func(*Config)) *Outbox {
	t.Helper()
	cfg := Config{Queue: s, Composer: plainWords{}, Mail: w, Log: slog.New(slog.DiscardHandler)}
	if set != nil {
		set(&cfg)
	}
	o := New(cfg)
	o.Start()
	return o
}

func shut(t *testing.T, o *Outbox) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := o.Close(ctx); err != nil {
		t.Error(err)
	}
}

func queue(t *testing.T, s *store.Store, jobs ...store.NewJob) {
	t.Helper()
	if _, err := s.AddJobs(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
}

func jobStates(t *testing.T, s *store.Store, room string) string {
	t.Helper()
	jobs, err := s.Jobs(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, j := range jobs {
		list = append(list, fmt.Sprintf("%s %s %s", j.Kind, j.Name, j.State))
	}
	return strings.Join(list, ", ")
}

func TestNewJobsAreSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := openStore(t, t.TempDir())
		w, c := &wire{}, &counts{}
		o := run(t, s, w, func(cfg *Config) { cfg.Counter = c })
		synctest.Wait()
		began := time.Now()
		queue(t, s, job(r.ID, store.JobInvite, "ada"), job(r.ID, store.JobInvite, "bob"))
		synctest.Wait()
		if got := w.list(); len(got) != 2 || !time.Now().Equal(began) {
			t.Errorf("sent %v after %v", got, time.Since(began))
		}
		queue(t, s, job(r.ID, store.JobChange, "ada"), job(r.ID, store.JobCancel, "ada"))
		shut(t, o)
		if have, want := jobStates(t, s, r.ID), "invite ada sent, invite bob sent, change ada dropped, cancel ada sent"; have != want {
			// The change may have been sent before the cancellation came.
			if want = strings.Replace(want, "dropped", "sent", 1); have != want {
				t.Errorf("jobs are %s", have)
			}
		}
		if c.n["mail sent"] < 2 {
			t.Errorf("counted %v", c.n)
		}
		s.Close()
	})
}

// A message is tried again after a minute or so, then after two, and so on; after
// two days it is given up.
func TestFaultsAreTriedAgain(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		s, r := openStore(t, t.TempDir())
		began := time.Now()
		var tried []time.Duration
		w := &wire{send: func(context.Context, Envelope) error {
			tried = append(tried, time.Since(began))
			return &Refusal{Reason: "the mail server cannot be reached"}
		}}
		o := run(t, s, w, func(cfg *Config) { cfg.Poll = time.Minute })
		queue(t, s, job(r.ID, store.JobInvite, "ada"))
		time.Sleep(56 * time.Hour)
		shut(t, o)
		jobs, err := s.Jobs(t.Context(), r.ID)
		if err != nil || jobs[0].State != store.JobFailed || !strings.HasPrefix(jobs[0].Error, "given up after ") || jobs[0].Attempts != len(tried) {
			t.Errorf("%+v, %v", jobs, err)
		}
		for i, at := range tried {
			if i == 0 {
				continue
			}
			want := min(time.Minute<<(i-1), longestPause)
			if gap := at - tried[i-1]; gap < want*8/10 || gap > want*12/10+time.Minute {
				t.Errorf("attempt %d came after %v, want some %v", i+1, gap, want)
			}
		}
		if last := tried[len(tried)-1]; last < giveUpAge || last > giveUpAge+6*time.Hour || len(tried) > 25 {
			t.Errorf("%d attempts, the last after %v", len(tried), last)
		}
		s.Close()
	})
}

func TestRefusalsForEver(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		s, r := openStore(t, t.TempDir())
		var log bytes.Buffer
		w, c := &wire{}, &counts{}
		w.send = func(_ context.Context, e Envelope) error {
			if strings.HasPrefix(e.To, "bob") {
				return &Refusal{Reason: "550 no such user", Permanent: true}
			}
			return nil
		}
		o := run(t, s, w, func(cfg *Config) {
			cfg.Composer, cfg.Counter = plainWords{drop: store.JobReminder, panic: "cyd@example.org"}, c
			cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		sms := job(r.ID, store.JobInvite, "dan")
		sms.Channel, sms.Address = store.ChannelSMS, "+41791234567"
		queue(t, s, job(r.ID, store.JobInvite, "ada"), job(r.ID, store.JobInvite, "bob"), job(r.ID, store.JobInvite, "cyd"),
			sms, job(r.ID, store.JobReminder, "eve"))
		time.Sleep(time.Hour)
		shut(t, o)
		want := "invite ada sent, invite bob failed, invite cyd failed, invite dan failed, reminder eve dropped"
		if have := jobStates(t, s, r.ID); have != want {
			t.Errorf("jobs are %s", have)
		}
		jobs, _ := s.Jobs(t.Context(), r.ID)
		if jobs[1].Error != "550 no such user" || jobs[1].Attempts != 1 || !strings.Contains(jobs[3].Error, "configured") {
			t.Errorf("%+v", jobs)
		}
		if fmt.Sprint(c.n) != "map[mail dropped:1 mail failed:2 mail sent:1 sms failed:1]" {
			t.Error(c.n)
		}
		if !strings.Contains(log.String(), "no words") || strings.Contains(log.String(), "1234567") || !strings.Contains(log.String(), "+41791…") {
			t.Error(log.String())
		}
		s.Close()
	})
}

// RetryAfter of a gateway is respected.
func TestGatewaySaysWhen(t *testing.T) {
	j := store.Job{Attempts: 1, Created: monday}
	r := verdict(j, &Refusal{After: 30 * time.Minute}, monday, firstPause)
	if r.State != store.JobQueued || r.Next.Sub(monday) != 30*time.Minute {
		t.Errorf("%+v", r)
	}
	if r = verdict(j, &Refusal{After: 1000 * time.Hour}, monday, firstPause); r.Next.Sub(monday) > longestPause {
		t.Errorf("%+v", r)
	}
	// What was not for us to say is not for the host to read.
	if r = verdict(j, errors.New("sql: x"), monday, firstPause); strings.Contains(r.Error, "sql") || r.State != store.JobQueued {
		t.Errorf("%+v", r)
	}
}

func TestParallelism(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := openStore(t, t.TempDir())
		slow := func(context.Context, Envelope) error { time.Sleep(10 * time.Second); return nil }
		w, sms := &wire{send: slow}, &wire{}
		o := run(t, s, w, func(cfg *Config) { cfg.Parallel, cfg.SMS = 3, sms })
		var jobs []store.NewJob
		for i := range 9 {
			jobs = append(jobs, job(r.ID, store.JobInvite, fmt.Sprint("guest", i)))
		}
		short := job(r.ID, store.JobInvite, "zed")
		short.Channel, short.Address = store.ChannelSMS, "+41791234567"
		queue(t, s, append(jobs, short)...)
		synctest.Wait()
		if len(sms.list()) != 1 {
			t.Error("slow mail holds up SMS")
		}
		time.Sleep(29 * time.Second)
		if n := len(w.list()); n != 6 {
			t.Errorf("%d after 29 s", n)
		}
		time.Sleep(2 * time.Second)
		if n := len(w.list()); n != 9 || w.most != 3 {
			t.Errorf("%d after 31 s, %d at once", n, w.most)
		}
		shut(t, o)
		s.Close()
	})
}

// A message that takes longer than a lease is not sent twice, whoever else looks.
func TestLeaseIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := openStore(t, t.TempDir())
		w := &wire{send: func(context.Context, Envelope) error { time.Sleep(3 * lease); return nil }}
		o, other := run(t, s, w, nil), run(t, s, w, nil)
		queue(t, s, job(r.ID, store.JobInvite, "ada"))
		time.Sleep(5 * lease)
		shut(t, o)
		shut(t, other)
		if got := w.list(); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
		s.Close()
	})
}

func TestCloseWaitsForTheMessageUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := openStore(t, t.TempDir())
		w := &wire{send: func(ctx context.Context, _ Envelope) error {
			select {
			case <-time.After(20 * time.Second):
				return nil
			case <-ctx.Done():
				return &Refusal{Reason: "broken off", Err: ctx.Err()}
			}
		}}
		o := run(t, s, w, func(cfg *Config) { cfg.Parallel = 1 })
		queue(t, s, job(r.ID, store.JobInvite, "ada"), job(r.ID, store.JobInvite, "bob"))
		synctest.Wait()
		shut(t, o)
		if have := jobStates(t, s, r.ID); have != "invite ada sent, invite bob queued" {
			t.Errorf("jobs are %s", have)
		}

		// With no time left it is broken off, and stays in the queue.
		o = run(t, s, w, nil)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := o.Close(ctx); err == nil {
			t.Error("it was closed in time")
		}
		if have := jobStates(t, s, r.ID); have != "invite ada sent, invite bob queued" {
			t.Errorf("jobs are %s", have)
		}
		s.Close()
	})
}

// faulty is a queue whose database does not answer for a while.
type faulty struct {
	Queue
	until time.Time
}

func (f *faulty) FinishJob(ctx context.Context, j store.Job, r store.JobResult) error {
	if time.Now().Before(f.until) {
		return store.ErrBusy
	}
	return f.Queue.FinishJob(ctx, j, r)
}

// What was sent while the database was locked is written down afterwards, and not
// sent again.
func TestResultOutlastsALockedDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := openStore(t, t.TempDir())
		w := &wire{}
		o := run(t, s, w, func(cfg *Config) { cfg.Queue = &faulty{s, time.Now().Add(5 * time.Minute)} })
		queue(t, s, job(r.ID, store.JobInvite, "ada"))
		time.Sleep(10 * time.Minute)
		shut(t, o)
		if have := jobStates(t, s, r.ID); have != "invite ada sent" || len(w.list()) != 1 {
			t.Errorf("jobs are %s, sent %v", have, w.list())
		}
		s.Close()
	})
}

// long leaves out with -short, as under the race detector, what takes many databases
// and has no more goroutines than the other tests.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long")
	}
}
