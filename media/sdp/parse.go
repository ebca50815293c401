package sdp

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Description is a parsed body. Lines that mean nothing to a call are dropped.
type Description struct {
	Origin Origin
	// Addr is the session's connection address, invalid if there is none or it
	// is a host name.
	Addr netip.Addr
	// Time is the value of the first t= line: an answer repeats it.
	Time       string
	Attributes []Attribute
	Media      []Media
}

// Origin is the o= line. ID and Version are text: peers write more digits than
// any integer holds, and they are only compared.
type Origin struct {
	User, ID, Version string
	Addr              netip.Addr
}

// Attribute is an a= line, name:value.
type Attribute struct{ Name, Value string }

// Media is an m= line with what belongs to it. Port 0 means refused or off.
type Media struct {
	Kind    string
	Port    int
	Proto   string
	Formats []string
	// Addr is this line's own connection address, else the session's.
	Addr       netip.Addr
	Attributes []Attribute

	ownAddr bool
}

// Attribute gives the value of the first attribute of that name.
func (m *Media) Attribute(name string) (value string, ok bool) {
	return find(m.Attributes, name)
}

func find(attributes []Attribute, name string) (string, bool) {
	for _, a := range attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// parser is the state of one Parse.
type parser struct {
	d          Description
	attributes int
	candidates int
}

// Parse reads a body. Its errors wrap ErrMalformed and name the line.
func Parse(body []byte) (*Description, error) {
	if len(body) > MaxBody {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(body), MaxBody)
	}
	var p parser
	for number := 1; len(body) > 0; number++ {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte{'\n'})
		// Trailing blanks and NULs are seen from devices that copy C buffers.
		text := string(bytes.TrimRight(line, "\r \t\x00"))
		if text == "" {
			continue
		}
		if err := p.line(text); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrMalformed, number, err)
		}
	}
	if len(p.d.Media) == 0 && p.d.Origin == (Origin{}) && p.d.Time == "" {
		return nil, fmt.Errorf("%w: no session description", ErrMalformed)
	}
	for i := range p.d.Media {
		if m := &p.d.Media[i]; !m.ownAddr {
			m.Addr = p.d.Addr
		}
	}
	return &p.d, nil
}

func (p *parser) line(text string) error {
	if len(text) < 2 || text[1] != '=' {
		return fmt.Errorf("not a letter and =: %.40q", text)
	}
	value := strings.TrimLeft(text[2:], " \t")
	switch text[0] {
	case 'v':
		if value != "0" {
			return fmt.Errorf("version %.10q, not 0", value)
		}
	case 'o':
		p.d.Origin = origin(value)
	case 't':
		if p.d.Time == "" && len(value) <= 64 && strings.Trim(value, "0123456789 ") == "" {
			p.d.Time = value
		}
	case 'c':
		return p.connection(value)
	case 'a':
		return p.attribute(value)
	case 'm':
		return p.media(value)
	}
	return nil
}

// origin reads as much of o= as there is: nothing depends on it being whole.
func origin(value string) Origin {
	f := strings.Fields(value)
	var o Origin
	for i, to := range []*string{&o.User, &o.ID, &o.Version} {
		if i < len(f) {
			*to = f[i]
		}
	}
	if len(f) >= 6 {
		o.Addr = address(f[5])
	}
	return o
}

// connection reads c=IN IP4 192.0.2.1/127/3.
func (p *parser) connection(value string) error {
	f := strings.Fields(value)
	if len(f) < 3 || !strings.EqualFold(f[0], "IN") {
		return fmt.Errorf("connection %.60q", value)
	}
	if t := strings.ToUpper(f[1]); t != "IP4" && t != "IP6" {
		return fmt.Errorf("address type %.10q", f[1])
	}
	addr := address(f[2])
	if n := len(p.d.Media); n > 0 {
		m := &p.d.Media[n-1]
		if !m.ownAddr { // several c= of one line are layers of multicast
			m.Addr, m.ownAddr = addr, true
		}
		return nil
	}
	p.d.Addr = addr
	return nil
}

// address reads an address less the multicast suffixes /ttl and /count. A host
// name gives an invalid address: names are not looked up on the media path.
func address(s string) netip.Addr {
	s, _, _ = strings.Cut(s, "/")
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.WithZone("").Unmap()
}

func (p *parser) attribute(value string) error {
	if p.attributes++; p.attributes > maxAttributes {
		return fmt.Errorf("more than %d attributes", maxAttributes)
	}
	name, v, _ := strings.Cut(value, ":")
	a := Attribute{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(v)}
	if a.Name == "candidate" {
		if p.candidates++; p.candidates > MaxCandidates {
			return fmt.Errorf("more than %d candidates", MaxCandidates)
		}
	}
	if n := len(p.d.Media); n > 0 {
		p.d.Media[n-1].Attributes = append(p.d.Media[n-1].Attributes, a)
	} else {
		p.d.Attributes = append(p.d.Attributes, a)
	}
	return nil
}

// media reads m=audio 49170/2 RTP/AVP 0 8.
func (p *parser) media(value string) error {
	if len(p.d.Media) == MaxMedia {
		return fmt.Errorf("more than %d media lines", MaxMedia)
	}
	f := strings.Fields(value)
	if len(f) < 3 {
		return fmt.Errorf("media %.60q", value)
	}
	text, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return fmt.Errorf("port %.20q", f[1])
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) {
		return fmt.Errorf("media %.60q", value) // it is repeated in answers
	}
	if len(f)-3 > maxFormats {
		return fmt.Errorf("more than %d formats", maxFormats)
	}
	p.d.Media = append(p.d.Media, Media{
		Kind: strings.ToLower(f[0]), Port: int(port), Proto: f[2], Formats: f[3:],
	})
	return nil
}
