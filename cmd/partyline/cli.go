package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"
	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitMisuse = 2 // or an invalid configuration
)

// configFile is the configuration where none is named. The linker sets it for packages.
var configFile = ""

// commands is the command line. Each command has a file of its own.
type commands struct {
	Config string `help:"The configuration file. Default: ${config_text}." placeholder:"FILE" env:"PARTYLINE_CONFIG" default:"${config_file}"`
	JSON   bool   `help:"Print JSON." name:"json"`

	Serve   serveCmd   `cmd:"" help:"Run the gateway."`
	Check   checkCmd   `cmd:"" help:"Check a configuration file and tell every mistake in it."`
	Room    roomCmd    `cmd:"" help:"Add, show and remove rooms; act on live ones."`
	Meeting meetingCmd `cmd:"" help:"Schedule meetings, and invite to them."`
	User    userCmd    `cmd:"" help:"Add, show and remove the accounts of hosts."`
	Contact contactCmd `cmd:"" help:"Import, export and list the contacts of hosts."`
	Person  personCmd  `cmd:"" help:"Export or erase what is kept of a person."`
	Call    callCmd    `cmd:"" help:"Call somebody into a room."`
	Calls   callsCmd   `cmd:"" help:"List, show and end live calls."`
	Trace   traceCmd   `cmd:"" help:"Draw what was said in a call, and list what failed."`
	CDR     cdrCmd     `cmd:"" name:"cdr" help:"List call detail records."`
	Route   routeCmd   `cmd:"" help:"Explain where a call would go."`
	Trunk   trunkCmd   `cmd:"" help:"Show the configured trunks."`
	Number  numberCmd  `cmd:"" help:"Show the configured numbers."`
	Audit   auditCmd   `cmd:"" help:"Show who changed what."`
	Doctor  doctorCmd  `cmd:"" help:"Look for what would keep the gateway from working."`
	Backup  backupCmd  `cmd:"" help:"Write a backup of the data, whether or not the gateway runs."`
	Restore restoreCmd `cmd:"" help:"Put a backup in place of the data; the gateway must not run."`
	Reload  reloadCmd  `cmd:"" help:"Have the running gateway read its configuration again."`
	Profile profileCmd `cmd:"" help:"Write down where the running gateway's time or memory goes."`
	Version versionCmd `cmd:"" help:"Print the version."`
	Manual  manualCmd  `cmd:"" hidden:"" help:"Print the manual page."`
}

// console is where a command prints, and what the command line says to all.
type console struct {
	out, err io.Writer
	ctx      context.Context
	file     string
	json     bool
}

// misuse is an error of the command line.
type misuse struct{ msg string }

func (e misuse) Error() string { return e.msg }

// exitNow is what kong's exit becomes: it ends run, not the process.
type exitNow int

// configVars is what the help says of the configuration where none is named.
func configVars() kong.Vars {
	text := configFile
	if text == "" {
		text = "none; then all keys have their defaults, and data is in ./data"
	}
	return kong.Vars{"config_file": configFile, "config_text": text}
}

// run is the whole program. It returns the exit code.
func run(args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(exitNow)
			if !ok {
				panic(v)
			}
			code = int(e)
		}
	}()
	var cmd commands
	parser, err := kong.New(&cmd,
		kong.Name("partyline"),
		kong.Description("A conferencing gateway: phones, room endpoints and browsers share the same rooms."),
		kong.Writers(stdout, stderr), configVars(),
		kong.Exit(func(code int) { panic(exitNow(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80}),
	)
	if err != nil {
		panic(err) // the struct above is wrong
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "partyline: %s\n", err)
		fmt.Fprintln(stderr, "Try: partyline --help")
		return exitMisuse
	}
	c := &console{out: stdout, err: stderr, ctx: context.Background(), file: cmd.Config, json: cmd.JSON}
	return c.exit(k.Run(c))
}

// exit prints an error and turns it into the exit code.
func (c *console) exit(err error) int {
	var problems configs.Problems
	var wrong misuse
	var status exitNow
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &problems):
		for _, p := range problems {
			p.Write(c.err)
		}
		fmt.Fprintln(c.err, mistakes(len(problems), c.file))
		return exitMisuse
	case errors.As(err, &wrong):
		fmt.Fprintf(c.err, "partyline: %s\n", err)
		return exitMisuse
	}
	var field *store.FieldError
	if errors.As(err, &field) {
		fmt.Fprintf(c.err, "partyline: %s\n", err)
		return exitMisuse
	}
	fmt.Fprintf(c.err, "partyline: %s\n", err)
	return exitFailed
}

func (e exitNow) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func mistakes(n int, file string) string {
	if n == 1 {
		return fmt.Sprintf("%s: 1 mistake", file)
	}
	return fmt.Sprintf("%s: %d mistakes", file, n)
}

// config loads the configuration. Problems in it are the error; a file that
// cannot be read is misuse.
func (c *console) config() (*configs.Config, error) {
	cfg, _, err := configs.Load(c.file)
	return cfg, c.fileError(err)
}

func (c *console) fileError(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return misuse{fmt.Sprintf("the configuration cannot be read: %s", err)}
	}
	return err
}

// client is a connection to the running gateway of this configuration. Mistakes
// in the file are no reason to leave a gateway alone that runs by an earlier
// version of it: whoever has just broken the file may need to end a call.
func (c *console) client() (*control.Client, error) {
	cfg, _, err := configs.Load(c.file)
	if err == nil {
		return control.NewClient(cfg.Server.DataDir), nil
	}
	var mistakes configs.Problems
	if cfg == nil || !errors.As(err, &mistakes) {
		return nil, c.fileError(err)
	}
	client := control.NewClient(cfg.Server.DataDir)
	if _, down := client.Status(c.ctx); down != nil {
		return nil, err
	}
	fmt.Fprintf(c.err, "%s has mistakes (see `partyline check`); asking the gateway that runs on %s\n", c.file, cfg.Server.DataDir)
	return client, nil
}

// store opens the rooms, whether or not a gateway runs.
func (c *console) store(cfg *configs.Config) (*store.Store, error) {
	s, err := store.Open(c.ctx, cfg.Server.DataDir, slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return nil, fmt.Errorf("the data directory %s cannot be opened: %w", filepath.Clean(cfg.Server.DataDir), err)
	}
	return s, nil
}
