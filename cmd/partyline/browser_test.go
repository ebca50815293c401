package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/ice/v4"
	pion "github.com/pion/webrtc/v4"

	"github.com/partyline/partyline/control"
)

// browser is a page: a socket, and a peer connection of pion.
type browser struct {
	t  *testing.T
	ws *websocket.Conn
	pc *pion.PeerConnection

	mu  sync.Mutex
	got []map[string]any
}

// openBrowser says hello and, once welcome, offers.
func openBrowser(t *testing.T, page, hello string) *browser {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, page+"/api/v1/signal", nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	b := &browser{t: t, ws: ws, pc: peerConnection(t)}
	t.Cleanup(func() { ws.CloseNow() })
	go func() {
		for {
			_, text, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			m := map[string]any{}
			json.Unmarshal(text, &m)
			b.mu.Lock()
			b.got = append(b.got, m)
			b.mu.Unlock()
			if sdp, ok := m["sdp"].(string); ok {
				b.pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: sdp})
			}
		}
	}()
	b.say(hello)
	return b
}

// peerConnection is one that is on loopback only.
func peerConnection(t *testing.T) *pion.PeerConnection {
	t.Helper()
	var s pion.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	s.SetIPFilter(func(ip net.IP) bool { return ip.To4() != nil })
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	var m pion.MediaEngine
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := pion.NewAPI(pion.WithSettingEngine(s), pion.WithMediaEngine(&m)).NewPeerConnection(pion.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	track, err := pion.NewTrackLocalStaticRTP(pion.RTPCodecCapability{MimeType: "audio/opus", ClockRate: 48000, Channels: 2}, "mic", "mic")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTrack(track); err != nil {
		t.Fatal(err)
	}
	return pc
}

func (b *browser) say(text string) {
	b.t.Helper()
	if err := b.ws.Write(b.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		b.t.Fatal(err)
	}
}

// offer makes the call.
func (b *browser) offer() {
	b.t.Helper()
	o, err := b.pc.CreateOffer(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	gathered := pion.GatheringCompletePromise(b.pc)
	if err := b.pc.SetLocalDescription(o); err != nil {
		b.t.Fatal(err)
	}
	<-gathered
	text, _ := json.Marshal(map[string]string{"type": "offer", "sdp": b.pc.LocalDescription().SDP})
	b.say(string(text))
}

// has gives the last message for which is says so, nil if there is none.
func (b *browser) has(is func(map[string]any) bool) map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.got) - 1; i >= 0; i-- {
		if is(b.got[i]) {
			return b.got[i]
		}
	}
	return nil
}

func (b *browser) wait(kind, key, value string) map[string]any {
	b.t.Helper()
	var m map[string]any
	until(b.t, kind+" "+value, func() bool {
		m = b.has(func(m map[string]any) bool { return m["type"] == kind && (key == "" || m[key] == value) })
		return m != nil
	})
	return m
}

// A browser comes in by its guest link beside a host by the page and a caller; it
// is seen, refused by a link that was replaced, and told of the drain.
func TestBrowsers(t *testing.T) {
	t.Parallel()
	file := config(t, strings.Replace(quiet, "webrtc: {", `webrtc: {turn: {urls: ["stun:stun.example:3478", "turn:turn.example:3478"], secret_file: turn.key}, `, 1))
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "turn.key"), []byte("north\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, file)
	room := parse[roomView](t, must(t, "room", "add", "--config", file, "--extension", "112752642", "--name", "Board", "--json"))
	link := room.GuestLink[strings.LastIndexByte(room.GuestLink, '/')+1:]
	if code, body := httpGet(t, room.GuestLink); code != 200 || !strings.Contains(body, "Board") {
		t.Fatalf("the guest page: %d", code)
	}
	b := openBrowser(t, s.listeners.Web, `{"type":"hello","v":1,"link":"`+link+`","name":"Ada"}`)
	welcome := b.wait("welcome", "", "")
	relays := welcome["ice"].([]any)
	if len(relays) != 2 || !strings.HasSuffix(relays[1].(map[string]any)["username"].(string), ":"+welcome["you"].(string)) {
		t.Errorf("ICE servers %v", relays)
	}
	b.offer()
	b.wait("state", "state", "room")
	if p := b.wait("roster", "", "")["people"].([]any)[0].(map[string]any); p["name"] != "Ada" || p["id"] != welcome["you"] {
		t.Errorf("roster %v", p)
	}
	calls := parse[[]control.Call](t, must(t, "calls", "list", "--json", "--config", file))
	if len(calls) != 1 || calls[0].Protocol != "webrtc" || calls[0].Name != "Ada" || calls[0].State != "room" || calls[0].Codec == "" || !calls[0].Encrypted {
		t.Errorf("calls %+v", calls)
	}
	_, metrics := httpGet(t, "http://"+s.listeners.Metrics+"/metrics")
	for _, want := range []string{
		"partyline_browsers 1", "partyline_browser_sockets 1", `partyline_calls{protocol="webrtc",state="room"} 1`,
		`partyline_calls_started_total{protocol="webrtc"} 1`, `partyline_page_requests_total{class="2xx"} 1`,
		`partyline_websocket_messages_total{direction="in"} 2`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	must(t, "room", "link", "112752642", "--regenerate", "--config", file)
	// A database that is slow to answer is asked again a second later.
	until(t, "the old link is refused", func() bool {
		late := openBrowser(t, s.listeners.Web, `{"type":"hello","v":1,"link":"`+link+`","name":"Eve"}`)
		var answer map[string]any
		until(t, "an answer", func() bool {
			answer = late.has(func(m map[string]any) bool { return m["type"] == "bye" || m["type"] == "welcome" })
			return answer != nil
		})
		return answer["cause"] == "link-replaced" && strings.Contains(answer["text"].(string), "replaced")
	})
	s.signals <- os.Interrupt
	b.wait("bye", "cause", "draining")
	s.signals = nil
	if code := <-s.ended; code != exitDone {
		t.Errorf("serve ended with %d\n%s", code, s.err)
	}
}

// End for all from the command line ends the calls of browsers too, within 2 s.
func TestBrowsersEndForAll(t *testing.T) {
	t.Parallel()
	file := config(t, quiet)
	s := startServe(t, file)
	room := parse[roomView](t, must(t, "room", "add", "--config", file, "--extension", "112752642", "--json"))
	link := room.GuestLink[strings.LastIndexByte(room.GuestLink, '/')+1:]
	var all []*browser
	for _, name := range []string{"Ada", "Ben"} {
		b := openBrowser(t, s.listeners.Web, `{"type":"hello","v":1,"link":"`+link+`","name":"`+name+`"}`)
		b.wait("welcome", "", "")
		b.offer()
		b.wait("state", "state", "room")
		all = append(all, b)
	}
	must(t, "room", "end", "112752642", "--config", file)
	ended := time.Now()
	for _, b := range all {
		b.wait("bye", "cause", "ended")
	}
	if d := time.Since(ended); d > 2*time.Second {
		t.Errorf("ended after %v", d)
	}
}
