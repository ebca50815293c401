package main

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

type profileCmd struct {
	Kind  string        `arg:"" enum:"cpu,heap,goroutine" help:"cpu: where its time goes; heap: what its memory holds; goroutine: what it waits for."`
	File  string        `arg:"" type:"path" help:"The file to write, for go tool pprof."`
	Watch time.Duration `default:"10s" help:"For how long to watch (cpu)."`
}

// Run writes a profile of the running gateway.
func (p *profileCmd) Run(c *console) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	var made bytes.Buffer
	if err := client.Profile(c.ctx, p.Kind, p.Watch, &made); err != nil {
		return err
	}
	if err := os.WriteFile(p.File, made.Bytes(), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s profile written: go tool pprof -top %s\n", p.Kind, p.File)
	return nil
}
