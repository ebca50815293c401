package admission

import (
	"context"
	"errors"
	"time"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
)

// How failures that are at no room are recorded: those at guest links count for
// their source alone, those at accounts under a fingerprint of their own.
const (
	noRoom        = ""
	accountPrefix = "account "
)

// busyFor is when to try again if too many sign in at once.
const busyFor = 2 * time.Second

// SignIn gives the account of an e-mail address and password. It fails with
// store.ErrCredentials; with cause.LockedOut, and how long that still lasts; with
// store.ErrBusy, and when to try again; or with the context's error. It takes as
// long for an account that does not exist, and the right password is refused while
// source or account is locked out.
func (a *Admission) SignIn(ctx context.Context, email, password string, from Source) (store.User, time.Duration, error) {
	source, account := from.key(), a.accountKey(email)
	// Asked before the work, which is dear, and again with its outcome: counting
	// and verdict are then one step, however many guess at once.
	if wait := a.signInWait(source, account); wait > 0 {
		return a.refuse(ctx, source, wait)
	}
	u, err := a.store.Authenticate(ctx, email, password)
	switch {
	case errors.Is(err, store.ErrBusy):
		return store.User{}, busyFor, err
	case err != nil && !errors.Is(err, store.ErrCredentials):
		return store.User{}, 0, err
	}
	if wait := a.weighSignIn(source, account, err == nil); wait > 0 {
		return a.refuse(ctx, source, wait)
	}
	if err != nil {
		a.store.RecordAttempt(store.Attempt{Source: source, Room: account, At: time.Now()})
		a.cfg.Logger.InfoContext(ctx, "e-mail address or password is wrong", "source", source)
		return store.User{}, 0, store.ErrCredentials
	}
	a.cfg.Logger.InfoContext(ctx, "signed in", "user", u.Email, "source", source)
	return u, 0, nil
}

func (a *Admission) refuse(ctx context.Context, source string, wait time.Duration) (store.User, time.Duration, error) {
	a.cfg.Logger.WarnContext(ctx, "sign-in refused: locked out after too many failed attempts", "source", source, "for", wait.Round(time.Second))
	return store.User{}, wait, cause.LockedOut
}

// accountKey is what failures at an account are counted under, whether or not it
// exists. People key their password where the address is asked: what was entered
// is not kept.
func (a *Admission) accountKey(email string) string {
	return accountPrefix + a.store.Fingerprint(accountPrefix+store.SignInName(email))
}

// signInWait is how long a source may not sign in to an account.
func (a *Admission) signInWait(source, account string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.signInWaitAt(source, account, a.now())
}

// signInWaitAt wants mu held. Who has signed in from this source before is held up
// by the source's failures only: strangers cannot keep a host out.
func (a *Admission) signInWaitAt(source, account string, now time.Duration) time.Duration {
	if a.off {
		return 0
	}
	wait := a.sources.wait(source, now)
	if !a.hosts.been(source, account, now) {
		wait = max(wait, a.accounts.wait(account, now))
	}
	return wait
}

// weighSignIn applies the lock-outs to the outcome and counts a failure.
func (a *Admission) weighSignIn(source, account string, right bool) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if wait := a.signInWaitAt(source, account, now); wait > 0 {
		return wait
	}
	if right {
		a.hosts.note(source, account, now)
		return 0
	}
	a.sources.fail(source, now)
	a.accounts.fail(account, now)
	return 0
}
