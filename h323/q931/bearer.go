package q931

// Capability is an information transfer capability (Q.931 §4.5.5, Table 4-6).
type Capability uint8

// Information transfer capabilities.
const (
	Speech              Capability = 0x00
	UnrestrictedDigital Capability = 0x08
	RestrictedDigital   Capability = 0x09
	Audio31kHz          Capability = 0x10
	UnrestrictedTones   Capability = 0x11
	VideoBearer         Capability = 0x18
)

// TransferMode is circuit or packet (Q.931 Table 4-6).
type TransferMode uint8

// Transfer modes.
const (
	CircuitMode TransferMode = 0
	PacketMode  TransferMode = 2
)

// TransferRate is an information transfer rate (Q.931 Table 4-6).
type TransferRate uint8

// Information transfer rates.
const (
	PacketRate    TransferRate = 0x00
	Rate64k       TransferRate = 0x10
	Rate2x64k     TransferRate = 0x11
	Rate384k      TransferRate = 0x13
	Rate1536k     TransferRate = 0x15
	Rate1920k     TransferRate = 0x17
	RateMultirate TransferRate = 0x18 // Multiplier times 64 kbit/s
)

// Layer1 is a user information layer 1 protocol (Q.931 Table 4-6); 0 means none.
type Layer1 uint8

// Layer 1 protocols.
const (
	Layer1MuLaw Layer1 = 2
	Layer1ALaw  Layer1 = 3
	Layer1H221  Layer1 = 5 // a videophone call (H.225.0 §7.2.2.2)
)

// BearerCapability is a bearer capability element, as H.225.0 §7.2.2.2 uses it.
type BearerCapability struct {
	Coding     Coding
	Capability Capability
	Mode       TransferMode
	Rate       TransferRate
	Multiplier uint8 // with RateMultirate: of 64 kbit/s, 1 to 127
	Layer1     Layer1
}

// BearerCapability returns the bearer capability element.
func (m *Message) BearerCapability() (b BearerCapability, ok bool) {
	c, ok := m.Get(IDBearerCapability)
	if !ok || len(c) < 2 {
		return b, false
	}
	b.Coding, b.Capability = Coding(c[0]>>5&3), Capability(c[0]&0x1f)
	c = c[octets(c):]
	if len(c) == 0 {
		return b, false
	}
	b.Mode, b.Rate = TransferMode(c[0]>>5&3), TransferRate(c[0]&0x1f)
	c = c[octets(c):]
	if b.Rate == RateMultirate && len(c) > 0 {
		b.Multiplier = c[0] & 0x7f
		c = c[octets(c):]
	}
	if len(c) > 0 && c[0]>>5&3 == 1 {
		b.Layer1 = Layer1(c[0] & 0x1f)
	}
	return b, true
}

// SetBearerCapability sets the bearer capability element.
func (m *Message) SetBearerCapability(b BearerCapability) {
	c := []byte{
		extension | byte(b.Coding&3)<<5 | byte(b.Capability&0x1f),
		extension | byte(b.Mode&3)<<5 | byte(b.Rate&0x1f),
	}
	if b.Rate == RateMultirate {
		c = append(c, extension|b.Multiplier)
	}
	if b.Layer1 != 0 {
		c = append(c, extension|1<<5|byte(b.Layer1&0x1f))
	}
	m.Set(IDBearerCapability, c)
}
