package call

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/h323/secure"
)

// SignalPort is the port of call signalling (H.225.0 Appendix IV).
const SignalPort = 1720

// Call is one call. Its methods may be called from any goroutine and do not
// wait, but for Close.
type Call struct {
	cfg      *Config
	timers   Timers
	log      *slog.Logger
	net      Network
	owner    Owner
	media    Media
	outgoing bool
	target   Target // of an outgoing call, as it was forwarded last

	box    mailbox
	ctx    context.Context // ends with the loop
	cancel context.CancelFunc
	quit   chan struct{} // the loop has ended
	done   chan struct{} // all has ended
	goes   sync.WaitGroup

	mu     sync.Mutex // guards what others may ask for
	reason Reason
	remote Party

	// What follows belongs to the loop.

	state      q931.CallState
	crv        uint16
	callID     h225.GloballyUniqueID
	conference h225.ConferenceIdentifier
	called     *Setup // incoming: what was offered
	wait       *timer // for the next step of call signalling
	wires      []*wire
	signal     *wire
	armed      []*timer
	over       bool // the owner has been told
	released   bool // ReleaseComplete has come, or nothing more is to come
	panicked   bool
	forwards   int          // how often an outgoing call was sent elsewhere
	garbage    int          // messages that could not be read
	keys       *secure.Keys // H.235.6; nil: media goes in the clear
	ctl        transport
	fast       fastConnect
	sound      channels
	probes     []func(error)
}

// Accept takes a connection on which a Setup is expected, and keeps it until the
// call ends. cfg is not changed any more.
func Accept(conn net.Conn, cfg *Config, media Media, owner Owner) *Call {
	c := newCall(cfg, media, owner)
	c.session()
	c.box.put(func() {
		c.connect(conn)
		c.wait = c.after(c.timers.Setup, func() {
			c.abandon(Reason{Cause: causeRecoveryOnTimer, Err: errNoSetup})
		})
	})
	go c.run()
	return c
}

// Dial calls to.Signal. It returns at once; a connection that cannot be made is
// told by Ended like everything else. The end of ctx before the answer releases
// the call.
func Dial(ctx context.Context, to Target, cfg *Config, media Media, owner Owner) *Call {
	c := newCall(cfg, media, owner)
	c.outgoing = true
	c.target = to
	c.callID, c.conference = identifier(to.CallID), identifier(to.ConferenceID)
	c.session()
	c.box.put(c.dial)
	stop := context.AfterFunc(ctx, func() {
		c.box.put(func() {
			if c.state != q931.StateActive {
				c.release(Reason{Cause: causeNormalClearing, Err: context.Cause(ctx)})
			}
		})
	})
	go func() {
		defer stop()
		c.run()
	}()
	return c
}

