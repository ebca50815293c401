package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/store"
)

// entry is what a request has done, for the record of changes. The handler fills it
// in; what it says nothing of is told by the operation alone.
type entry struct {
	action, subject, detail string
	quiet                   bool
}

type entryKey struct{}

// recorded puts on record what an operation has changed, once it has answered that
// it did. Every operation of hosts and admins that is no GET passes here: what is
// new is on record without a line of its own.
func (a *API) recorded(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	if op.Method == http.MethodGet || a.cfg.Record == nil {
		next(ctx)
		return
	}
	e, began := &entry{action: op.OperationID}, time.Now()
	next(huma.WithValue(ctx, entryKey{}, e))
	if status := ctx.Status(); e.quiet || status >= 300 {
		return
	}
	who := userOf(ctx.Context())
	a.cfg.Record(store.Change{
		At: began, By: store.ByAccount, Who: who.Email, From: sourceText(callerOf(ctx.Context())),
		Action: e.action, Subject: e.subject, Detail: e.detail,
	})
}

// sourceText is where a request comes from; empty if that is not known.
func sourceText(who caller) string {
	if !who.source.IsValid() {
		return ""
	}
	return who.source.String()
}

// about says what a request is about. The first word counts: it is of what the path
// names, before it is changed.
func about(ctx context.Context, subject string) {
	if e, ok := ctx.Value(entryKey{}).(*entry); ok && e.subject == "" {
		e.subject = subject
	}
}

// detail says what a request has changed.
func detail(ctx context.Context, text string) {
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		e.detail = text
	}
}

// unrecorded says that a request has changed nothing.
func unrecorded(ctx context.Context) {
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		e.quiet = true
	}
}

// recordedCommand puts a host's command in a live room on record: what hosts do all
// the time, such as muting, is none of it.
func recordedCommand(ctx context.Context, do, who string) {
	switch do {
	case "remove", "end", "lock", "make-host":
		e, ok := ctx.Value(entryKey{}).(*entry)
		if !ok {
			return
		}
		e.action = "live-" + do
		if who != "" {
			e.detail = "participant " + who
		}
	default:
		unrecorded(ctx)
	}
}
