//go:build peers

package peers

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	h323 "github.com/partyline/partyline/h323/call"
	"github.com/partyline/partyline/h323/control"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
	"github.com/partyline/partyline/h323/q931"
	"github.com/partyline/partyline/test/endpoint"
)

// oddities are messages that endpoints send and that must not end a call, with what
// tshark finds in the gateway's answers to them.
func oddities() (list []*h245.MultimediaSystemControlMessage, answers []string) {
	command := func(c h245.CommandMessage) { list = append(list, h245.NewCommand(c)) }
	request := func(answer string, r h245.RequestMessage) {
		list, answers = append(list, h245.NewRequest(r)), append(answers, answer)
	}
	cif, rate := 2, 5000
	video := h245.H261VideoCapability{CifMPI: &cif, MaxBitRate: rate}
	request("openLogicalChannelReject", h245.RequestMessage{OpenLogicalChannel: &h245.OpenLogicalChannel{
		ForwardLogicalChannelNumber: 77,
		ForwardLogicalChannelParameters: h245.OpenLogicalChannelForwardLogicalChannelParameters{
			DataType: h245.DataType{VideoData: &h245.VideoCapability{H261VideoCapability: &video}},
			MultiplexParameters: h245.OpenLogicalChannelForwardLogicalChannelParametersMultiplexParameters{
				H2250LogicalChannelParameters: &h245.H2250LogicalChannelParameters{SessionID: 2},
			},
		},
	}})
	request("requestModeReject", h245.RequestMessage{RequestMode: &h245.RequestMode{
		SequenceNumber: 9,
		RequestedModes: []h245.ModeDescription{{{Type: h245.ModeElementType{VideoMode: &h245.VideoMode{H261VideoMode: &h245.H261VideoMode{
			Resolution: h245.H261VideoModeResolution{Cif: &per.Null{}}, BitRate: rate,
		}}}}}},
	}})
	request("roundTripDelayResponse", h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: 3}})
	request("requestChannelCloseReject", h245.RequestMessage{RequestChannelClose: &h245.RequestChannelClose{ForwardLogicalChannelNumber: 4711}})
	command(h245.CommandMessage{MiscellaneousCommand: &h245.MiscellaneousCommand{
		LogicalChannelNumber: 1, Type: h245.MiscellaneousCommandType{VideoFastUpdatePicture: &per.Null{}},
	}})
	command(h245.CommandMessage{FlowControlCommand: &h245.FlowControlCommand{
		Scope: h245.FlowControlCommandScope{WholeMultiplex: &per.Null{}}, Restriction: h245.FlowControlCommandRestriction{NoRestriction: &per.Null{}},
	}})
	empty := ""
	list = append(list, h245.NewIndication(h245.IndicationMessage{UserInput: &h245.UserInputIndication{Alphanumeric: &empty}}))
	return list, answers
}

