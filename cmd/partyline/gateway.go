package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/dialplan"
	"github.com/partyline/partyline/h323"
	"github.com/partyline/partyline/locales"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/prompts"
	"github.com/partyline/partyline/reception"
	"github.com/partyline/partyline/sip"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/telemetry"
	"github.com/partyline/partyline/trace"
	"github.com/partyline/partyline/web"
	"github.com/partyline/partyline/web/live"
	"github.com/partyline/partyline/webrtc"
	"golang.org/x/crypto/acme/autocert"
)

// gateway is everything that serve runs, joined. Its parts are opened in the
// order of the fields and closed in the opposite one.
type gateway struct {
	cfg     atomic.Pointer[configs.Config]
	booted  *configs.Config
	log     *slog.Logger
	level   slog.LevelVar
	started time.Time

	store     *store.Store
	book      *meeting.Book
	words     *locales.Book
	messages  *messages // nil: not started yet
	admission *admission.Admission
	media     *media.Media
	bridge    *bridge.Bridge
	reception *reception.Reception
	sip       *sip.Server
	sipCert   certificate
	webCert   certificate
	h323      *h323.Server   // nil: no room systems
	webrtc    *webrtc.Server // nil: no browsers
	live      *live.Live     // nil: no page
	page      *web.Server
	scraped   *web.Server       // of the metrics
	redirect  *web.Server       // nil: none
	acme      *autocert.Manager // nil: no certificates by ACME
	control   *control.Server
	metrics   *telemetry.Registry
	trace     *trace.Book
	seeing    seeing

	plan      atomic.Pointer[dialplan.Plan]
	lengths   lengths
	listeners control.Listeners
	fresh     *firstSteps // what was made because there was nothing

	calls    attendances // who is attended
	out      callsOut    // who is being called
	budget   *dialplan.Budget
	browsers callCount
	attended sync.WaitGroup
	// serving ends when those who are in a call are to be told that it is over.
	serving context.Context
	stop    context.CancelFunc

	// closing ends follow and giveBack, which then close theirs; serving's end that
	// of keepNames.
	closing, followed, gaveBack, named chan struct{}

	reloads reloads // what the last did

	ready, draining atomic.Bool
	reloading       sync.Mutex
}

// openGateway opens all listeners; the gateway then takes calls. What was
// opened before an error is closed again.
func openGateway(ctx context.Context, cfg *configs.Config, stderr io.Writer) (*gateway, error) {
	g := &gateway{
		started: time.Now(), metrics: telemetry.New(), trace: trace.NewBook(trace.Limits{}),
		closing: make(chan struct{}), followed: make(chan struct{}), gaveBack: make(chan struct{}), named: make(chan struct{}),
	}
	g.cfg.Store(cfg)
	g.booted = cfg
	g.level.Set(telemetry.Level(cfg.Telemetry.Log.Level))
	plain := telemetry.NewLogger(stderr, cfg.Telemetry.Log.Format, &g.level)
	g.log = slog.New(telemetry.WithCalls(plain.Handler(), g.seeing.names.find, g.tellLine))
	g.serving, g.stop = context.WithCancel(context.Background())
	g.calls.byID = map[string]*attendance{}
	g.budget = dialplan.NewBudget(cfg.Budget())
	if err := g.open(ctx, cfg); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *gateway) open(ctx context.Context, cfg *configs.Config) error {
	for _, part := range []func(context.Context, *configs.Config) error{
		g.openSeeing, g.openStore, g.openMeetings, g.openMedia, g.openReception, g.openSIP, g.openH323, g.openWebRTC, g.openHTTP, g.startMessages, g.openControl,
	} {
		if err := part(ctx, cfg); err != nil {
			return err
		}
	}
	if err := g.writeListeners(); err != nil {
		return err
	}
	g.log.Info("listening", "version", versionText(), "sip", g.listeners.SIP, "h323", g.listeners.H323, "web", g.listeners.Web, "webrtc", g.listeners.WebRTC, "metrics", g.listeners.Metrics)
	g.ready.Store(true)
	return nil
}

func (g *gateway) openStore(ctx context.Context, cfg *configs.Config) error {
	dir := cfg.Server.DataDir
	if s, err := control.NewClient(dir).Status(ctx); err == nil {
		return fmt.Errorf("a gateway is already running on %s (process %d)", dir, s.PID)
	}
	_, statErr := os.Stat(dir + "/" + store.DatabaseFile)
	var err error
	if g.store, err = store.Open(ctx, dir, g.log.With("part", "store")); err != nil {
		return fmt.Errorf("the data directory %s cannot be opened: %w", dir, err)
	}
	g.store.KeepChanges(cfg.Privacy.Changes)
	g.store.Start()
	// Nobody is in a room yet, whatever a gateway that was killed has left behind.
	if err := g.store.EndPresence(ctx, time.Now()); err != nil {
		g.log.Warn("who was in a meeting before the start is still shown there", "error", err)
	}
	if cfg.File == "" && errors.Is(statErr, os.ErrNotExist) {
		if g.fresh, err = newFirstSteps(ctx, g.store, cfg); err != nil {
			return err
		}
	}
	g.lengths.rooms = g.store
	g.usePlan(cfg)
	return nil
}

