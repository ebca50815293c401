package webrtc

import (
	"context"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media"
	"github.com/partyline/partyline/media/codec"
)

const patience = 20 * time.Second

// house is a bridge with a server of browsers' legs.
type house struct {
	testing.TB
	media  *media.Media
	bridge *bridge.Bridge
	server *Server
}

func newHouse(t testing.TB, change func(*Config)) *house {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	m, err := media.New(media.Config{Engines: 1, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}, Loopback: true, Media: m, Logger: log,
	}
	if change != nil {
		change(&cfg)
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	h := &house{TB: t, media: m, bridge: bridge.New(m, bridge.Config{Logger: log}), server: s}
	t.Cleanup(func() {
		s.Close()
		h.bridge.Close()
		m.Close()
	})
	return h
}

// enter takes a leg into the room.
func (h *house) enter(leg bridge.Leg) (*bridge.Participant, *bridge.Room) {
	h.Helper()
	p, err := h.bridge.Enter(leg)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(p.Exit)
	room, err := h.bridge.Join(context.Background(), p, bridge.RoomConfig{ID: "room"}, bridge.JoinOptions{Name: leg.ID()})
	if err != nil {
		h.Fatal(err)
	}
	return p, room
}

// browser is a client made of pion: what a page's RTCPeerConnection is. It sends
// packets that were coded beforehand and keeps what it hears.
type browser struct {
	testing.TB
	pc      *pion.PeerConnection
	track   *microphone
	leg     *Leg
	wants   browserConfig
	codec   codec.Format
	decoder codec.Decoder

	stop  chan struct{}
	quiet chan struct{}
	deaf  bool // what comes is only counted
	wg    sync.WaitGroup

	mu    sync.Mutex
	heard []int16
	got   func(*rtp.Packet)
	in    atomic.Int64
	level atomic.Int32 // of the last packet heard

	remote   atomic.Uint32 // SSRC of what is heard
	reported atomic.Uint32 // middle of the NTP time of the last sender report
	at       time.Time     // when that came
}

type browserConfig struct {
	codec       codec.Name // Opus if empty
	tcp         bool       // ICE over TCP only
	events      bool       // telephone-event
	video, data bool       // offered too
	listen      bool       // no microphone
	line        *line      // its network; nil: sockets of its own
}

// line is a network that can be cut.
type line struct {
	net.PacketConn
	cut atomic.Bool
}

func newLine(t testing.TB) *line {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &line{PacketConn: c}
}

func (l *line) ReadFrom(b []byte) (n int, from net.Addr, err error) {
	for {
		if n, from, err = l.PacketConn.ReadFrom(b); err != nil || !l.cut.Load() {
			return n, from, err
		}
	}
}

func (l *line) WriteTo(b []byte, to net.Addr) (int, error) {
	if l.cut.Load() {
		return len(b), nil
	}
	return l.PacketConn.WriteTo(b, to)
}

var quietLog = pionLog{slog.New(slog.DiscardHandler)}

// settings are a client's that is on loopback only.
func settings(tcp bool, l *line) pion.SettingEngine {
	var s pion.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	s.SetIPFilter(func(ip net.IP) bool { return ip.To4() != nil })
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetNetworkTypes([]pion.NetworkType{pion.NetworkTypeUDP4})
	if tcp {
		s.SetNetworkTypes([]pion.NetworkType{pion.NetworkTypeTCP4})
	}
	if l != nil {
		s.SetICEUDPMux(ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: l, Logger: quietLog.NewLogger("")}))
	}
	s.LoggerFactory = quietLog
	return s
}

func capability(f codec.Format) pion.RTPCodecCapability {
	c := pion.RTPCodecCapability{MimeType: "audio/" + string(f.Name), ClockRate: uint32(f.ClockRate)}
	if f.Name == codec.Opus {
		c.Channels, c.SDPFmtpLine = 2, "minptime=10;useinbandfec=1"
	}
	return c
}

// microphone is a track of which other payload types may be sent too.
type microphone struct {
	*pion.TrackLocalStaticRTP
	ctx atomic.Value // bound
}

type bound struct{ pion.TrackLocalContext }

func (m *microphone) Bind(c pion.TrackLocalContext) (pion.RTPCodecParameters, error) {
	m.ctx.Store(bound{c})
	return m.TrackLocalStaticRTP.Bind(c)
}

func (m *microphone) raw(p *rtp.Packet) {
	c := m.ctx.Load().(bound)
	p.SSRC = uint32(c.SSRC())
	c.WriteStream().WriteRTP(&p.Header, p.Payload)
}

const levelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

func newBrowser(t testing.TB, wants browserConfig) *browser {
	t.Helper()
	if wants.codec == "" {
		wants.codec = codec.Opus
	}
	b := &browser{TB: t, wants: wants, codec: codec.Standard(wants.codec), stop: make(chan struct{})}
	if wants.codec == codec.Opus {
		b.codec.PayloadType = 111
	}
	b.dial()
	t.Cleanup(b.close)
	return b
}

