package h225_test

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/per"
)

// largest is the most octets that a TPKT frame can bring.
const largest = 1<<16 - 1

// TestMemory: messages that are as large as can be and hold as many of the
// smallest elements as fit are decoded or refused within bounds.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("large messages take long under the race detector")
	}
	address := h225.TransportAddressOf(netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
	protocol := h225.SupportedProtocols{H323: &h225.H323Caps{}}
	parameter := h225.EnumeratedParameter{Id: h225.GenericIdentifier{Standard: ptr(int64(0))}}
	token := h235.ClearToken{TokenOID: "0.0"}
	for name, make := range map[string]func(n int) *h225.SetupUUIE{
		"aliases": func(n int) *h225.SetupUUIE { return &h225.SetupUUIE{SourceAddress: many(n, h225.AliasDigits("1"))} },
		"addresses": func(n int) *h225.SetupUUIE {
			return &h225.SetupUUIE{SourceAddress: many(n, h225.AliasAddress{TransportID: address})}
		},
		"protocols": func(n int) *h225.SetupUUIE {
			return &h225.SetupUUIE{SourceInfo: h225.EndpointType{Gateway: &h225.GatewayInfo{Protocol: many(n, protocol)}}}
		},
		"references": func(n int) *h225.SetupUUIE { return &h225.SetupUUIE{DestExtraCRV: many(n, 1)} },
		"tokens":     func(n int) *h225.SetupUUIE { return &h225.SetupUUIE{Tokens: many(n, token)} },
		"octets":     func(n int) *h225.SetupUUIE { return &h225.SetupUUIE{FastStart: many(n, []byte{})} },
		"features": func(n int) *h225.SetupUUIE {
			return &h225.SetupUUIE{NeededFeatures: []h225.FeatureDescriptor{{Id: parameter.Id, Parameters: many(min(n, 512), parameter)}}}
		},
		"nested parameters": func(n int) *h225.SetupUUIE {
			p := parameter
			for range min(n, 40) {
				p = h225.EnumeratedParameter{Id: p.Id, Content: &h225.Content{Compound: []h225.EnumeratedParameter{p}}}
			}
			return &h225.SetupUUIE{NeededFeatures: []h225.FeatureDescriptor{{Id: p.Id, Parameters: []h225.EnumeratedParameter{p}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var data []byte
			for n := 1; ; n += n/2 + 1 {
				m := &h225.H323UserInformation{}
				setup := make(n)
				setup.ProtocolIdentifier, setup.ConferenceID = h225.Protocol, make16()
				setup.ConferenceGoal.Create, setup.CallType.PointToPoint = &per.Null{}, &per.Null{}
				m.H323UuPdu.H323MessageBody.Setup = setup
				more, err := h225.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				if len(more) > largest || n > largest {
					break
				}
				data = more
			}
			v := userInformation()
			per.Unmarshal(nil, v) // compiles the plan
			err := bounded(t, data, v)
			t.Logf("%d octets: %v", len(data), err)
		})
	}
}

func make16() []byte { return make([]byte, 16) }

func many[T any](n int, v T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// TestMemoryOfNonsense: large inputs of one repeated octet or of random values'
// pieces, as every type that comes from outside.
func TestMemoryOfNonsense(t *testing.T) {
	if testing.Short() {
		t.Skip("large inputs take long under the race detector")
	}
	var inputs [][]byte
	for _, b := range []byte{0x00, 0x01, 0x20, 0x40, 0x55, 0x7f, 0x80, 0xbf, 0xc4, 0xff} {
		inputs = append(inputs, many(largest, b))
	}
	randomValues(30, false, func(_ int, v any) {
		data, err := per.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for cut := range min(len(data), 10) { // the same again and again behind its beginning
			long := append([]byte{}, data[:cut]...)
			for len(long)+len(data) <= largest {
				long = append(long, data...)
			}
			inputs = append(inputs, long)
		}
	})
	for _, data := range inputs {
		for _, v := range []any{userInformation(), new(h225.RasMessage), controlMessage(), openChannel()} {
			per.Unmarshal(nil, v)
			bounded(t, data, reflect.New(reflect.TypeOf(v).Elem()).Interface())
		}
	}
}
