package q931

import (
	"errors"
	"fmt"
)

// MaxElements is how many information elements a message may have. No peer sends
// a tenth of them.
const MaxElements = 256

// What is wrong with a message.
var (
	ErrTruncated     = errors.New("q931: message is truncated")
	ErrDiscriminator = errors.New("q931: protocol discriminator is not 8")
	ErrCallReference = errors.New("q931: call reference is not of two octets")
	ErrTooMany       = errors.New("q931: too many information elements")
	ErrTooLong       = errors.New("q931: information element is too long")
	ErrCodeset       = errors.New("q931: element is not of the codeset that the shifts say")
)

// shifts follows the codeset through a message (Q.931 §4.5.2).
type shifts struct {
	locked, once uint8
	single       bool // once is for the next element
}

// take returns the codeset in which id stands, and shifts if id is a shift. A
// locking shift holds to the message's end, a non-locking one for one element.
func (s *shifts) take(id ID) uint8 {
	codeset := s.locked
	if s.single {
		codeset, s.single = s.once, false
	}
	if to, locking, ok := id.shift(); ok && locking {
		s.locked = to
	} else if ok {
		s.once, s.single = to, true
	}
	return codeset
}

// Parse reads a message (Q.931 §4.1). Its elements share data's octets. Elements
// that overrun the message are ErrTruncated: nothing of it is trusted then.
func Parse(data []byte) (*Message, error) {
	if len(data) < 5 {
		return nil, fmt.Errorf("%w: %d octets", ErrTruncated, len(data))
	}
	if data[0] != ProtocolDiscriminator {
		return nil, fmt.Errorf("%w but %d", ErrDiscriminator, data[0])
	}
	if data[1] != 2 {
		return nil, fmt.Errorf("%w: length octet %#02x", ErrCallReference, data[1])
	}
	reference := uint16(data[2])<<8 | uint16(data[3])
	m := New(Type(data[4]), reference, reference&^MaxCallReference != 0)
	var s shifts
	for rest := data[5:]; len(rest) > 0; {
		if len(m.Elements) == MaxElements {
			return nil, ErrTooMany
		}
		e, n, err := parseElement(rest, &s)
		if err != nil {
			return nil, err
		}
		m.Elements = append(m.Elements, e)
		rest = rest[n:]
	}
	return m, nil
}

// parseElement reads the element at the start of data and says how long it is.
func parseElement(data []byte, s *shifts) (Element, int, error) {
	id := ID(data[0])
	e := Element{ID: id, Codeset: s.take(id)}
	if id.single() {
		return e, 1, nil
	}
	head := 2
	if long(e.Codeset, id) {
		head = 3
	}
	if len(data) < head {
		return e, 0, fmt.Errorf("%w: no length of element %#02x", ErrTruncated, uint8(id))
	}
	size := int(data[1])
	if head == 3 {
		size = size<<8 | int(data[2])
	}
	end := head + size
	if end > len(data) {
		return e, 0, fmt.Errorf("%w: element %#02x has %d of %d octets", ErrTruncated, uint8(id), len(data)-head, size)
	}
	e.Contents = data[head:end:end]
	return e, end, nil
}

// Append appends the message's octets to dst.
func (m *Message) Append(dst []byte) ([]byte, error) {
	reference := m.CallReference & MaxCallReference
	if m.FromDestination {
		reference |= MaxCallReference + 1
	}
	out := append(dst, ProtocolDiscriminator, 2, byte(reference>>8), byte(reference), byte(m.Type))
	var s shifts
	for _, e := range m.Elements {
		if s.take(e.ID) != e.Codeset {
			return dst, fmt.Errorf("%w: %#02x of codeset %d", ErrCodeset, uint8(e.ID), e.Codeset)
		}
		var err error
		if out, err = appendElement(out, e); err != nil {
			return dst, err
		}
	}
	return out, nil
}

func appendElement(dst []byte, e Element) ([]byte, error) {
	limit, size := 0xff, len(e.Contents)
	switch {
	case e.ID.single():
		limit = 0
	case long(e.Codeset, e.ID):
		limit = 0xffff
	}
	if size > limit {
		return dst, fmt.Errorf("%w: %#02x has %d octets, at most %d", ErrTooLong, uint8(e.ID), size, limit)
	}
	dst = append(dst, byte(e.ID))
	switch limit {
	case 0xff:
		dst = append(dst, byte(size))
	case 0xffff:
		dst = append(dst, byte(size>>8), byte(size))
	}
	return append(dst, e.Contents...), nil
}
