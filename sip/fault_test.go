package sip

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// faultLog keeps the log lines about panics.
type faultLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (f *faultLog) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if strings.Contains(string(b), "panic") {
		f.buf.Write(b)
	}
	return len(b), nil
}

func (f *faultLog) first() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.buf.String()
}

func (f *faultLog) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