// TestH323Manners: what endpoints really send, and what no Recommendation allows,
// ends no call: video, modes that we lack, garbage, keep-alives of all kinds, odd
// packets of sound. Each way of hanging up ends it.
func TestH323Manners(t *testing.T) {
	t.Parallel()
	g := start(t, withH323)
	g.room("112752642", "48219")
	c := g.record(t)
	number := digits("112752642#48219")
	points := map[string]*endpoint.Call{
		"odd":     g.answered(t, number, endpoint.Options{Slow: true, Audio: []h323.Codec{h323.G711A}}),
		"pieces":  g.answered(t, number, endpoint.Options{Audio: []h323.Codec{h323.G722}, Frames: 1, WideClock: true}),
		"long":    g.answered(t, number, endpoint.Options{Audio: []h323.Codec{h323.G711U}, Frames: 60}),
		"started": g.answered(t, number, endpoint.Options{Separate: true, StartH245: true, MCU: true}),
		"early":   g.answered(t, number, endpoint.Options{Early: true, Frames: 10}),
	}
	g.await("all in the room", 15*time.Second, inRoom(len(points)))
	odd := points["odd"]
	list, answers := oddities()
	var pdus [][]byte
	for _, m := range list {
		odd.Control(func(s *control.Session) { s.Send(m) })
		b, err := h245.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		pdus = append(pdus, b)
	}
	say := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	say(odd.Tunnel(pdus...))                // several in a Facility
	say(odd.Tunnel(slices.Concat(pdus...))) // and in one element of it
	say(odd.Tunnel([]byte{0x7f, 0xff, 0xff, 0x01}, nil, make([]byte, 300)))
	say(odd.Tunnel())
	say(odd.Octets([]byte{3, 0, 0, 4}))    // keep-alives
	say(odd.Octets([]byte{3, 0x5a, 0, 4})) // with the reserved octet of some
	say(odd.Say(q931.Notify, func(*q931.Message) {}))
	say(odd.Say(q931.Type(0x4b), func(*q931.Message) {}))

	hear := func(name string) ([]int16, int) { return points[name].Heard() }
	tones := map[string]float64{"odd": 450, "pieces": 700, "long": 1050, "started": 1450}
	for name, hz := range tones {
		points[name].Tone(hz)
	}
	listening(t, "all of them", 20*time.Second, map[string]string{
		"odd": "700 1050 1450", "pieces": "450 1050 1450", "long": "450 700 1450", "started": "450 700 1050", "early": "450 700 1050 1450",
	}, hear)

	// A mode that it has is sent from then on, and nothing while the flow is stopped.
	early := points["early"]
	format := func(what string, ok func(receive []h323.Channel) bool) {
		t.Helper()
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
			if _, receive := early.Channels(); ok(receive) {
				return
			}
		}
		_, receive := early.Channels()
		t.Errorf("%s: receives %+v", what, receive)
	}
	early.Control(func(s *control.Session) { s.RequestMode(control.ALaw) })
	format("another mode", func(c []h323.Channel) bool { return len(c) == 1 && c[0].Codec == h323.G711A })
	listening(t, "in another mode", 8*time.Second, map[string]string{"early": "450 700 1050 1450"}, hear)
	_, receive := early.Channels()
	early.Control(func(s *control.Session) { s.FlowControl(receive[0].Number, 0) })
	listening(t, "with the flow stopped", 8*time.Second, map[string]string{"early": ""}, hear)
	early.Control(func(s *control.Session) { s.FlowControl(receive[0].Number, -1) })
	listening(t, "and going on", 8*time.Second, map[string]string{"early": "450 700 1050 1450"}, hear)

	points["pieces"].Control(func(s *control.Session) { s.Close() }) // EndSession alone
	say(points["long"].Say(q931.ReleaseComplete, func(m *q931.Message) { m.SetCause(q931.Cause{Value: q931.NormalClearing}) }))
	points["started"].Vanish()
	g.await("three have hung up", 8*time.Second, inRoom(2))
	odd.Close()
	points["early"].Close()
	g.await("all have hung up", 5*time.Second, inRoom(0))
	c.end(t)
	ours := fmt.Sprintf("tcp.srcport==%d and ", g.h323.Port())
	tshark := func(filter string, args ...string) string {
		out, err := exec.Command("tshark", append([]string{"-r", c.file, "-n", "-Y", ours + filter}, args...)...).Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return string(out)
	}
	text := tshark("h245", "-V")
	for _, answer := range append(answers, "functionNot") {
		if n := strings.Count(text, ": "+answer); n < 1 {
			t.Errorf("%d × %s among the gateway's answers", n, answer)
		}
	}
	// What the gateway gives back as not understood is not well formed, as it was not.
	if bad := tshark("not h245.returnedFunction and (_ws.malformed or ((h225 or h245 or q931 or tpkt) and _ws.expert.severity>=0x00600000))", "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info", "-e", "_ws.expert.message"); bad != "" {
		t.Errorf("tshark objects to what the gateway said:\n%.2000s", bad)
	}
}
