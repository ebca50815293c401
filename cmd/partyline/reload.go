package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/telemetry"
)

// applicable are the keys, or beginnings of keys, whose change needs no restart.
var applicable = []string{
	"server.domain", "server.public_ip", "server.backup_gateway", "server.drain_time", "server.dns",
	"sip.srtp", "sip.codecs", "sip.session_expires", "h323.encryption", "h323.h245_ports", "trunks", "numbers", "dialplan.", "rooms.",
	"meetings.", "mail.", "sms.", "privacy.", "limits.", "telemetry.log.level", "telemetry.hep.", "telemetry.tracing.", "telemetry.trace.",
}

// Reload implements control.Gateway: it reads the configuration again and puts
// in force what it can. Calls go on. With a mistake in the file nothing changes.
func (g *gateway) Reload() (control.Reloaded, error) {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	done, err := g.reload()
	g.reloads.note(done, err)
	result := "ok"
	if err != nil {
		result = "failed"
	}
	g.metrics.Count("partyline_config_reloads_total", result)
	return done, err
}

func (g *gateway) reload() (control.Reloaded, error) {
	done := control.Reloaded{Applied: []string{}, Restart: []string{}}
	old := g.cfg.Load()
	cfg, _, err := configs.Load(old.File)
	if err != nil {
		return done, err
	}
	// What may fail comes first: then the old configuration stays in force as a
	// whole.
	if err := g.readCertificates(cfg); err != nil {
		return done, err
	}
	calls, err := sipConfig(cfg, g.log.With("part", "sip"))
	if err != nil {
		return done, err
	}
	if err := g.reloadMessages(old, cfg); err != nil {
		return done, err
	}
	if err := g.useSeeing(context.Background(), old, cfg); err != nil {
		return done, err
	}
	live := func(key string) bool {
		return slices.ContainsFunc(applicable, func(a string) bool { return strings.HasPrefix(key, a) })
	}
	for _, key := range configs.Diff(old, cfg) {
		if live(key) {
			done.Applied = append(done.Applied, key)
		}
	}
	// Against what was started, not what was read last: a change that waits for a
	// restart is told each time.
	for _, key := range configs.Diff(g.booted, cfg) {
		if !live(key) {
			done.Restart = append(done.Restart, key)
		}
	}
	done.Changes, done.Rules = configs.Changes(old, cfg), rulesInForce(cfg)
	g.level.Set(telemetry.Level(cfg.Telemetry.Log.Level))
	g.sip.Reload(calls)
	if g.h323 != nil {
		g.h323.Reload(h323Config(cfg, g.log.With("part", "h323")))
	}
	g.admission.SetLockout(cfg.Limits.Lockout)
	g.store.KeepChanges(cfg.Privacy.Changes)
	// The rest of the dialplan's keys are the reception's, which keeps its own.
	cfg.Reception = old.Reception
	cfg.Server.DataDir = old.Server.DataDir
	g.usePlan(cfg)
	g.budget.SetLimits(cfg.Budget())
	g.cfg.Store(cfg)
	return done, nil
}

// rulesInForce counts what calls go by.
func rulesInForce(cfg *configs.Config) string {
	return fmt.Sprintf("%s, %s, %s for calls in, %d for calls out",
		plural(len(cfg.Trunks), "trunk"), plural(len(cfg.Numbers), "number"),
		plural(len(cfg.Dialplan.Inbound), "rule"), len(cfg.Dialplan.Outbound))
}

// reloadAndLog is what SIGHUP does.
func (g *gateway) reloadAndLog() {
	done, err := g.Reload()
	var problems configs.Problems
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			g.log.Error("configuration not reloaded: " + p.String())
		}
	case err != nil:
		g.log.Error("configuration not reloaded", "err", err)
	default:
		g.log.Info("configuration reloaded", "in_force", strings.Join(done.Applied, " "), "changes", strings.Join(done.Changes, "; "), "now", done.Rules)
		g.noteReload(store.Change{By: store.BySystem})
		for _, key := range done.Restart {
			g.log.Warn("a change needs a restart", "key", key)
		}
	}
}