// usePlan puts a configuration's dialplan in force.
func (g *gateway) usePlan(cfg *configs.Config) {
	p := cfg.Plan()
	p.Extensions = g.lengths.has
	g.plan.Store(p)
}

func (g *gateway) openMedia(_ context.Context, cfg *configs.Config) error {
	var err error
	g.media, err = media.New(media.Config{
		Engines: cfg.Media.Engines, Bind: rtpBind(cfg), PortMin: cfg.SIP.RTPPorts.Min, PortMax: cfg.SIP.RTPPorts.Max,
		Logger: g.log.With("part", "media"),
	})
	if err != nil {
		return fmt.Errorf("sip.rtp_ports, sip.rtp_bind: %w", err)
	}
	return g.media.Start()
}

func (g *gateway) openReception(ctx context.Context, cfg *configs.Config) error {
	words, err := prompts.Load(cfg.Reception.PromptsDir)
	if err != nil {
		return fmt.Errorf("reception.prompts_dir: %w", err)
	}
	g.bridge = bridge.New(g.media, bridge.Config{
		Logger: g.log.With("part", "bridge"), Music: words.Music,
		Levelling: cfg.Media.Levelling, Loudest: cfg.Media.Loudest,
	})
	go g.follow()
	go g.giveBack()
	g.admission, err = admission.New(ctx, admission.Config{
		NoLockout: !cfg.Limits.Lockout, Logger: g.log.With("part", "admission"),
	}, g.store, g.bridge)
	if err != nil {
		return fmt.Errorf("the failed attempts cannot be read: %w", err)
	}
	g.reception = reception.New(reception.Config{
		Attempts: cfg.Reception.Attempts, DigitTimeout: cfg.Reception.DigitTimeout,
		ExtensionLength: cfg.Reception.ExtensionLength, TestExtension: cfg.Reception.TestExtension,
		Language: cfg.Reception.Language, Keys: keymap(cfg.Reception.Keys), Presence: g.store, Logger: g.log.With("part", "reception"),
	}, countedDoor{g.admission, g.metrics}, g.bridge, words)
	return nil
}

func (g *gateway) openSIP(ctx context.Context, cfg *configs.Config) error {
	if err := g.readCertificates(cfg); err != nil {
		return err
	}
	c, err := sipConfig(cfg, g.log.With("part", "sip"))
	if err != nil {
		return err
	}
	c.Tap, c.Unanswered = g.tap, g.unansweredSIP
	if cfg.SIP.TLS.CertFile != "" {
		c.TLS = g.sipCert.config(tlsVersion(cfg.SIP.TLS.MinVersion))
	}
	g.sip = sip.New(c, sip.MediaStreams(g.media, rtpBind(cfg)...), g, g)
	if err := g.sip.Start(ctx); err != nil {
		return fmt.Errorf("sip.listen: %w", err)
	}
	g.listeners.SIP = []string{}
	for _, a := range g.sip.Addrs() {
		g.listeners.SIP = append(g.listeners.SIP, a.Network+"://"+a.Addr)
	}
	return nil
}

func (g *gateway) openControl(context.Context, *configs.Config) error {
	var err error
	g.control, err = control.Open(g.cfg.Load().Server.DataDir, g, liveCalls{g}, (*liveRooms)(g), g.log.With("part", "control"))
	if err == nil {
		g.control.Watch(g.noteControl)
	}
	return err
}

// close closes what is open, in the opposite order. Calls are over by then.
func (g *gateway) close() error {
	g.ready.Store(false)
	g.stop()
	var errs []error
	if g.control != nil {
		errs = append(errs, g.control.Close())
	}
	if g.h323 != nil {
		<-g.named
		g.h323.Close()
	}
	if g.sip != nil {
		g.sip.Close()
	}
	if g.bridge != nil {
		g.bridge.Hangup(cause.Draining)
	}
	g.waitAttended(2 * time.Second)
	if g.live != nil {
		g.live.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if g.scraped != nil {
		g.scraped.Close(ctx)
	}
	if g.redirect != nil {
		g.redirect.Close(ctx)
	}
	if g.page != nil {
		g.page.Close(ctx)
	}
	if g.webrtc != nil {
		errs = append(errs, g.webrtc.Close())
	}
	if g.bridge != nil {
		close(g.closing)
		<-g.followed
		<-g.gaveBack
		g.bridge.Close()
	}
	if g.media != nil {
		errs = append(errs, g.media.Close())
	}
	errs = append(errs, g.closeMessages(partingMail))
	if g.store != nil {
		errs = append(errs, g.store.Close())
		g.removeListeners()
	}
	g.closeSeeing()
	return errors.Join(errs...)
}

// partingMail is how long a message on its way may still take when the gateway
// ends: what the mail server acknowledges after that is sent twice.
const partingMail = 5 * time.Second

// waitAttended waits until no call is attended any more, at most so long.
func (g *gateway) waitAttended(most time.Duration) bool {
	over := make(chan struct{})
	go func() {
		g.attended.Wait()
		close(over)
	}()
	select {
	case <-over:
		return true
	case <-time.After(most):
		return false
	}
}

// listenTCP opens a TCP listener and says what for if it fails.
func listenTCP(key string, l configs.Listener) (net.Listener, error) {
	ln, err := net.Listen("tcp", l.Address())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return ln, nil
}
