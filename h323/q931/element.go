package q931

import "slices"

// ID identifies an information element in its codeset (Q.931 §4.5.1). If its top
// bit is set the element is a single octet: with type 1 elements the lower half of
// it is the contents.
type ID uint8

// The elements of codeset 0 that H.225.0 §7.2.2 speaks of.
const (
	IDBearerCapability      ID = 0x04
	IDCause                 ID = 0x08
	IDCallState             ID = 0x14
	IDChannelIdentification ID = 0x18
	IDFacility              ID = 0x1c
	IDProgressIndicator     ID = 0x1e
	IDNotificationIndicator ID = 0x27
	IDDisplay               ID = 0x28
	IDDateTime              ID = 0x29
	IDKeypadFacility        ID = 0x2c
	IDSignal                ID = 0x34
	IDConnectedNumber       ID = 0x4c
	IDConnectedSubaddress   ID = 0x4d
	IDCallingPartyNumber    ID = 0x6c
	IDCallingPartySubaddr   ID = 0x6d
	IDCalledPartyNumber     ID = 0x70
	IDCalledPartySubaddr    ID = 0x71
	IDRedirectingNumber     ID = 0x74
	IDUserUser              ID = 0x7e

	// Single octets.
	IDShift           ID = 0x90 // type 1: bit 4 set means non-locking, bits 3-1 the codeset
	IDMoreData        ID = 0xa0
	IDSendingComplete ID = 0xa1
	IDCongestionLevel ID = 0xb0 // type 1
	IDRepeatIndicator ID = 0xd0 // type 1
)

// Element is an information element, its contents raw.
type Element struct {
	// Codeset is the one in which ID means something: 0 unless a shift came before.
	// A shift itself is an element too; its Codeset is that in force before it.
	Codeset uint8
	ID      ID
	// Contents are the octets after the length; nil for a single octet.
	Contents []byte
}

// single says whether the element has neither length nor contents.
func (id ID) single() bool { return id&0x80 != 0 }

// shift says whether id is a shift, of what kind, and to which codeset
// (Q.931 §4.5.3, §4.5.4).
func (id ID) shift() (codeset uint8, locking, ok bool) {
	if id&0xf0 != IDShift {
		return 0, false, false
	}
	return uint8(id & 0x07), id&0x08 == 0, true
}

// long says whether the element's length takes two octets: in codeset 0 the
// user-user element alone (H.225.0 §7.2.2.31).
func long(codeset uint8, id ID) bool { return codeset == 0 && id == IDUserUser }

// Get returns the contents of the first element of codeset 0 with that identifier.
// Contents are empty for a single octet. They are the message's: not to be written to.
func (m *Message) Get(id ID) (contents []byte, ok bool) {
	for _, e := range m.Elements {
		if e.Codeset == 0 && e.ID == id {
			return e.Contents, true
		}
	}
	return nil, false
}

// Set puts an element of codeset 0 in place of the first with that identifier, or
// where the order of identifiers wants it: a single octet first of all. The message
// keeps the contents; what is too long is an error of Append.
func (m *Message) Set(id ID, contents []byte) {
	place := 0
	for i, e := range m.Elements {
		if _, _, shift := e.ID.shift(); shift || e.Codeset != 0 {
			continue
		}
		if e.ID == id {
			m.Elements[i].Contents = contents
			return
		}
		if !id.single() && (e.ID.single() || e.ID < id) {
			place = i + 1
		}
	}
	m.Elements = slices.Insert(m.Elements, place, Element{ID: id, Contents: contents})
}

// Remove takes all elements of codeset 0 with that identifier out.
func (m *Message) Remove(id ID) {
	m.Elements = slices.DeleteFunc(m.Elements, func(e Element) bool {
		return e.Codeset == 0 && e.ID == id
	})
}
