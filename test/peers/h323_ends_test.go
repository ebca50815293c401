//go:build peers

package peers

import (
	"os"
	"strings"
	"testing"
	"time"

	h323 "github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/secure"
	"github.com/partyline/partyline/test/endpoint"
)

// TestH323Refused: who is not taken is told why, in the words of Q.850 and of
// H.225.0.
func TestH323Refused(t *testing.T) {
	t.Parallel()
	g := start(t, withH323+"limits: {calls: 4}\nreception: {attempts: 1}\n")
	g.drainIn("12s")
	g.room("112752642", "48219")
	g.room("112752643", "48219", "--max-participants", "1")
	g.answered(t, digits("112752643#48219"), endpoint.Options{})
	g.await("one in the room", 10*time.Second, inRoom(1))
	ends := func(what, called string, cause int, reason h323.Release) {
		t.Helper()
		r := ended(t, what, g.endpoint(t, digits(called), endpoint.Options{}), 20*time.Second)
		if r.Cause != cause || r.Release != reason || !r.Peer {
			t.Errorf("%s: %v, want cause %d, reason %v", what, r, cause, reason)
		}
	}
	ends("unknown number", "4711", 1, h323.ReleaseUnreachableDestination)
	ends("a room that is full", "112752643#48219", 17, h323.ReleaseInConf)
	ends("wrong PIN", "112752642#11111", 21, h323.ReleaseSecurityDenied)
	for range 3 {
		g.answered(t, digits("112752642#48219"), endpoint.Options{})
	}
	list := g.await("four in the rooms", 10*time.Second, inRoom(4))
	ends("the limit", "112752642#48219", 34, h323.ReleaseGatewayResources)
	g.cli("calls", "kick", list[0].ID)
	g.await("three in the rooms", 10*time.Second, inRoom(3))
	g.cmd.Process.Signal(os.Interrupt)
	if !g.says(3*time.Second, "draining") {
		t.Error("it does not drain")
	}
	ends("draining", "112752642#48219", 41, h323.ReleaseAdaptiveBusy)
}

// TestH323Encryption: where media must be encrypted, endpoints that can hear each
// other, whoever is master and however H.245 goes, and others are refused.
func TestH323Encryption(t *testing.T) {
	t.Parallel()
	g := start(t, strings.Replace(withH323, "h323: {", "h323: {encryption: required, ", 1))
	g.room("112752642", "48219")
	number := digits("112752642#48219")
	plain := ended(t, "plain", g.endpoint(t, number, endpoint.Options{}), 10*time.Second)
	if plain.Release != h323.ReleaseSecurityDenied {
		t.Errorf("a plain call ends with %v", plain)
	}
	ways := []endpoint.Options{
		{Encryption: secure.Preferred},
		{Encryption: secure.Required, Slow: true, Separate: true},
		{Encryption: secure.Required, FastEncryption: true, MCU: true},
		{Encryption: secure.Required, Slow: true, MCU: true, Audio: []h323.Codec{h323.G711U}},
	}
	tones, names := []float64{450, 700, 1050, 1450}, []string{"450", "700", "1050", "1450"}
	var calls []*endpoint.Call
	for i, o := range ways {
		c := g.answered(t, number, o)
		c.Tone(tones[i])
		calls = append(calls, c)
	}
	for _, c := range g.await("all in the room", 15*time.Second, inRoom(len(ways))) {
		if !c.Encrypted {
			t.Errorf("not encrypted: %+v", c)
		}
	}
	want := map[string]string{}
	for i := range calls {
		others := append(append([]string{}, names[:i]...), names[i+1:]...)
		want[names[i]] = strings.Join(others, " ")
	}
	listening(t, "all encrypted", 15*time.Second, want, func(name string) ([]int16, int) {
		for i := range names {
			if names[i] == name {
				return calls[i].Heard()
			}
		}
		return nil, 0
	})
	for i, c := range calls {
		if _, _, bad := c.Counts(); bad > 0 {
			t.Errorf("call %d: %d packets could not be decrypted", i, bad)
		}
	}
}

// TestH323TestCall: the test extension plays back what an endpoint says.
func TestH323TestCall(t *testing.T) {
	t.Parallel()
	g := start(t, withH323)
	c := g.answered(t, digits("9196"), endpoint.Options{})
	c.Tone(700)
	listening(t, "the test call", 20*time.Second, map[string]string{"": "700"}, func(string) ([]int16, int) { return c.Heard() })
	if list := g.calls(); len(list) != 1 || list[0].State != "reception" || list[0].Called != "9196" {
		t.Errorf("shown as %+v", list)
	}
}
