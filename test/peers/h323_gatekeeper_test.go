//go:build peers

package peers

import (
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/test/endpoint"
)

// TestH323Gatekeeper: registered with its rooms, asking for every call in and out,
// out of the book at the end; and tshark has nothing against any of it.
func TestH323Gatekeeper(t *testing.T) {
	t.Parallel()
	l, err := endpoint.Listen(endpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	k, err := endpoint.OpenGatekeeper(map[string]netip.AddrPort{"huddle": l.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	wire := recording(t, fmt.Sprintf("udp port %d", k.Addr().Port()))
	g := start(t, fmt.Sprintf("h323: {listen: \"127.0.0.1:0\", h245_ports: RTP_PORTS, ras_listen: \"127.0.0.1:0\", gatekeeper: {mode: address, address: \"%v\", aliases: [meet]}}\n", k.Addr()))
	g.room("112752642", "48219")
	awaitThat(t, "the room is registered", func() bool { n := k.Names(); return slices.Contains(n, "meet") && slices.Contains(n, "112752642") })
	in := g.answered(t, digits("112752642#48219"), endpoint.Options{})
	g.await("the caller is in", 8*time.Second, inRoom(1))
	if steps, err := g.callOut(t, "h323:huddle", "10s"); err != nil || len(steps) == 0 || steps[len(steps)-1].State != "connected" {
		t.Errorf("by the gatekeeper: %v %v", steps, err)
	}
	if steps, err := g.callOut(t, "h323:nobody", "10s"); err == nil || len(steps) == 0 || steps[len(steps)-1].Cause != "unreachable" {
		t.Errorf("to whom the gatekeeper does not know: %v %v", steps, err)
	}
	if n := k.Seen("admissionRequest"); n != 3 {
		t.Errorf("asked for %d calls", n)
	}
	g.await("both are in", 8*time.Second, inRoom(2))
	in.Close()
	out, err := l.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out.Close()
	awaitThat(t, "both calls are told to be over", func() bool { return k.Seen("disengageRequest") == 2 })
	before := k.Seen("registrationRequest")
	awaitThat(t, "it says that it is there", func() bool { return k.Seen("registrationRequest") > before })
	g.stop()
	if k.Seen("unregistrationRequest") != 1 || len(k.Faults()) > 0 {
		t.Errorf("%d times unregistered; %v", k.Seen("unregistrationRequest"), k.Faults())
	}
	wire.end(t)
	tshark := func(filter string) []string {
		out, err := exec.Command("tshark", "-r", wire.file, "-n", "-d", fmt.Sprintf("udp.port==%d,h225", k.Addr().Port()), "-Y", filter).Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	if n := len(tshark("h225.RasMessage")); n < 14 {
		t.Errorf("only %d packets of RAS were captured", n)
	}
	if bad := tshark("_ws.malformed or _ws.expert.severity>=0x00600000"); bad[0] != "" {
		t.Errorf("tshark objects to %d packets:\n%s", len(bad), strings.Join(bad, "\n"))
	}
}

func awaitThat(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(8 * time.Second); !ok(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 8 s: %s", what)
		}
	}
}
