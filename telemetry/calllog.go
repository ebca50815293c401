package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Line is a log line about a call.
type Line struct {
	At          time.Time
	Level       slog.Level
	Leg, CallID string // either may be empty
	Text        string // the message and its attributes
}

// CallNames tells what a log line of a leg should say besides: the protocol's name of
// the call, and the room's extension; empty where there is none.
type CallNames func(leg string) (callID, room string)

// WithCalls is a handler that completes lines about calls: one with a "leg" gets its
// "call_id" and "room" too, unless it has them. tell, which may be nil, is given each
// such line of level info and above; it does not log.
func WithCalls(h slog.Handler, names CallNames, tell func(Line)) slog.Handler {
	return &callHandler{next: h, names: names, tell: tell}
}

// callHandler knows what With has bound. It is never changed.
type callHandler struct {
	next   slog.Handler
	names  CallNames
	tell   func(Line)
	known  lineNames
	bound  []string // as text, for tell
	groups int
}

// lineNames are the names of a call in a line's attributes.
type lineNames struct{ leg, callID, room string }

func (n *lineNames) take(a slog.Attr) (known bool) {
	switch a.Key {
	case "leg":
		n.leg = a.Value.String()
	case "call_id":
		n.callID = a.Value.String()
	case "room":
		n.room = a.Value.String()
	default:
		return false
	}
	return true
}

// Enabled implements slog.Handler.
func (h *callHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// WithAttrs implements slog.Handler.
func (h *callHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.next = h.next.WithAttrs(attrs)
	c.bound = slices.Clip(c.bound)
	for _, a := range attrs {
		if h.groups == 0 && (c.known.take(a) && a.Key != "room" || a.Key == "part") {
			continue
		}
		c.bound = append(c.bound, inWords(a))
	}
	return &c
}

// WithGroup implements slog.Handler.
func (h *callHandler) WithGroup(name string) slog.Handler {
	c := *h
	c.next = h.next.WithGroup(name)
	c.groups++
	return &c
}

// Handle implements slog.Handler.
func (h *callHandler) Handle(ctx context.Context, r slog.Record) error {
	n := h.known
	if h.groups == 0 {
		r.Attrs(func(a slog.Attr) bool {
			n.take(a)
			return true
		})
	}
	if n.leg == "" && n.callID == "" {
		return h.next.Handle(ctx, r)
	}
	text := h.text(&r)
	if n.leg != "" && h.groups == 0 && (n.callID == "" || n.room == "") {
		r = r.Clone()
		callID, room := h.names(n.leg)
		if n.callID == "" && callID != "" {
			n.callID = callID
			r.AddAttrs(slog.String("call_id", callID))
		}
		if n.room == "" && room != "" {
			r.AddAttrs(slog.String("room", room))
		}
	}
	err := h.next.Handle(ctx, r)
	if h.tell != nil && r.Level >= slog.LevelInfo {
		h.tell(Line{At: r.Time, Level: r.Level, Leg: n.leg, CallID: n.callID, Text: text})
	}
	return err
}

// text is the line without what names the call.
func (h *callHandler) text(r *slog.Record) string {
	if h.tell == nil || r.Level < slog.LevelInfo {
		return ""
	}
	words := append([]string{r.Message}, h.bound...)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "leg" && a.Key != "call_id" && a.Key != "stack" {
			words = append(words, inWords(a))
		}
		return true
	})
	return strings.Join(words, " ")
}

func inWords(a slog.Attr) string {
	v := a.Value.Resolve().String()
	if v == "" || strings.ContainsAny(v, " =\"") {
		v = fmt.Sprintf("%q", v)
	}
	return a.Key + "=" + v
}
