package webrtc

import (
	"context"
	"crypto/x509"
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"

	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/sdp"
)

// transport is one ICE agent and the DTLS connection over it: what one
// RTCPeerConnection of the browser has at its other end.
type transport struct {
	leg     *Leg
	agent   *ice.Agent
	conn    *ice.Conn
	pipe    *pipe // of DTLS
	feed    *media.Feed
	theirs  sdp.Secured // as the first offer said
	session string      // of its origin line
	active  bool        // we begin the handshake

	ctx    context.Context
	cancel context.CancelFunc
	once   sync.Once
	wg     sync.WaitGroup // its goroutines

	paired atomic.Bool // ICE has chosen a pair

	mu     sync.Mutex         // guards what follows
	agreed media.Params       // as the last offer said
	dtls   *dtls.Conn         // nil: not up yet
	keys   *media.Crypto      // nil: likewise
	ufrag  string             // the browser's
	fresh  chan ice.Candidate // gathered; nil at their end
}

// newTransport makes a transport for an offer. It waits for checks from now on.
func (l *Leg) newTransport(theirs sdp.Secured) (*transport, error) {
	t := &transport{leg: l, theirs: theirs, ufrag: theirs.Ufrag, active: theirs.Setup != "active"}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.feed = l.srv.cfg.Media.NewFeed(t)
	var err error
	if t.agent, err = ice.NewAgentWithOptions(l.srv.ice...); err != nil {
		return nil, err
	}
	err = errors.Join(
		t.agent.OnCandidate(t.gathered),
		t.agent.OnConnectionStateChange(t.changed),
		t.agent.OnSelectedCandidatePairChange(func(ice.Candidate, ice.Candidate) { t.paired.Store(true) }),
	)
	if err != nil {
		t.agent.Close()
		return nil, err
	}
	return t, nil
}

// gather finds our candidates. Nobody is asked for them: there are only those of
// the ports.
func (t *transport) gather(ctx context.Context) (list []string, err error) {
	fresh := make(chan ice.Candidate, 64)
	t.mu.Lock()
	t.fresh = fresh
	t.mu.Unlock()
	if err := t.agent.GatherCandidates(); err != nil {
		return nil, err
	}
	for {
		select {
		case c := <-fresh:
			if c == nil {
				return list, nil
			}
			list = append(list, c.Marshal())
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.ctx.Done():
			return nil, ErrClosed
		}
	}
}

func (t *transport) gathered(c ice.Candidate) {
	t.mu.Lock()
	fresh := t.fresh
	t.mu.Unlock()
	select {
	case fresh <- c:
	case <-t.ctx.Done():
	}
}

// start takes the browser's checks and, once there is a pair, its handshake.
func (t *transport) start() error {
	conn, err := t.agent.StartAccept(t.theirs.Ufrag, t.theirs.Password)
	if err != nil {
		return err
	}
	t.conn = conn
	t.pipe = newPipe(t)
	t.wg.Go(t.read)
	t.wg.Go(t.run)
	return nil
}

// restart begins ICE anew for the same browser and the same DTLS connection
// (RFC 8445 §2.4). It gives our new candidates.
func (t *transport) restart(ctx context.Context, theirs sdp.Secured) ([]string, error) {
	t.paired.Store(false)
	if err := t.agent.Restart("", ""); err != nil {
		return nil, err
	}
	list, err := t.gather(ctx)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.ufrag = theirs.Ufrag
	t.mu.Unlock()
	return list, t.agent.SetRemoteCredentials(theirs.Ufrag, theirs.Password)
}

// read takes what comes over validated pairs: ICE hands on nothing else. The
// first octet tells what it is (RFC 7983).
func (t *transport) read() {
	defer t.guard()
	buf := make([]byte, maxPacket)
	for {
		n, err := t.conn.Read(buf)
		if err != nil {
			if t.ctx.Err() != nil || n == 0 {
				return
			}
			continue
		}
		switch b := buf[:n]; {
		case n == 0:
		case b[0] >= 20 && b[0] <= 63:
			t.pipe.put(b)
		case b[0] >= 128 && b[0] <= 191:
			t.feed.Put(b)
		}
	}
}