// dial makes a peer connection; nobody is asked anything yet.
func (b *browser) dial() {
	b.Helper()
	var m pion.MediaEngine
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(m.RegisterCodec(pion.RTPCodecParameters{
		RTPCodecCapability: capability(b.codec), PayloadType: pion.PayloadType(b.codec.PayloadType),
	}, pion.RTPCodecTypeAudio))
	if b.wants.events {
		must(m.RegisterCodec(pion.RTPCodecParameters{
			RTPCodecCapability: pion.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: uint32(b.codec.ClockRate)}, PayloadType: 110,
		}, pion.RTPCodecTypeAudio))
	}
	if b.wants.video {
		must(m.RegisterCodec(pion.RTPCodecParameters{
			RTPCodecCapability: pion.RTPCodecCapability{MimeType: pion.MimeTypeVP8, ClockRate: 90000}, PayloadType: 96,
		}, pion.RTPCodecTypeVideo))
	}
	must(m.RegisterHeaderExtension(pion.RTPHeaderExtensionCapability{URI: levelURI}, pion.RTPCodecTypeAudio))
	api := pion.NewAPI(pion.WithMediaEngine(&m), pion.WithSettingEngine(settings(b.wants.tcp, b.wants.line)),
		pion.WithInterceptorRegistry(&interceptor.Registry{}))
	var err error
	b.pc, err = api.NewPeerConnection(pion.Configuration{})
	must(err)
	if b.wants.video {
		_, err = b.pc.AddTransceiverFromKind(pion.RTPCodecTypeVideo, pion.RTPTransceiverInit{Direction: pion.RTPTransceiverDirectionRecvonly})
		must(err)
	}
	if b.wants.data {
		_, err = b.pc.CreateDataChannel("chat", nil)
		must(err)
	}
	if b.wants.listen {
		_, err = b.pc.AddTransceiverFromKind(pion.RTPCodecTypeAudio, pion.RTPTransceiverInit{Direction: pion.RTPTransceiverDirectionRecvonly})
		must(err)
	} else {
		track, err := pion.NewTrackLocalStaticRTP(capability(b.codec), "audio", "mic")
		must(err)
		b.track = &microphone{TrackLocalStaticRTP: track}
		sender, err := b.pc.AddTrack(b.track)
		must(err)
		go func() {
			buf := make([]byte, 1500)
			for {
				if _, _, err := sender.Read(buf); err != nil {
					return
				}
			}
		}()
	}
	b.decoder, err = codec.NewDecoder(b.codec)
	must(err)
	b.pc.OnTrack(b.listen)
}

// listen decodes what comes.
func (b *browser) listen(track *pion.TrackRemote, r *pion.RTPReceiver) {
	b.remote.Store(uint32(track.SSRC()))
	go b.reports(r)
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		b.in.Add(1)
		if id := b.levelID(); id != 0 {
			if ext := p.GetExtension(uint8(id)); len(ext) > 0 {
				b.level.Store(int32(ext[0] & 0x7f))
			}
		}
		b.mu.Lock()
		if b.got != nil {
			b.got(p)
		}
		if !b.deaf && b.got == nil && p.PayloadType == b.codec.PayloadType && len(p.Payload) > 0 {
			var pcm [5760]int16
			if n, err := b.decoder.Decode(pcm[:], p.Payload); err == nil {
				b.heard = append(b.heard, pcm[:n]...)
			}
		}
		b.mu.Unlock()
	}
}

// reports reads RTCP.
func (b *browser) reports(r *pion.RTPReceiver) {
	for {
		list, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range list {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				b.mu.Lock()
				b.at = time.Now()
				b.mu.Unlock()
				b.reported.Store(uint32(sr.NTPTime >> 16))
			}
		}
	}
}

// report answers a sender report: a quarter is lost, the jitter is 10 ms.
func (b *browser) report(sr uint32) {
	b.mu.Lock()
	delay := uint32(time.Since(b.at) * 65536 / time.Second)
	b.mu.Unlock()
	b.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{
		SSRC: b.remote.Load(), FractionLost: 64, Jitter: 480, LastSenderReport: sr, Delay: delay,
	}}}})
}

// eventsTo passes on the codes of telephone-events.
func eventsTo(codes chan<- byte) func(*rtp.Packet) {
	return func(p *rtp.Packet) {
		if p.PayloadType == 110 && len(p.Payload) > 0 {
			select {
			case codes <- p.Payload[0]:
			default:
			}
		}
	}
}

func (b *browser) levelID() int { return 1 }

// offer makes an offer with its candidates in it, or to be trickled.
func (b *browser) offer(o *pion.OfferOptions, trickle bool) string {
	b.Helper()
	offer, err := b.pc.CreateOffer(o)
	if err != nil {
		b.Fatal(err)
	}
	gathered := pion.GatheringCompletePromise(b.pc)
	if err := b.pc.SetLocalDescription(offer); err != nil {
		b.Fatal(err)
	}
	if trickle {
		return offer.SDP
	}
	<-gathered
	return b.pc.LocalDescription().SDP
}

