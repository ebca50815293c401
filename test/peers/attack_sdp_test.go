//go:build peers

package peers

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestSDPBombs: sessions beyond the bounds are refused, those that are merely absurd are
// refused or answered within reason; none costs memory, and the next call is as ever.
func TestSDPBombs(t *testing.T) {
	t.Parallel()
	g := start(t, "limits: {invites_per_second_per_source: 0}\n")
	g.room("112752642", "48219")
	g.insists(t, "112752642.48219", rawWays{}).hangup()
	before := g.rss()
	const line = "m=audio PORT RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	var formats, maps strings.Builder
	for i := range 128 {
		fmt.Fprintf(&formats, " %d", i)
		fmt.Fprintf(&maps, "a=rtpmap:%d opus/48000/2\r\na=fmtp:%d %s\r\n", i, i, strings.Repeat("x=y;", 50))
	}
	for name, c := range map[string]struct {
		media   string
		refused bool
	}{
		"17 media lines":     {strings.Repeat("m=audio 9 RTP/AVP 0\r\n", 17), true},
		"65 candidates":      {line + strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 65), true},
		"5,000 attributes":   {line + strings.Repeat("a=x:yyyyy\r\n", 5000), true},
		"60 KB of one line":  {line + "a=" + strings.Repeat("z", 60000) + "\r\n", false},
		"128 formats":        {"m=audio PORT RTP/AVP" + formats.String() + "\r\n" + maps.String(), false},
		"payload type 300":   {"m=audio PORT RTP/AVP 300\r\na=rtpmap:300 opus/48000/2\r\n", true},
		"clock of nothing":   {"m=audio PORT RTP/AVP 96\r\na=rtpmap:96 PCMU/0\r\n", true},
		"clock without end":  {"m=audio PORT RTP/AVP 96\r\na=rtpmap:96 opus/4294967296/2\r\n", true},
		"clock below zero":   {"m=audio PORT RTP/AVP 96\r\na=rtpmap:96 PCMU/-8000\r\n", true},
		"channels":           {"m=audio PORT RTP/AVP 96\r\na=rtpmap:96 opus/48000/4000000000\r\n", false},
		"ptime 0":            {line + "a=ptime:0\r\n", false},
		"ptime without end":  {line + "a=ptime:4294967295\r\na=maxptime:0\r\n", false},
		"ptime below zero":   {line + "a=ptime:-20\r\na=minptime:-1\r\n", false},
		"port 0 and 65536":   {"m=audio 0 RTP/AVP 0\r\nm=audio 65536 RTP/AVP 0\r\n", true},
		"1,000 crypto lines": {"m=audio PORT RTP/SAVP 0\r\n" + strings.Repeat("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+strings.Repeat("A", 20)+"\r\n", 600), true},
	} {
		p := g.openRaw(t, "112752642.48219", rawWays{media: c.media, silent: true, local: "127.0.0.2"})
		began := time.Now()
		res := p.invite()
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("%s: answered after %v", name, d)
		}
		switch {
		case res.status == 503: // a busy machine
		case res.status < 200 || res.status >= 500:
			t.Errorf("%s: %d", name, res.status)
		case c.refused && res.status < 300:
			t.Errorf("%s is taken:\n%s", name, res.body)
		}
		if res.status == 200 {
			p.hangup()
		}
	}
	if now := g.rss(); now-before > 48 {
		t.Errorf("%d MiB after the bombs, %d before", now, before)
	}
	p := g.insists(t, "112752642.48219", rawWays{})
	g.await("in the room", 10*time.Second, inRoom(1))
	p.hangup()
}