// guard ends the call whose goroutine panics. The others go on.
func (t *transport) guard() {
	if v := recover(); v != nil {
		t.leg.log.Error("a browser's transport failed; its call is ended", "panic", v, "stack", string(debug.Stack()))
		t.leg.Hangup(cause.Internal)
	}
}

// maxPacket is the longest datagram taken.
const maxPacket = 1500

// run does the handshake and waits for the end.
func (t *transport) run() {
	defer t.guard()
	err := t.handshake()
	if t.ctx.Err() == nil {
		t.leg.log.Debug("browser's transport is over", "error", err)
	}
	t.end()
	t.leg.down(t, true)
}

func (t *transport) handshake() error {
	ctx, cancel := context.WithTimeout(t.ctx, t.leg.srv.cfg.Limits.Connect)
	defer cancel()
	if err := t.agent.AwaitConnect(ctx); err != nil {
		return err
	}
	d, err := t.secure()
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.HandshakeContext(ctx); err != nil {
		return err
	}
	t.mu.Lock()
	t.dtls = d
	t.mu.Unlock()
	keys, err := keysOf(d, t.active)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.keys = keys
	t.mu.Unlock()
	t.leg.up(t)
	// Nothing is sent this way but the browser's good-bye.
	nothing := make([]byte, maxPacket)
	for {
		if _, err := d.Read(nothing); err != nil {
			return errors.Join(errPeerClosed, err)
		}
	}
}

// secure begins DTLS over the pipe.
func (t *transport) secure() (*dtls.Conn, error) {
	id := &t.leg.srv.identity
	options := []dtls.Option{
		dtls.WithCertificates(id.certificate),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithInsecureSkipVerify(true), // the fingerprint vouches, no authority
		dtls.WithLoggerFactory(t.leg.srv.pion),
		dtls.WithVerifyPeerCertificate(func(certificates [][]byte, _ [][]*x509.Certificate) error {
			if len(certificates) == 0 || !proves(t.theirs.Fingerprints, certificates[0]) {
				return errNotTheirs
			}
			return nil
		}),
	}
	if t.active {
		client := make([]dtls.ClientOption, len(options))
		for i, o := range options {
			client[i] = o
		}
		return dtls.ClientWithOptions(t.pipe, t.pipe.LocalAddr(), client...)
	}
	server := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
	for _, o := range options {
		server = append(server, o)
	}
	return dtls.ServerWithOptions(t.pipe, t.pipe.LocalAddr(), server...)
}

// Send implements media.Wire. While there is no pair, nothing is sent: ICE would
// look for another one, and that takes its time.
func (t *transport) Send(packet []byte) {
	if t.paired.Load() {
		_, _ = t.conn.Write(packet)
	}
}

// changed is called when ICE's state changes.
func (t *transport) changed(s ice.ConnectionState) {
	switch s {
	case ice.ConnectionStateConnected:
		t.paired.Store(true)
		t.mu.Lock()
		up := t.keys != nil
		t.mu.Unlock()
		if up {
			t.leg.up(t)
		}
	case ice.ConnectionStateDisconnected, ice.ConnectionStateFailed:
		t.paired.Store(false) // who does not answer is not sent anything (RFC 7675)
		t.leg.down(t, false)
	}
}

// params is what the stream does over this transport.
func (t *transport) params() media.Params {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.agreed
	if t.keys != nil {
		p.Feed, p.SRTP = t.feed, t.keys
	}
	return p
}

// end ends the transport. The browser is told, if it can be.
func (t *transport) end() {
	t.once.Do(func() {
		t.cancel()
		t.mu.Lock()
		d := t.dtls
		t.mu.Unlock()
		if d != nil {
			_ = d.Close()
		}
		t.paired.Store(false)
		if t.pipe != nil {
			t.pipe.Close()
		}
		_ = t.agent.Close()
	})
}

// close ends the transport and waits for its goroutines.
func (t *transport) close() {
	t.end()
	t.wg.Wait()
}
