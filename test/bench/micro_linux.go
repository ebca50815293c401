package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// microBenchmarks runs what the packages measure themselves, in the form that
// benchstat reads.
func microBenchmarks(ctx context.Context, count int) error {
	fmt.Println()
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", "100ms",
		"-count", fmt.Sprint(count), "-timeout", "5m", "./media/...", "./mixer/...", "./bridge/...")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the benchmarks: %w", err)
	}
	return nil
}
