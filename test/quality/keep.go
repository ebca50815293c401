package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/partyline/partyline/internal/quality"
	"github.com/partyline/partyline/media/pcm"
)

// keepSeconds is how much of a row is kept, from its end.
const keepSeconds = 60

// keep writes a row's sound: the original, what we made of it, and what a fixed
// buffer did.
func (p *printer) keep(r *quality.Result) error {
	if p.dir == "" {
		return nil
	}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return err
	}
	name := strings.NewReplacer(" ", "-", "%", "percent", ",", "", "+-", "pm", "+", "plus-").Replace(r.Row.Name)
	for _, part := range []struct {
		who string
		pcm []int16
	}{{"original", r.Trace.Original}, {"ours", r.Ours.PCM}, {"naive", r.Naive.PCM}} {
		path := filepath.Join(p.dir, fmt.Sprintf("%s-%s-%s.wav", name, strings.ToLower(string(r.Codec)), part.who))
		if err := write(path, part.pcm[max(0, len(part.pcm)-keepSeconds*r.Ours.Rate):], r.Ours.Rate); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, sound []int16, rate int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pcm.WriteWAV(f, sound, rate), f.Close())
}
