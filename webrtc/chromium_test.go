package webrtc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/partyline/partyline/bridge"
)

// page is the least that a page does: it offers its microphone, restarts ICE when
// told to, and tells how it is.
const page = `<!doctype html><title>t</title><script>
const post = async (path, body) => (await fetch(path, {method: "POST", body})).text();
(async () => {
  const pc = new RTCPeerConnection();
  try {
    const mic = await navigator.mediaDevices.getUserMedia({audio: true});
    pc.addTrack(mic.getAudioTracks()[0], mic);
    pc.addTransceiver("video");
    pc.createDataChannel("chat");
    const talk = async (how) => {
      await pc.setLocalDescription(await pc.createOffer(how));
      await pc.setRemoteDescription({type: "answer", sdp: await post("/offer", pc.localDescription.sdp)});
    };
    const heard = new Promise((ok) => { pc.ontrack = (e) => { const a = new Audio(); a.srcObject = e.streams[0]; a.play(); ok(); }; });
    await talk();
    await heard;
    for (let i = 0; ; i++) {
      const tell = {state: pc.connectionState};
      for (const s of (await pc.getStats()).values()) {
        if (s.type === "inbound-rtp") Object.assign(tell, {in: s.packetsReceived, level: s.audioLevel, lost: s.packetsLost, concealed: s.concealedSamples});
        if (s.type === "remote-inbound-rtp") tell.rtt = s.roundTripTime;
        if (s.type === "codec" && s.mimeType === "audio/opus") tell.fmtp = s.sdpFmtpLine;
      }
      if (await post("/tell", JSON.stringify(tell)) === "restart") await talk({iceRestart: true});
      await new Promise((ok) => setTimeout(ok, 100));
    }
  } catch (e) { await post("/tell", JSON.stringify({state: String(e)})); }
})();
</script>`

type tale struct {
	State, Fmtp      string
	In, Concealed    float64
	Level, RTT, Lost float64
}

// The browser itself: Chromium with its test microphone, which beeps.
func TestChromium(t *testing.T) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no Chromium here")
	}
	h := newHouse(t, nil)
	other := hum(48000, 1000)
	h.enter(other)
	leg, err := h.server.NewLeg(bridge.Party{})
	if err != nil {
		t.Fatal(err)
	}
	tales, orders := make(chan tale, 100), make(chan string, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/offer":
			body := make([]byte, r.ContentLength)
			for n := 0; n < len(body); {
				k, err := r.Body.Read(body[n:])
				if n += k; err != nil {
					break
				}
			}
			answer, err := leg.Offer(r.Context(), string(body))
			if err != nil {
				t.Errorf("%v in\n%s", err, body)
			}
			w.Write([]byte(answer))
		case "/tell":
			var x tale
			json.NewDecoder(r.Body).Decode(&x)
			select {
			case tales <- x:
			default:
			}
			select {
			case o := <-orders:
				w.Write([]byte(o))
			default:
			}
		default:
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte(page))
		}
	}))
	defer site.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream",
		"--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required", "--user-data-dir="+t.TempDir(), site.URL)
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cancel()
	select {
	case <-leg.Connected():
	case <-time.After(30 * time.Second):
		t.Fatal("not connected: ", leg.State(), <-tales)
	}
	h.enter(leg)
	until := func(what string, ok func(tale) bool) (x tale) {
		t.Helper()
		late := time.After(20 * time.Second)
		for {
			select {
			case x = <-tales:
				if ok(x) {
					return x
				}
			case <-late:
				t.Fatalf("never: %s; %+v %+v", what, x, leg.Quality())
			}
		}
	}
	x := until("Chromium hears", func(x tale) bool { return x.State == "connected" && x.Level > 0.05 })
	t.Logf("%+v", x)
	var heard []int16
	until("the room hears beeps", func(tale) bool {
		heard = append(heard, other.Heard()...)
		loud := 0
		for _, v := range heard {
			if v > 1000 || v < -1000 {
				loud++
			}
		}
		return loud > 2000
	})
	until("reports", func(x tale) bool { return x.RTT > 0 && leg.Quality().RTT > 0 })
	t.Logf("%+v", leg.Quality())
	name, _, _ := leg.current.agent.GetLocalUserCredentials()
	orders <- "restart"
	until("ICE is restarted", func(x tale) bool {
		now, _, _ := leg.current.agent.GetLocalUserCredentials()
		return now != name
	})
	x = until("connected again", func(x tale) bool { return x.State == "connected" && leg.State() == StateConnected })
	in := x.In
	until("Chromium hears on", func(x tale) bool { return x.In > in+50 && x.Level > 0.05 })
}
