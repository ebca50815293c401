package h460_test

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/h460"
	"github.com/partyline/partyline/h323/per"
)

func ptr[T any](v T) *T { return &v }

// TestEncoding compares with encodings worked out by hand from X.691.
func TestEncoding(t *testing.T) {
	guid := []byte("0123456789abcdef")
	address := netip.MustParseAddrPort("192.0.2.1:1720")
	for name, test := range map[string]struct {
		v    any
		want []byte
	}{
		// Extension bit; ipAddress: choice bits, 4 octets aligned, port; then
		// CallIdentifier's extension bit and 16 octets.
		"incoming call": {
			&h460.IncomingCallIndication{
				CallSignallingAddress: *h225.TransportAddressOf(address),
				CallID:                h225.CallIdentifier{Guid: guid},
			},
			append([]byte{0x00, 192, 0, 2, 1, 0x06, 0xb8, 0x00}, guid...),
		},
		// Extension bit, two bits of length (1 octet), aligned 29 from 1.
		"keep-alive": {&h460.LRQKeepAliveData{LrqKeepAliveInterval: 30}, []byte{0x00, 29}},
		// Extension bit; six of options: multiplexID and keepAlivePayloadType; two
		// bits of length (2 octets); aligned 4660; seven bits of 100.
		"traversal": {
			&h460.TraversalParameters{MultiplexID: ptr(int64(0x1234)), KeepAlivePayloadType: ptr(100)},
			[]byte{0b00010100, 0b10000000, 0x12, 0x34, 100 << 1},
		},
	} {
		data, err := per.Marshal(test.v)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(data, test.want) {
			t.Errorf("%s: %x, want %x", name, data, test.want)
		}
		again := reflect.New(reflect.TypeOf(test.v).Elem()).Interface()
		if err := per.Unmarshal(test.want, again); err != nil || !reflect.DeepEqual(again, test.v) {
			t.Errorf("%s: comes back as %+v (%v)", name, again, err)
		}
	}
}

// TestAllFields: with everything present it comes back as it was.
func TestAllFields(t *testing.T) {
	address := h245.TransportAddressOf(netip.MustParseAddrPort("[2001:db8::1]:4000"))
	v := &h460.TraversalParameters{
		MultiplexedMediaChannel: address, MultiplexedMediaControlChannel: address, MultiplexID: ptr(int64(4294967295)),
		KeepAliveChannel: address, KeepAlivePayloadType: ptr(127), KeepAliveInterval: ptr(int64(19)),
	}
	data, err := per.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var again h460.TraversalParameters
	if err := per.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(&again, v) {
		t.Errorf("comes back as %+v (%v)", again, err)
	}
}
