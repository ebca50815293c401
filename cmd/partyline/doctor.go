package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
)

type doctorCmd struct {
	Health bool   `help:"Only ask the running gateway whether it lives, as a container's health check."`
	Reach  string `help:"Look from here whether the gateway on another machine can be reached, at the ports of this configuration." placeholder:"HOST"`
}

// finding is one thing the doctor looked at.
type finding struct {
	Check  string `json:"check"`
	Result string `json:"result"` // ok, warning, failed
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"` // what to do, unless all is well
}

// The results, from good to bad.
const (
	fine    = "ok"
	warning = "warning"
	failed  = "failed"
)

// advise says what to do about a finding.
func (f *finding) advise(format string, args ...any) { f.Advice = fmt.Sprintf(format, args...) }

// examination is the doctor at work.
type examination struct {
	c        *console
	cfg      *configs.Config
	running  *control.Status // nil: no gateway runs
	findings []finding
}

// add notes a finding; what is not well gets an advice by the result's advise.
func (x *examination) add(check, result, detail string, args ...any) *finding {
	x.findings = append(x.findings, finding{Check: check, Result: result, Detail: fmt.Sprintf(detail, args...)})
	return &x.findings[len(x.findings)-1]
}

// Run looks at everything and fails if anything would keep the gateway from
// working.
func (d doctorCmd) Run(c *console) error {
	if d.Health {
		return c.health()
	}
	cfg, problems, err := configs.Load(c.file)
	x := &examination{c: c, cfg: cfg}
	var mistakes configs.Problems
	switch {
	case errors.As(err, &mistakes):
		for _, p := range mistakes {
			x.add("configuration", failed, "%s", p).advise("correct it; `partyline check` shows the place")
		}
	case err != nil:
		return c.fileError(err)
	case d.Reach != "":
		x.reach(d.Reach)
	default:
		x.configuration(problems)
		for _, look := range []func(){
			x.serve, x.dataDir, x.files, x.certificates, x.ports, x.answers, x.page, x.messages,
			x.address, x.names, x.mailNames, x.trunks, x.kernel, x.descriptors, x.clock,
		} {
			look()
		}
	}
	return x.report()
}

// report prints what was found.
func (x *examination) report() error {
	bad := slices.ContainsFunc(x.findings, func(f finding) bool { return f.Result == failed })
	if x.c.json {
		if err := x.c.printJSON(map[string]any{"healthy": !bad, "findings": x.findings}); err != nil {
			return err
		}
	} else {
		for _, f := range x.findings {
			fmt.Fprintf(x.c.out, "%-8s %s: %s\n", f.Result, f.Check, clean(f.Detail))
			if f.Advice != "" {
				fmt.Fprintf(x.c.out, "         -> %s\n", clean(f.Advice))
			}
		}
	}
	if bad {
		return exitNow(exitFailed)
	}
	return nil
}

// health asks the gateway whether it lives. It says nothing if all is well.
func (c *console) health() error {
	client, err := c.client()
	if err != nil {
		return err
	}
	s, err := client.Status(c.ctx)
	switch {
	case err != nil:
		return err
	case !s.Alive:
		return errors.New("a media engine does not answer")
	case !s.Ready:
		return errors.New("the gateway takes no calls yet")
	}
	return nil
}

func (x *examination) configuration(problems configs.Problems) {
	if x.cfg.File == "" {
		x.add("configuration", fine, "none given: the defaults")
		return
	}
	for _, p := range problems {
		x.add("configuration", warning, "%s", p).advise("see the line; the gateway starts all the same")
	}
	if len(problems) == 0 {
		x.add("configuration", fine, "%s has no mistakes", x.cfg.File)
	}
}

func (x *examination) serve() {
	s, err := control.NewClient(x.cfg.Server.DataDir).Status(x.c.ctx)
	switch {
	case err == nil:
		x.running = &s
		x.add("gateway", fine, "runs as process %d since %s, %s", s.PID, s.Started.Local().Format(time.DateTime), plural(s.Calls, "call"))
		if !s.Ready || s.Draining {
			x.add("gateway", warning, "takes no calls (ready %v, draining %v)", s.Ready, s.Draining).
				advise("wait, or see its log: journalctl -u partyline")
		}
		if s.Version != versionText() {
			x.add("gateway", warning, "runs version %s, and this is %s", s.Version, versionText()).
				advise("restart it when no meeting is on: systemctl restart partyline")
		}
		x.gatekeeper(s.Gatekeeper)
	case errors.Is(err, control.ErrNotRunning):
		x.add("gateway", fine, "is not running")
	default:
		x.add("gateway", warning, "%s", err).advise("run this as root or as the service's user")
	}
}

// gatekeeper tells whether the H.323 gatekeeper knows the gateway that runs.
func (x *examination) gatekeeper(gk *control.Gatekeeper) {
	switch {
	case gk == nil:
	case gk.Registered:
		x.add("gatekeeper", fine, "%s knows us since %s by %s", cmp.Or(gk.Identifier, gk.Address),
			gk.Since.Local().Format(time.DateTime), plural(len(gk.Aliases), "name"))
		if n := len(gk.Taken); n > 0 {
			x.add("gatekeeper", warning, "other endpoints have %s of ours: %s; calls to them do not come here",
				plural(n, "name"), strings.Join(gk.Taken[:min(n, 10)], ", ")).
				advise("take them from the other endpoints, or choose others in h323.gatekeeper.aliases")
		}
	default:
		x.add("gatekeeper", warning, "%s: %s; calls go on without it", gk.Phase, cmp.Or(gk.Error, "no answer yet")).
			advise("look whether h323.gatekeeper.address is right and its UDP port %s open", gkPort(x.cfg.H323.Gatekeeper.Address))
	}
}

// gkPort is the port of a gatekeeper's address.
func gkPort(address string) string {
	if i := strings.LastIndexByte(address, ':'); i >= 0 && !strings.HasSuffix(address, "]") {
		return address[i+1:]
	}
	return "1719"
}
