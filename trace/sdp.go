package trace

import (
	"strconv"
	"strings"
)

// static are the encodings of payload types that need no rtpmap (RFC 3551 §6).
var static = map[string]string{
	"0": "PCMU", "3": "GSM", "4": "G723", "8": "PCMA", "9": "G722", "15": "G728", "18": "G729", "13": "CN", "34": "H263",
}

// medium is what an m= line and those below it say.
type medium struct {
	kind, port, profile string
	types               []string
	names               map[string]string
	address, direction  string
	encrypted           bool
}

// sdpDetail says in a line for each medium where it goes, in which formats and
// whether it is on hold (RFC 4566, RFC 3264 §8.4).
func sdpDetail(body string) []string {
	var media []*medium
	address, direction := "", ""
	for line := range strings.SplitSeq(body, "\n") {
		line = strings.TrimSuffix(line, "\r")
		kind, value, ok := strings.Cut(line, "=")
		if !ok || len(kind) != 1 {
			if len(media) > 0 && line == "" {
				break // the part of a multipart body ends
			}
			continue
		}
		var m *medium
		if len(media) > 0 {
			m = media[len(media)-1]
		}
		switch kind {
		case "m":
			if len(media) == 16 {
				return shownMedia(media)
			}
			media = append(media, newMedium(value, address, direction))
		case "c":
			if f := strings.Fields(value); len(f) == 3 {
				set(m, func(m *medium) { m.address = f[2] }, func() { address = f[2] })
			}
		case "a":
			m.attribute(value, &direction)
		}
	}
	return shownMedia(media)
}

func set(m *medium, of func(*medium), session func()) {
	if m == nil {
		session()
		return
	}
	of(m)
}

func newMedium(line, address, direction string) *medium {
	m := &medium{address: address, direction: direction, names: map[string]string{}}
	f := strings.Fields(line)
	if len(f) > 2 {
		m.kind, m.port, m.profile, m.types = f[0], f[1], f[2], f[3:]
	}
	m.encrypted = strings.Contains(m.profile, "SAVP")
	return m
}

// attribute reads an a= line; of a session, with a nil medium, only its direction.
func (m *medium) attribute(value string, session *string) {
	name, rest, _ := strings.Cut(value, ":")
	switch name {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		set(m, func(m *medium) { m.direction = name }, func() { *session = name })
	case "rtpmap":
		if pt, enc, ok := strings.Cut(rest, " "); ok && m != nil && len(m.names) < 64 {
			enc, _, _ = strings.Cut(enc, "/")
			m.names[pt] = enc
		}
	}
}

func shownMedia(media []*medium) []string {
	var lines []string
	for _, m := range media {
		lines = append(lines, m.String())
	}
	return lines
}

// String is "audio 192.0.2.7:4000 opus PCMA, keys, SRTP, hold".
func (m *medium) String() string {
	if m.port == "0" {
		return m.kind + " refused"
	}
	var b strings.Builder
	b.WriteString(m.kind + " " + joined(m.address, m.port))
	keys := false
	for i, pt := range m.types {
		name := m.names[pt]
		if name == "" {
			name = static[pt]
		}
		switch {
		case strings.EqualFold(name, "telephone-event"):
			keys = true
			continue
		case name == "":
			name = pt
		}
		if i < 8 {
			b.WriteString(" " + name)
		}
	}
	if keys {
		b.WriteString(", keys")
	}
	if m.encrypted {
		b.WriteString(", SRTP")
	}
	switch {
	case m.address == "0.0.0.0" || m.direction == "inactive":
		b.WriteString(", hold (inactive)")
	case m.direction == "sendonly":
		b.WriteString(", hold (sendonly)")
	case m.direction == "recvonly":
		b.WriteString(", recvonly")
	}
	return b.String()
}

func joined(host, port string) string {
	if _, err := strconv.Atoi(port); err != nil {
		return host
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}
