package h450_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/partyline/partyline/h323/h450"
	"github.com/partyline/partyline/h323/per"
)

func ptr[T any](v T) *T { return &v }

// TestInvoke: a call transfer's invocation (H.450.2, operation 9) within its
// service APDU, with an argument that stays an open type.
func TestInvoke(t *testing.T) {
	v := &h450.SupplementaryService{
		InterpretationApdu: &h450.InterpretationApdu{RejectAnyUnrecognizedInvokePdu: &per.Null{}},
		ServiceApdu: h450.ServiceApdus{RosApdus: []h450.ROS{{Invoke: &h450.Invoke{
			InvokeId: 513, Opcode: h450.Code{Local: ptr(int64(9))}, Argument: per.Open{0x80, 0x01},
		}}}},
	}
	// Extension bit 0, options 01; interpretationApdu: extension bit, index 2 of 2
	// bits; serviceApdu: extension bit; the number of APDUs, aligned, 1; index 0 of 2
	// bits; options 01; invokeId's extension bit, aligned 513; Code's bit, aligned
	// length 1 and 9; argument of 2 octets.
	want := []byte{0b00101000, 1, 0b00010000, 0x02, 0x01, 0x00, 0x01, 0x09, 0x02, 0x80, 0x01}
	data, err := per.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, want) {
		t.Errorf("got %x, want %x", data, want)
	}
	var again h450.SupplementaryService
	if err := per.Unmarshal(want, &again); err != nil || !reflect.DeepEqual(&again, v) {
		t.Errorf("comes back as %+v (%v)", again, err)
	}
}
