package webrtc

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLog makes the loggers of pion's packages. What they call a warning is what
// strangers send to an open port: it is for debugging only.
type pionLog struct{ log *slog.Logger }

func (p pionLog) NewLogger(scope string) logging.LeveledLogger {
	return scoped{p.log.With("scope", scope)}
}

// scoped is a logger of one of pion's packages.
type scoped struct{ log *slog.Logger }

func (s scoped) debug(format string, args []any) {
	if s.log.Enabled(context.Background(), slog.LevelDebug) {
		s.log.Debug(fmt.Sprintf(format, args...))
	}
}

func (s scoped) Trace(string)                 {}
func (s scoped) Tracef(string, ...any)        {}
func (s scoped) Debug(string)                 {}
func (s scoped) Debugf(string, ...any)        {}
func (s scoped) Info(string)                  {}
func (s scoped) Infof(string, ...any)         {}
func (s scoped) Warn(msg string)              { s.debug("%s", []any{msg}) }
func (s scoped) Warnf(f string, args ...any)  { s.debug(f, args) }
func (s scoped) Error(msg string)             { s.debug("%s", []any{msg}) }
func (s scoped) Errorf(f string, args ...any) { s.debug(f, args) }
