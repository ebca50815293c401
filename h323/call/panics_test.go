package call

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// panics is a log that counts the panics that calls report.
type panics struct {
	n  atomic.Int64
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *panics) logger() *slog.Logger { return slog.New(p) }

func (p *panics) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

func (p *panics) Handle(_ context.Context, r slog.Record) error {
	p.n.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		p.b.WriteString(" " + a.String())
		return true
	})
	return nil
}

func (p *panics) WithAttrs([]slog.Attr) slog.Handler { return p }
func (p *panics) WithGroup(string) slog.Handler      { return p }

func (p *panics) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}