func newCall(cfg *Config, media Media, owner Owner) *Call {
	c := &Call{
		cfg: cfg, timers: cfg.Timers.filled(), log: cfg.Log, net: cfg.Net, owner: owner, media: media,
		box: mailbox{bell: make(chan struct{}, 1)}, quit: make(chan struct{}), done: make(chan struct{}),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.net == nil {
		c.net = system{}
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// connect makes conn the call signalling connection.
func (c *Call) connect(conn net.Conn) {
	w := c.newWire(conn, nil, nil)
	w.frame = func(p []byte) {
		if c.signal == w {
			c.receive(p)
		}
	}
	w.lost = func(err error) {
		if c.signal == w {
			c.signalLost(err)
		}
	}
	c.signal = w
	c.start(w)
	if c.timers.Keepalive > 0 {
		c.keepAlive(w)
	}
}

// keepAlive sends an empty TPKT now and then, which keeps NAT and firewalls open.
func (c *Call) keepAlive(w *wire) {
	c.after(c.timers.Keepalive, func() {
		if c.signal == w && !w.finished {
			c.put(w, nil)
			c.keepAlive(w)
		}
	})
}

// Proceed says that the call is worked on: CallProceeding (H.225.0 §7.3.1).
func (c *Call) Proceed() { c.box.put(c.proceed) }

// Alert says that somebody is asked: Alerting (H.225.0 §7.3.2).
func (c *Call) Alert() { c.box.put(c.alert) }

// Answer takes the call: Connect (H.225.0 §7.3.3). Fast connect is accepted in it
// at the latest.
func (c *Call) Answer() { c.box.put(c.answer) }

// Redirect sends an incoming call that is not answered elsewhere: Facility
// routeCallToGatekeeper with that address, then the end (H.323 §8.1.8).
func (c *Call) Redirect(to netip.AddrPort) { c.box.put(func() { c.redirect(to) }) }

// Release ends the call, in whatever state it is. The first reason counts.
func (c *Call) Release(r Reason) { c.box.put(func() { c.release(r) }) }

// SendKey sends a key press by H.245 user input in the form that the peer takes,
// or by Q.931 Keypad facility if there is no H.245.
func (c *Call) SendKey(digit byte) { c.box.put(func() { c.sendKey(digit) }) }

// Probe asks for a sign of life (H.245 round trip delay, C.9; StatusInquiry where
// there is no H.245) and tells heard, on the call's loop, how long it took. An
// error: nothing came in time, or the call has ended.
func (c *Call) Probe(within time.Duration, heard func(time.Duration, error)) {
	if !c.box.put(func() { c.probe(within, heard) }) {
		heard(0, net.ErrClosed)
	}
}

// Done is closed when the call has ended, with all its goroutines.
func (c *Call) Done() <-chan struct{} { return c.done }

// Reason is why the call ended; the zero value while it lives.
func (c *Call) Reason() Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// Remote is who calls, or was called and answered, as far as it is known.
func (c *Call) Remote() Party {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote
}

// Close releases the call normally and waits for its goroutines.
func (c *Call) Close() error {
	c.Release(Reason{Cause: causeNormalClearing})
	<-c.done
	return nil
}

// identifier is id, or a new one.
func identifier(id ID) h225.GloballyUniqueID {
	if id == (ID{}) {
		return h225.NewGloballyUniqueID()
	}
	return id[:]
}

// Owner has a call and is told what becomes of it. Its methods are called on the
// call's loop, one after the other: they do not wait, and may call the methods of
// the Call but Close. Embed NoOwner to leave some out.
type Owner interface {
	// Incoming tells of a Setup that came (not of our own): answer it by Proceed,
	// Alert, Answer or Release, now or later.
	Incoming(*Setup)
	// Progress tells what became of our Setup (not of the peer's).
	Progress(Progress)
	// Connected tells that the call is answered. Media follows or has come before.
	Connected()
	// Key tells of a key that was pressed.
	Key(Key)
	// Ended is the last of all, and comes once. The call's connections may take a
	// moment longer: Done.
	Ended(Reason)
}

// NoOwner ignores everything.
type NoOwner struct{}

// Incoming implements Owner.
func (NoOwner) Incoming(*Setup) {}

// Progress implements Owner.
func (NoOwner) Progress(Progress) {}

// Connected implements Owner.
func (NoOwner) Connected() {}

// Key implements Owner.
func (NoOwner) Key(Key) {}

// Ended implements Owner.
func (NoOwner) Ended(Reason) {}

// Progress is how far our Setup got.
type Progress uint8

// The steps of an outgoing call.
const (
	Calling    Progress = iota // the connection is up and Setup on its way
	Proceeding                 // CallProceeding: the peer works on it
	Ringing                    // Alerting
	InBand                     // Progress: there may be sound before the answer
	Forwarded                  // Facility: we call another address
)

// Key is one key press. The same press may come in several ways (and as an RFC
// 2833 event in the sound): whoever counts keys compares them.
type Key struct {
	Digit    byte          // '0'–'9', '*', '#', 'A'–'D', '!' (hook flash)
	Via      KeyVia        // how it came
	Duration time.Duration // 0: not said
}

// KeyVia is how a key came.
type KeyVia uint8

// The ways of a key.
const (
	ViaAlphanumeric KeyVia = iota // H.245 userInput alphanumeric, a string's digits one after the other
	ViaSignal                     // H.245 userInput signal
	ViaKeypad                     // Q.931 Keypad facility
)

// Target is whom to call.
type Target struct {
	Signal netip.AddrPort // the call signalling address; port 0: 1720
	// Called are the names of the called party, best first: destinationAddress,
	// and, if one is a number, CalledPartyNumber. None: the bare address.
	Called []Alias
	// CallID and ConferenceID; zero: made up. A gatekeeper's admission needs them
	// before the call.
	CallID, ConferenceID ID
	// Extension is a remoteExtensionAddress (a gateway's second stage dialling).
	Extension *Alias
	// Caller takes the place of the Config's name and aliases.
	Caller *Party
	// CallReference is that of Q.931, 1 to 32767; 0: made up.
	CallReference uint16
	// Tokens and CryptoTokens go into Setup beside our own: those of a
	// gatekeeper's admission, as they are (H.225.0 §7.13).
	Tokens       []h235.ClearToken
	CryptoTokens []h225.CryptoH323Token
}

// Watcher is what an Owner may be besides, to be told what the peer can do.
type Watcher interface {
	// Capabilities tells of the peer's capability set, new or changed, on the
	// call's loop.
	Capabilities(Capabilities)
}

// Capabilities is what a peer's terminal capability set says (H.245 §7.2).
type Capabilities struct {
	// Audio are the formats it receives of those that we have.
	Audio []Codec
	// UserInput: keys by H.245. Events: keys as RFC 2833 events in the sound. A peer
	// that takes neither will hardly send them.
	UserInput, Events bool
	Video, Data       bool
	// Empty: it pauses us (H.323 §8.4.6).
	Empty bool
}

// ID is a globally unique identifier (H.225.0 §7.6).
type ID [16]byte