func (b *browser) take(answer string) {
	b.Helper()
	if err := b.pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: answer}); err != nil {
		b.Fatalf("%v in\n%s", err, answer)
	}
}

// negotiate exchanges offer and answer.
func (b *browser) negotiate(leg *Leg, o *pion.OfferOptions) {
	b.Helper()
	b.leg = leg
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := leg.Offer(ctx, b.offer(o, false))
	if err != nil {
		b.Fatal(err)
	}
	b.take(answer)
}

func (b *browser) close() {
	select {
	case <-b.stop:
		return
	default:
	}
	close(b.stop)
	b.wg.Wait()
	b.pc.GracefulClose()
	if b.wants.line != nil {
		b.wants.line.Close()
	}
}

// forget drops what was heard.
func (b *browser) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard = nil
}

// say sends packets one after the other, 20 ms apart, again and again.
func (b *browser) say(payloads [][]byte, level uint8) {
	quiet := make(chan struct{})
	b.quiet = quiet
	b.wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		seq, ts := uint16(100), uint32(1000)
		for i := 0; ; i++ {
			select {
			case <-b.stop:
				return
			case <-quiet:
				return
			case <-tick.C:
			}
			p := &rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: ts, Marker: i == 0},
				Payload: payloads[i%len(payloads)],
			}
			if level != 0xff {
				p.SetExtension(uint8(b.levelID()), []byte{level})
			}
			b.track.WriteRTP(p)
			seq++
			ts += b.codec.ClockTicks(20 * time.Millisecond)
		}
	})
}

// silence ends what say began.
func (b *browser) silence() { close(b.quiet) }

func (b *browser) press(pt uint8, code byte) {
	for i := range 6 {
		end := byte(0)
		if i > 2 {
			end = 0x80
		}
		b.track.raw(&rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: pt, SequenceNumber: uint16(5000 + i), Timestamp: 77, Marker: i == 0},
			Payload: []byte{code, end | 10, 4, 0},
		})
	}
}

// tone is 200 ms of a tone, coded: it goes on without a break when it is repeated,
// for frequencies of whole multiples of 5 Hz.
func tone(t testing.TB, f codec.Format, hz float64) (payloads [][]byte) {
	t.Helper()
	enc, err := codec.NewEncoder(f)
	if err != nil {
		t.Fatal(err)
	}
	n := f.SampleRate / 50
	pcm := make([]int16, n)
	for i := range 30 {
		for j := range pcm {
			pcm[j] = int16(6000 * math.Sin(2*math.Pi*hz*float64(i*n+j)/float64(f.SampleRate)))
		}
		var buf [codec.MaxPayload]byte
		k, err := enc.Encode(buf[:], pcm)
		if err != nil {
			t.Fatal(err)
		}
		if i >= 20 {
			payloads = append(payloads, append([]byte(nil), buf[:k]...))
		}
	}
	return payloads
}

// power is how much of the sound's energy is at a frequency, 0 to 1.
func power(pcm []int16, rate int, hz float64) float64 {
	if len(pcm) < rate/5 {
		return 0
	}
	w := 2 * math.Pi * hz / float64(rate)
	var re, im, all float64
	for i, v := range pcm {
		x := float64(v)
		re += x * math.Cos(w*float64(i))
		im += x * math.Sin(w*float64(i))
		all += x * x
	}
	if all < float64(len(pcm))*100*100 { // softer than anything said here
		return 0
	}
	return 2 * (re*re + im*im) / float64(len(pcm)) / all
}

// hears waits until the browser hears a tone in the last 400 ms, or fails.
func (b *browser) hears(hz float64) {
	b.Helper()
	b.until("hears the tone", func() bool { return b.powerOf(hz) > 0.5 })
}

func (b *browser) powerOf(hz float64) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.codec.SampleRate * 2 / 5
	return power(b.heard[max(0, len(b.heard)-n):], b.codec.SampleRate, hz)
}

func (b *browser) until(what string, ok func() bool) { until(b.TB, what, ok) }

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
		wait(20 * time.Millisecond)
	}
}

// wait lets real time pass: there are real sockets here.
func wait(d time.Duration) { <-time.After(d) }

// arrive takes a new browser into the room.
func (h *house) arrive(wants browserConfig) (*browser, *bridge.Participant, *bridge.Room) {
	h.Helper()
	b := newBrowser(h.TB, wants)
	leg, err := h.server.NewLeg(bridge.Party{Name: "guest"})
	if err != nil {
		h.Fatal(err)
	}
	b.negotiate(leg, nil)
	select {
	case <-leg.Connected():
	case <-time.After(patience):
		h.Fatal("not connected: ", leg.State())
	}
	p, r := h.enter(leg)
	return b, p, r
}

// sine is a tone of some seconds.
func sine(rate int, hz float64, seconds int) []int16 {
	pcm := make([]int16, rate*seconds)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return pcm
}
