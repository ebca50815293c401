package h225_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// TestTshark has another implementation read random messages of all kinds: it
// must find nothing malformed and the same numbers, booleans and object
// identifiers under the same names.
func TestTshark(t *testing.T) {
	if testing.Short() {
		t.Skip("tshark takes long")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed")
	}
	var rec recording
	var kinds []string
	var ours []leaves
	randomValues(100, true, func(i int, v any) {
		pdu, err := per.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		switch v.(type) {
		case *h225.RasMessage:
			rec.udp(pdu)
		case *h245.MultimediaSystemControlMessage:
			rec.signalling(tunnel(t, pdu))
		default:
			rec.signalling(pdu)
		}
		l := leaves{}
		l.collect("", reflect.ValueOf(v))
		ours = append(ours, l)
		kinds = append(kinds, fmt.Sprintf("value %d, %s", i, what(v)))
	})
	path := filepath.Join(t.TempDir(), "random.pcap")
	if err := os.WriteFile(path, rec.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("tshark", "-r", path, "-Y", "_ws.malformed or _ws.expert.severity == 8388608",
		"-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		var frame int
		fmt.Sscan(line, &frame)
		t.Errorf("%s: %s", kinds[frame-1], strings.TrimSpace(line))
	}
	judge(t, path, kinds, ours)
}

// judge compares what tshark reads in the recording with what we wrote.
func judge(t *testing.T, path string, kinds []string, ours []leaves) {
	t.Helper()
	out, err := exec.Command("tshark", "-r", path, "-T", "pdml").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := pdml(bytes.NewReader(out))
	if err != nil || len(theirs) != len(ours) {
		t.Fatalf("tshark tells of %d messages of %d (%v)", len(theirs), len(ours), err)
	}
	total := 0
	for i := range ours {
		wrong, same := compare(ours[i], theirs[i])
		total += same
		for _, w := range wrong {
			t.Errorf("%s: %s", kinds[i], w)
		}
	}
	t.Logf("%d values are the same", total)
	if total < 3*len(ours) {
		t.Error("too few to say anything")
	}
}

// tunnel puts an H.245 message into a Facility.
func tunnel(t *testing.T, pdu []byte) []byte {
	t.Helper()
	var m h225.H323UserInformation
	m.H323UuPdu.H323MessageBody.Empty = &per.Null{}
	m.H323UuPdu.H245Control = [][]byte{pdu}
	out, err := h225.Marshal(&m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// recording builds a pcap file.
type recording struct {
	frames bytes.Buffer
	seq    uint32
}

// udp adds a datagram between the ports of RAS.
func (r *recording) udp(data []byte) {
	h := make([]byte, 8)
	binary.BigEndian.PutUint16(h, 1719)
	binary.BigEndian.PutUint16(h[2:], 1719)
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(data)))
	r.ip(17, append(h, data...))
}

// signalling adds a Facility with the user-user contents on a TCP connection.
func (r *recording) signalling(pdu []byte) {
	q931 := []byte{0x08, 0x02, 0x00, 0x01, 0x62, 0x7e, 0, 0, 0x05}
	binary.BigEndian.PutUint16(q931[6:], uint16(1+len(pdu)))
	q931 = append(q931, pdu...)
	frame := binary.BigEndian.AppendUint16([]byte{3, 0}, uint16(4+len(q931)))
	frame = append(frame, q931...)
	h := make([]byte, 20)
	binary.BigEndian.PutUint16(h, 40000)
	binary.BigEndian.PutUint16(h[2:], 1720)
	binary.BigEndian.PutUint32(h[4:], r.seq)
	h[12], h[13], h[14] = 5<<4, 0x18, 0xff
	r.seq += uint32(len(frame))
	r.ip(6, append(h, frame...))
}

func (r *recording) ip(proto byte, body []byte) {
	h := make([]byte, 20)
	h[0], h[8], h[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(body)))
	copy(h[12:], []byte{192, 0, 2, 1, 192, 0, 2, 2})
	frame := append(append(make([]byte, 12), 0x08, 0x00), append(h, body...)...)
	var head [16]byte
	binary.LittleEndian.PutUint32(head[8:], uint32(len(frame)))
	binary.LittleEndian.PutUint32(head[12:], uint32(len(frame)))
	r.frames.Write(head[:])
	r.frames.Write(frame)
}

func (r *recording) bytes() []byte {
	head := make([]byte, 24)
	binary.LittleEndian.PutUint32(head, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(head[4:], 2)
	binary.LittleEndian.PutUint16(head[6:], 4)
	binary.LittleEndian.PutUint32(head[16:], 1<<18)
	binary.LittleEndian.PutUint32(head[20:], 1)
	return append(head, r.frames.Bytes()...)
}
