package main

import (
	"fmt"

	"github.com/partyline/partyline/configs"
)

type checkCmd struct {
	File string `arg:"" optional:"" help:"The file, instead of --config."`
}

// Run tells every mistake, or that there is none.
func (cmd checkCmd) Run(c *console) error {
	if cmd.File != "" {
		c.file = cmd.File
	}
	if c.file == "" {
		return misuse{"which file? partyline check --config FILE"}
	}
	cfg, problems, err := configs.Load(c.file)
	if cfg != nil {
		problems = append(problems, cfg.Missing()...)
	}
	if _, invalid := err.(configs.Problems); err != nil && !invalid {
		return c.fileError(err)
	}
	bad := problems.Mistakes()
	if c.json {
		if err := c.printJSON(map[string]any{"valid": len(bad) == 0, "problems": append(configs.Problems{}, problems...)}); err != nil {
			return err
		}
		if len(bad) > 0 {
			return exitNow(exitMisuse)
		}
		return nil
	}
	for _, p := range problems {
		p.Write(c.err)
	}
	if len(bad) > 0 {
		fmt.Fprintln(c.err, mistakes(len(bad), c.file))
		return exitNow(exitMisuse)
	}
	warnings := ""
	if n := len(problems); n > 0 {
		warnings = ", " + plural(n, "warning")
	}
	fmt.Fprintf(c.out, "%s: no mistakes%s\n", c.file, warnings)
	return nil
}
