// Command quality prints how the gateway sounds: each impairment's scores beside
// those of a plain fixed buffer, and the curves of the room's sound. It keeps WAV
// files of what was said and heard for listening.
//
//	go run ./test/quality [-o DIR] [-length 24s] [-only TEXT]
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/partyline/partyline/internal/quality"
)

func main() {
	out := flag.String("o", "build/quality", "keep the WAV files in `DIR`; empty: none")
	length := flag.Duration("length", 24*time.Second, "how much speech each row has")
	only := flag.String("only", "", "measure only the rows whose name contains `TEXT`, and no curves")
	flag.Parse()
	p := printer{w: os.Stdout, dir: *out, studio: quality.NewStudio(*length)}
	err := p.rows(*only)
	if err == nil && *only == "" {
		err = p.curves()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		os.Exit(1)
	}
}
