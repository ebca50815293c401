package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// counted is what of confload's results is used.
type counted struct {
	Callers int `json:"callers"`
	Server  struct {
		PerCaller float64 `json:"cpu_pct_per_caller"`
	} `json:"server"`
	MouthToEar struct {
		P50 float64 `json:"p50"`
		P99 float64 `json:"p99"`
	} `json:"mouth_to_ear_ms"`
	Lost   int      `json:"rtp_lost_by_sequence"`
	Pass   bool     `json:"pass"`
	Issues []string `json:"issues"`
}

// others measures the same with another load generator, if there is one: every
// second caller's address and phase are other than ours.
func (b *bench) others(ctx context.Context) error {
	if b.confload == "" {
		return nil
	}
	one, err := b.count(ctx, 1, "-rooms", "1", "-step", "100,200,400")
	if err != nil {
		return err
	}
	for i, most := range [][]float64{{32, 42}, {33, 45}, {34, 45}} {
		if i < len(one) {
			c := one[i]
			b.table.row(fmt.Sprintf("confload: %% a participant, room of %d", c.Callers), "%.3f", []float64{c.Server.PerCaller}, []float64{0.040})
			b.table.row("confload: mouth to ear, ms (one phase)", "%.1f", []float64{c.MouthToEar.P50, c.MouthToEar.P99}, most)
		}
	}
	for _, rooms := range []int{20, 40} {
		many, err := b.count(ctx, rooms, "-room-size", "10", "-step", fmt.Sprint(10*rooms))
		if err != nil {
			return err
		}
		for _, c := range many {
			b.table.row(fmt.Sprintf("confload: %% a participant, %d rooms of 10", rooms), "%.3f", []float64{c.Server.PerCaller}, []float64{0.045})
		}
	}
	return nil
}

// count runs confload against a gateway of its own.
func (b *bench) count(ctx context.Context, rooms int, args ...string) ([]counted, error) {
	g, err := b.start(ctx, rooms)
	if err != nil {
		return nil, err
	}
	defer g.stop()
	list, result := filepath.Join(g.dir, "rooms.txt"), filepath.Join(g.dir, "result.json")
	var text strings.Builder
	for _, r := range g.rooms {
		fmt.Fprintf(&text, "%s %s\n", r.Extension, r.PIN)
	}
	if err := os.WriteFile(list, []byte(text.String()), 0o600); err != nil {
		return nil, err
	}
	args = append(args, "-target", "sip:{room}.{pin}@"+g.sip.String(), "-rooms-file", list, "-rate", "50",
		"-settle", settled.String(), "-duration", (b.window / 2).String(), "-pid", fmt.Sprint(g.cmd.Process.Pid), "-json", result, "-quiet")
	out, err := exec.CommandContext(ctx, b.confload, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	js, readErr := os.ReadFile(result)
	if readErr != nil {
		return nil, fmt.Errorf("confload: %w\n%s", err, out)
	}
	var r struct {
		Steps []counted `json:"steps"`
	}
	if err := json.Unmarshal(js, &r); err != nil {
		return nil, err
	}
	for _, c := range r.Steps {
		if !c.Pass {
			b.trouble("confload, %d callers: %s", c.Callers, strings.Join(c.Issues, "; "))
		}
	}
	return r.Steps, nil
}
