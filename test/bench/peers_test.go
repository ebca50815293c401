//go:build peers && linux

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/test/load"
)

// TestLoad calls the built gateway with every codec, and by H.323: all is heard, nothing is lost,
// and who comes and goes in between disturbs nobody's packets.
func TestLoad(t *testing.T) {
	bin, _ := filepath.Abs(filepath.Join("..", "..", "bin", "partyline"))
	if _, err := os.Stat(bin); err != nil {
		t.Fatalf("make build comes first: %v", err)
	}
	ctx := t.Context()
	b := &bench{bin: bin, dir: t.TempDir(), rtpPorts: "27000-27099"}
	g, err := b.start(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.stop)
	for _, how := range []load.Config{
		{Codec: codec.PCMU},
		{Codec: codec.PCMA},
		{Codec: codec.G722},
		{Codec: codec.Opus},
		{Codec: codec.PCMA, Signalling: load.H323Fast},
		{Codec: codec.G722, Signalling: load.H323Slow},
	} {
		t.Run(strings.TrimSpace(string(how.Codec)+" "+string(how.Signalling)), func(t *testing.T) {
			f, err := g.fleet(load.Config{Codec: how.Codec, Signalling: how.Signalling, Talkers: 1, Clickers: 1, Tracks: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}()
			s, err := f.Call(ctx, 20, append(load.Times(4, 0), load.Times(4, 1)...))
			if err != nil || s.Failed() > 0 {
				t.Fatalf("%+v %v", s, err)
			}
			if err := wait(ctx, settled/2); err != nil {
				t.Fatal(err)
			}
			m, err := f.Measure(ctx, 2*time.Second, func(ctx context.Context) error {
				_, err := f.Call(ctx, 10, load.Times(5, 0))
				return errors.Join(err, f.HangUp(ctx, 10, f.Listeners(0)[:5]))
			})
			if err != nil {
				t.Fatal(err)
			}
			r, err := m.Report()
			if err != nil {
				t.Fatal(err)
			}
			if r.Lost > 0 || r.Presence.Heard != 2 || r.Presence.Tones != 2 || r.Clicks < 6 || r.Heard < r.Clicks*8/10 || r.Gateway <= 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}
