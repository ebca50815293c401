package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"
)

// invited is a job for somebody of a room who needs no row.
func invited(room, kind, who string) NewJob {
	return NewJob{
		RoomID: room, InviteeID: "i-" + who, Channel: ChannelMail, Kind: kind,
		Key: kind + "/" + room + "/" + who, Name: who, Address: who + "@example.org", Language: "en",
	}
}

func addJobs(t *testing.T, s *Store, jobs ...NewJob) {
	t.Helper()
	if _, err := s.AddJobs(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
}

func claim(t *testing.T, s *Store, now time.Time, busy ...int64) []Job {
	t.Helper()
	jobs, err := s.ClaimJobs(t.Context(), ChannelMail, now, time.Minute, 100, busy...)
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

// states are a room's jobs as "key state", in order.
func states(t *testing.T, s *Store, room string) []string {
	t.Helper()
	jobs, err := s.Jobs(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, j := range jobs {
		list = append(list, j.Kind+" "+j.Name+" "+string(j.State))
	}
	return list
}

func wantStates(t *testing.T, s *Store, room string, want ...string) {
	t.Helper()
	if have := states(t, s, room); fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("jobs are\n%q, want\n%q", have, want)
	}
}

func TestJobIsTakenOnceByKey(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	for i := range 3 {
		n, err := s.AddJobs(t.Context(), []NewJob{invited(r.ID, JobInvite, "ada")})
		if want := map[bool]int{true: 1, false: 0}[i == 0]; err != nil || n != want {
			t.Errorf("added %d, %v; want %d", n, err, want)
		}
	}
	jobs := claim(t, s, time.Now())
	if len(jobs) != 1 || jobs[0].Attempts != 1 || jobs[0].State != JobSending || jobs[0].Address != "ada@example.org" || jobs[0].RoomID != r.ID {
		t.Fatalf("claimed %+v", jobs)
	}
	if again := claim(t, s, time.Now()); len(again) != 0 {
		t.Errorf("claimed twice: %+v", again)
	}
	if err := s.FinishJob(t.Context(), jobs[0], JobResult{State: JobSent, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	// The key is spent, even though the job is done.
	if n, err := s.AddJobs(t.Context(), []NewJob{invited(r.ID, JobInvite, "ada")}); n != 0 || err != nil {
		t.Errorf("a spent key was taken: %d, %v", n, err)
	}
	wantStates(t, s, r.ID, "invite ada sent")
}

func TestJobsAreInTheTransactionThatCausesThem(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	fault := errors.New("fault")
	err := s.change(t.Context(), func(tx *sql.Tx) error {
		if err := s.insertJobs(t.Context(), tx, []NewJob{invited(r.ID, JobInvite, "ada")}); err != nil {
			return err
		}
		return fault
	})
	if !errors.Is(err, fault) {
		t.Fatal(err)
	}
	wantStates(t, s, r.ID)
	select {
	case <-s.JobsAdded(): // the worker looks once in vain
	default:
		t.Error("the workers were not woken")
	}
}

// What a process claimed that died comes back when its lease is over, and what it
// says later changes nothing, unless it sent the message.
func TestLeaseOfADeadProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := add(t, s, boardroom())
	addJobs(t, s, invited(r.ID, JobInvite, "ada"), invited(r.ID, JobInvite, "bob"))
	now := time.Now()
	first := claim(t, s, now)
	s.Close()

	s = open(t, dir)
	if early := claim(t, s, now.Add(59*time.Second)); len(early) != 0 {
		t.Fatalf("claimed while the lease ran: %+v", early)
	}
	if err := s.RenewJobs(t.Context(), now.Add(90*time.Second), first[0].ID); err != nil {
		t.Fatal(err)
	}
	again := claim(t, s, now.Add(61*time.Second))
	if len(again) != 1 || again[0].ID != first[1].ID || again[0].Attempts != 2 {
		t.Fatalf("claimed %+v after the lease", again)
	}
	late := JobResult{State: JobFailed, Error: "too late", At: now}
	if err := s.FinishJob(t.Context(), first[1], late); err != nil {
		t.Fatal(err)
	}
	wantStates(t, s, r.ID, "invite ada sending", "invite bob sending")
	if err := s.FinishJob(t.Context(), first[1], JobResult{State: JobSent, At: now}); err != nil {
		t.Fatal(err)
	}
	if err := s.FinishJob(t.Context(), again[0], late); err != nil {
		t.Fatal(err)
	}
	wantStates(t, s, r.ID, "invite ada sending", "invite bob sent")
}

func TestClockSetBackHoldsUpNoJob(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	addJobs(t, s, invited(r.ID, JobInvite, "ada"), invited(r.ID, JobInvite, "bob"))
	now := time.Now().Add(time.Hour)
	jobs := claim(t, s, now)
	if err := s.FinishJob(t.Context(), jobs[0], JobResult{State: JobQueued, Next: now.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	// An hour back: one waits for its next attempt, the other's lease seems long.
	if again := claim(t, s, now.Add(-time.Hour)); len(again) != 2 {
		t.Errorf("claimed %+v", again)
	}
	// Two hours on: the leases are over, but this process is still at one of them.
	if again := claim(t, s, now.Add(2*time.Hour), jobs[0].ID); len(again) != 1 || again[0].ID != jobs[1].ID {
		t.Errorf("claimed %+v", again)
	}
}

func TestOrderPerRecipient(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	change := invited(r.ID, JobChange, "ada")
	addJobs(t, s, invited(r.ID, JobInvite, "ada"), invited(r.ID, JobInvite, "bob"), change)
	now := time.Now()
	jobs := claim(t, s, now)
	if len(jobs) != 2 {
		t.Fatalf("claimed %+v, want the two invitations", jobs)
	}
	// The invitation waits for its next attempt: so does the change.
	if err := s.FinishJob(t.Context(), jobs[0], JobResult{State: JobQueued, Error: "busy", Next: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if next := claim(t, s, now.Add(time.Minute), jobs[1].ID); len(next) != 0 {
		t.Errorf("overtaken: %+v", next)
	}
	jobs = claim(t, s, now.Add(time.Hour), jobs[1].ID)
	if len(jobs) != 1 || jobs[0].Kind != JobInvite || jobs[0].Error != "busy" {
		t.Fatalf("claimed %+v", jobs)
	}
	// One that failed for good holds up nothing.
	if err := s.FinishJob(t.Context(), jobs[0], JobResult{State: JobFailed, At: now}); err != nil {
		t.Fatal(err)
	}
	if jobs = claim(t, s, now.Add(time.Hour)); len(jobs) != 2 || jobs[1].Kind != JobChange && jobs[0].Kind != JobChange {
		t.Errorf("claimed %+v", jobs)
	}
}

func TestCancellationDropsWhatWasNotSent(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	now := time.Now()
	addJobs(t, s, invited(r.ID, JobInvite, "ada"))
	ada := claim(t, s, now)[0]
	if err := s.FinishJob(t.Context(), ada, JobResult{State: JobSent, At: now}); err != nil {
		t.Fatal(err)
	}
	addJobs(t, s, invited(r.ID, JobInvite, "bob"))
	bob := claim(t, s, now)[0] // under way when the cancellation comes
	addJobs(t, s, invited(r.ID, JobInvite, "cyd"), invited(r.ID, JobChange, "ada"), invited(r.ID, JobReminder, "ada"),
		invited(r.ID, JobCancel, "ada"), invited(r.ID, JobCancel, "bob"), invited(r.ID, JobCancel, "cyd"))
	wantStates(t, s, r.ID, "invite ada sent", "invite bob sending", "invite cyd dropped", "change ada dropped",
		"reminder ada dropped", "cancel ada queued", "cancel bob queued", "cancel cyd dropped")

	// Bob's could not be sent at once: it never is, but its cancellation is, as the
	// server may have got it after all.
	if err := s.FinishJob(t.Context(), bob, JobResult{State: JobQueued, Next: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if jobs := claim(t, s, now); len(jobs) != 2 || jobs[0].Kind != JobCancel || jobs[1].Kind != JobCancel {
		t.Errorf("claimed %+v", jobs)
	}
	wantStates(t, s, r.ID, "invite ada sent", "invite bob dropped", "invite cyd dropped", "change ada dropped",
		"reminder ada dropped", "cancel ada sending", "cancel bob sending", "cancel cyd dropped")
}

func TestCancelledOccurrenceDropsOnlyItsOwn(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	const tuesday, wednesday = "2026-12-01T14:00", "2026-12-02T14:00"
	of := func(kind, occurrence string) NewJob {
		j := invited(r.ID, kind, "ada")
		j.Key += occurrence
		j.Occurrence = occurrence
		return j
	}
	addJobs(t, s, of(JobInvite, ""), of(JobReminder, tuesday), of(JobReminder, wednesday), of(JobCancel, tuesday))
	wantStates(t, s, r.ID, "invite ada queued", "reminder ada dropped", "reminder ada queued", "cancel ada queued")
}

func TestLateJobsAreDropped(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	now := time.Now()
	early, late := invited(r.ID, JobReminder, "ada"), invited(r.ID, JobReminder, "bob")
	early.NotBefore, early.NotAfter = now.Add(time.Hour), now.Add(2*time.Hour)
	late.NotAfter = now.Add(time.Minute)
	addJobs(t, s, early, late)
	if jobs := claim(t, s, now.Add(2*time.Minute)); len(jobs) != 0 {
		t.Errorf("claimed %+v", jobs)
	}
	wantStates(t, s, r.ID, "reminder ada queued", "reminder bob dropped")
	if jobs := claim(t, s, now.Add(time.Hour+time.Second)); len(jobs) != 1 || jobs[0].Name != "ada" || !jobs[0].NotAfter.Equal(early.NotAfter.Truncate(time.Millisecond)) {
		t.Errorf("claimed %+v", jobs)
	}
}

func TestJobsOfARoomGoWithIt(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	addJobs(t, s, invited(r.ID, JobInvite, "ada"))
	if n, err := s.JobsWaiting(t.Context()); n != 1 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	if err := s.RemoveRoom(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := s.JobsWaiting(t.Context()); n != 0 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	if _, err := s.AddJobs(t.Context(), []NewJob{invited(r.ID, JobInvite, "bob")}); err == nil {
		t.Error("a job for no room was taken")
	}
}

func TestJobsAreForgottenAndErased(t *testing.T) {
	s := open(t, t.TempDir())
	r := add(t, s, boardroom())
	ctx, now := t.Context(), time.Now()
	addJobs(t, s, invited(r.ID, JobReminder, "ada"), invited(r.ID, JobInvite, "bob"), invited(r.ID, JobInvite, "Cyd"))
	for _, j := range claim(t, s, now) {
		if j.Name == "ada" {
			if err := s.FinishJob(ctx, j, JobResult{State: JobSent, At: now}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, step := range []struct {
		do   func(tx *sql.Tx) error
		want []string
	}{
		{func(tx *sql.Tx) error { return forgetJobs(ctx, tx, now.Add(-time.Hour)) }, []string{"reminder ada sent", "invite bob sending", "invite Cyd sending"}},
		{func(tx *sql.Tx) error { return forgetJobs(ctx, tx, now.Add(time.Hour)) }, []string{"invite bob sending", "invite Cyd sending"}},
		{func(tx *sql.Tx) error { return eraseJobs(ctx, tx, "cyd@example.org") }, []string{"invite bob sending"}},
	} {
		if err := s.change(ctx, step.do); err != nil {
			t.Fatal(err)
		}
		wantStates(t, s, r.ID, step.want...)
	}
}

// The queue is asked after each message: that must cost little even when it is long,
// with jobs that wait (later) or with those that may go (now).
func BenchmarkClaimJobs(b *testing.B) {
	b.Run("later", func(b *testing.B) { benchmarkClaimJobs(b, time.Hour) })
	b.Run("now", func(b *testing.B) { benchmarkClaimJobs(b, 0) })
}

func benchmarkClaimJobs(b *testing.B, in time.Duration) {
	s, err := Open(b.Context(), b.TempDir(), quietLog())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	r, err := s.AddRoom(ctx, boardroom())
	if err != nil {
		b.Fatal(err)
	}
	jobs := make([]NewJob, 10000)
	for i := range jobs {
		jobs[i] = invited(r.ID, JobReminder, fmt.Sprint(i))
		jobs[i].NotBefore = time.Now().Add(in)
	}
	if _, err := s.AddJobs(ctx, jobs); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.ClaimJobs(ctx, ChannelMail, time.Now(), time.Minute, 4); err != nil {
			b.Fatal(err)
		}
	}
}
