package control

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/partyline/partyline/h323/h245"
)

// victim is a Session that is given anything. Its timers run when the test says so.
type victim struct {
	t      testing.TB
	s      *Session
	timers []func()
	said   int
	open   map[Direction]int
	ended  int
}

func newVictim(t testing.TB) *victim {
	v := &victim{t: t, open: map[Direction]int{}}
	v.s = New(Config{
		Send: func(ms []*Message) {
			v.said += len(ms)
			for _, m := range ms {
				if _, err := h245.Marshal(m); err != nil {
					t.Errorf("%s does not encode: %v", m.Name(), err)
				}
			}
		},
		After: func(_ time.Duration, f func()) func() {
			v.timers = append(v.timers, f)
			return func() {}
		},
		Events: v,
		Random: func() uint32 { return 77 },
		Media: func() (rtp, rtcp netip.AddrPort, err error) {
			return netip.MustParseAddrPort("192.0.2.1:4000"), netip.MustParseAddrPort("192.0.2.1:4001"), nil
		},
	})
	return v
}

func (v *victim) Capabilities(Capabilities) {}
func (v *victim) Opened(c Channel)          { v.open[c.Direction]++ }
func (v *victim) Updated(Channel)           {}
func (v *victim) Key(Key)                   {}
func (v *victim) Ended(Ending)              { v.ended++ }

// Closed checks that what closes was open.
func (v *victim) Closed(c Channel) {
	if v.open[c.Direction]--; v.open[c.Direction] < 0 {
		v.t.Errorf("closed a channel to %s that was not open", c.Direction)
	}
}

// fire lets all timers run that were set, stopped or not.
func (v *victim) fire() {
	fs := v.timers
	v.timers = nil
	for _, f := range fs {
		f()
	}
}

// check is what holds after any step.
func (v *victim) check(received int) {
	s := v.s
	kept := 0
	for _, d := range s.remote.descriptors {
		kept += len(d)
	}
	switch {
	case s.depth != 0, len(s.out) > 0, len(s.events) > 0:
		v.t.Fatal("a step is not done")
	case len(s.incoming) > maxIncoming, len(s.outgoing) > maxOutgoing:
		v.t.Fatalf("%d and %d channels", len(s.incoming), len(s.outgoing))
	case len(s.remote.table) > maxEntries, len(s.remote.order) > maxEntries, kept > maxAlternatives:
		v.t.Fatalf("%d entries, %d in order, %d alternatives", len(s.remote.table), len(s.remote.order), kept)
	case v.ended > 1:
		v.t.Fatal("ended twice")
	case v.said > 40+8*received:
		v.t.Fatalf("%d messages for %d", v.said, received)
	case v.ended == 0 && v.open[Receive] != len(s.incoming):
		v.t.Fatalf("told of %d channels, %d are open", v.open[Receive], len(s.incoming))
	}
	transmitting := 0
	for _, o := range s.outgoing {
		if o.state == lcseAwaitingEstablishment || o.state == lcseEstablished {
			transmitting++
		}
	}
	if transmitting > 1 {
		v.t.Fatalf("%d channels of ours at once", transmitting)
	}
}

// FuzzPDU feeds octets, as they would come from the tunnel: each message after its
// length. A length of 0 lets the timers run.
func FuzzPDU(f *testing.F) {
	for _, d := range dialogues(f) {
		for _, caller := range []bool{true, false} {
			var seed []byte
			for _, l := range d.lines {
				if l.byCaller == caller {
					seed = binary.BigEndian.AppendUint16(seed, uint16(len(l.octets)))
					seed = append(seed, l.octets...)
				}
			}
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v := newVictim(t)
		v.s.Start()
		for n := 1; len(data) >= 2; n++ {
			size := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
			if size == 0 {
				v.fire()
			} else {
				_ = v.s.ReceivePDU(data[2 : 2+size])
			}
			v.check(n)
			data = data[2+size:]
		}
		v.s.Close()
		v.fire()
		v.check(1 << 20)
	})
}

// FuzzMessages feeds messages that are well-formed and make no sense.
func FuzzMessages(f *testing.F) {
	for seed := range uint64(30) {
		f.Add(seed, uint8(60))
	}
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		g := &generator{r: rand.New(rand.NewPCG(seed, 1))}
		v := newVictim(t)
		for i := range int(n) {
			switch g.r.IntN(12) {
			case 0:
				v.fire()
			case 1:
				v.owner(g.r.IntN(12))
			default:
				v.s.Receive(g.message())
			}
			v.check(i + 1)
		}
	})
}

