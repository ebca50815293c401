package q931

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/partyline/partyline/h323/tpkt"
)

// proceeding is an H.225.0 message, callProceeding, as an endpoint sent it.
const proceeding = "2180060008914a000722c00900003d0e74657374206833323370656572000019312e302e3020284833" +
	"3233706c75732076312e32382e3029000000f0e01100263f8fb280e4f1119d0202fc0000000101000100010002800180"

// made are messages with every element that this package can set.
func made(t *testing.T) []*Message {
	const reference = 0x1234
	setup := New(Setup, reference, false)
	setup.Set(IDSendingComplete, nil)
	setup.SetBearerCapability(BearerCapability{Capability: UnrestrictedDigital, Rate: RateMultirate, Multiplier: 6, Layer1: Layer1H221})
	setup.SetProgressIndicator(ProgressIndicator{Description: OriginationNotISDN})
	setup.SetDisplay("Partyline")
	setup.SetCallingParty(PartyNumber{InternationalNumber, ISDNPlan, true, PresentationAllowed, UserNotScreened, "41445550100"})
	setup.SetCalledParty(PartyNumber{Type: UnknownNumber, Plan: PrivatePlan, Digits: "112752642"})
	alerting := setup.Reply(Alerting)
	alerting.SetProgressIndicator(ProgressIndicator{Location: LocationPrivateLocal, Description: InBand})
	alerting.SetSignal(SignalRingBack)
	connect := setup.Reply(Connect)
	connect.SetBearerCapability(BearerCapability{Capability: UnrestrictedDigital, Mode: PacketMode, Layer1: Layer1H221})
	connect.SetConnectedNumber(PartyNumber{NationalNumber, ISDNPlan, true, PresentationAllowed, NetworkProvided, "5550100"})
	information := setup.Reply(Information)
	information.SetKeypad("1")
	status := setup.Reply(Status)
	status.SetCause(Cause{Location: LocationPrivateLocal, Value: MessageTypeNonExistent})
	status.SetCallState(StateActive)
	notify := setup.Reply(Notify)
	notify.SetNotification(RemoteHold)
	facility := setup.Reply(Facility)
	facility.Set(IDFacility, nil)
	release := setup.Reply(ReleaseComplete)
	release.SetCause(Cause{HasRecommendation: true, Value: InvalidElementContents, Diagnostics: []byte{byte(IDDisplay)}})
	messages := []*Message{
		setup, setup.Reply(SetupAcknowledge), setup.Reply(CallProceeding), alerting, setup.Reply(Progress), connect,
		information, notify, facility, setup.Reply(StatusInquiry), status, release,
	}
	pdu := octetsOf(t, proceeding)
	for _, m := range messages {
		m.SetUserUser(pdu)
	}
	return messages
}

// TestTshark has another implementation read what this one makes.
func TestTshark(t *testing.T) {
	for _, tool := range []string{"text2pcap", "tshark"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	var dump strings.Builder
	messages := made(t)
	for _, m := range messages {
		data, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if data, err = tpkt.Append(nil, data); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&dump, "000000 % x\n", data)
	}
	text, pcap := filepath.Join(t.TempDir(), "dump"), filepath.Join(t.TempDir(), "pcap")
	if err := os.WriteFile(text, []byte(dump.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "text2pcap", "-q", "-T", "40000,1720", text, pcap)
	seen := run(t, "tshark", "-r", pcap, "-Y", "q931", "-T", "fields", "-E", "separator=|", "-E", "occurrence=l",
		"-e", "q931.message_type", "-e", "q931.called_party_number.digits", "-e", "q931.calling_party_number.digits",
		"-e", "q931.keypad_facility", "-e", "q931.cause_value", "-e", "q931.call_state",
		"-e", "h225.h323_message_body", "-e", "_ws.malformed", "-e", "_ws.expert.message")
	want := `0x05|112752642|41445550100||||1||
0x0d||||||1||
0x02||||||1||
0x01||||||1||
0x03||||||1||
0x07||||||1||
0x7b|||1|||1||
0x6e||||||1||
0x62||||||1||
0x75||||||1||
0x7d||||97|0x0a|1||
0x5a||||100||1||
`
	if seen != want {
		t.Errorf("tshark sees\n%s\nwant\n%s", seen, want)
	}
}

// run returns what a tool prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var complaint strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaint.String())
	}
	return string(out)
}