// owner is something that the call's owner may do at any time.
func (v *victim) owner(what int) {
	switch what {
	case 0, 1, 2:
		v.s.Start()
	case 3:
		v.s.Pause()
	case 4:
		v.s.Resume()
	case 5:
		v.s.Probe(func(time.Duration, bool) {})
	case 6:
		v.s.SendKey('1', time.Second)
	case 7:
		v.s.OpenAudio(MuLaw)
	case 8:
		for _, c := range v.s.Channels() {
			v.s.CloseChannel(c.Number)
			v.s.RequestClose(c.Number)
			v.s.FlowControl(c.Number, 0)
		}
	case 9:
		if v.s.fast.proposed == nil {
			_, _ = v.s.Propose()
		}
	case 10:
		v.s.Refused()
	case 11:
		v.s.RequestMode(ALaw)
	}
}

// generator makes random values of the message types within their constraints.
type generator struct{ r *rand.Rand }

// message prefers what the procedures act on to the exotic.
func (g *generator) message() *Message {
	number := g.r.IntN(4) + 1
	codec := Codec(g.r.IntN(3) + 1)
	switch g.r.IntN(10) {
	case 0:
		return set(g.r.IntN(4), codec)
	case 1:
		return open(number, g.r.IntN(3), codec)
	case 2, 3:
		return opened(number)
	case 4:
		return ack(g.r.IntN(4))
	case 5:
		return determinationAck(g.r.IntN(2) == 0)
	case 6:
		if g.r.IntN(8) == 0 {
			return set(g.r.IntN(4)) // a pause
		}
		return closing(number)
	}
	m := new(Message)
	g.fill(reflect.ValueOf(m).Elem(), 0, "")
	if m.Command != nil && m.Command.EndSessionCommand != nil && g.r.IntN(4) != 0 {
		return roundTrip(1) // calls shall not end too soon
	}
	return m
}

const tooDeep = 14

func (g *generator) fill(v reflect.Value, depth int, tag string) {
	switch v.Kind() {
	case reflect.Struct:
		g.fillStruct(v, depth)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		g.fill(v.Elem(), depth+1, tag)
	case reflect.Slice:
		low, high := bounds(tag, "size=", 0, 3)
		n := low + g.r.IntN(min(high-low, 3)+1)
		if depth > tooDeep {
			n = low
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		inner := strings.ReplaceAll(";"+tag, ";of.", ";")
		for i := range n {
			g.fill(v.Index(i), depth+1, inner)
		}
	case reflect.Int, reflect.Int64:
		low, high := bounds(tag, "range=", 0, 255)
		v.SetInt(int64(low + g.r.IntN(min(high-low, 300)+1)))
	case reflect.Uint8:
		v.SetUint(uint64(g.r.IntN(256)))
	case reflect.Bool:
		v.SetBool(g.r.IntN(2) == 0)
	case reflect.String:
		v.SetString(g.text(v.Type().Name(), tag))
	}
}

func (g *generator) text(typeName, tag string) string {
	if typeName == "OID" {
		return "0.0.8.245"
	}
	low, high := bounds(tag, "size=", 0, 4)
	letters := "0123456789"
	if _, after, ok := strings.Cut(tag, "from="); ok {
		letters, _, _ = strings.Cut(after, ";")
	}
	text := ""
	for range low + g.r.IntN(min(high-low, 4)+1) {
		text += string(letters[g.r.IntN(len(letters))])
	}
	return text
}

// fillStruct sets one alternative of a CHOICE, and of a SEQUENCE what is mandatory and
// some of the rest.
func (g *generator) fillStruct(v reflect.Value, depth int) {
	t := v.Type()
	if t.NumField() == 0 || t.Name() == "Extra" {
		return
	}
	if strings.HasPrefix(t.Field(0).Tag.Get("per"), "choice") {
		if n := t.NumField() - 1; n > 0 {
			i := 1 + g.r.IntN(n)
			if depth > tooDeep {
				i = 1
			}
			g.fill(v.Field(i), depth+1, t.Field(i).Tag.Get("per"))
		}
		return
	}
	for i := 1; i < t.NumField(); i++ {
		tag := t.Field(i).Tag.Get("per")
		optional := strings.HasPrefix(tag, "opt") || strings.HasPrefix(tag, "add")
		if !optional || depth <= tooDeep && g.r.IntN(3) == 0 {
			g.fill(v.Field(i), depth+1, tag)
		}
	}
}

// bounds reads a constraint of a tag.
func bounds(tag, kind string, low, high int) (int, int) {
	for part := range strings.SplitSeq(tag, ";") {
		c, ok := strings.CutPrefix(part, kind)
		if !ok {
			continue
		}
		c = strings.TrimSuffix(c, ",...")
		from, to, isRange := strings.Cut(c, "..")
		low, _ = strconv.Atoi(from)
		high = low
		if isRange {
			high = low + 300
			if n, err := strconv.Atoi(to); err == nil {
				high = n
			}
		}
	}
	return low, high
}
