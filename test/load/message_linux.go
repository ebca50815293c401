package load

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// message is a SIP message as it came; no more of it is understood than phones of
// this kind need.
type message struct {
	status  int    // of a response
	method  string // of a request
	lines   []string
	body    string
	arrival int64 // ns, wall clock
	local   netip.Addr
}

func parseMessage(b []byte) message {
	head, body, _ := strings.Cut(string(b), "\r\n\r\n")
	m := message{lines: strings.Split(head, "\r\n"), body: body}
	first := strings.SplitN(m.lines[0], " ", 3)
	if first[0] == "SIP/2.0" && len(first) > 1 {
		m.status, _ = strconv.Atoi(first[1])
	} else {
		m.method = first[0]
	}
	return m
}

// header is the first value of a header.
func (m message) header(name string) string {
	for _, l := range m.lines[1:] {
		if n, v, ok := strings.Cut(l, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// answer says 200 to a request, with the phone's SDP to an offer within the call.
func (m message) answer(p *phone, port uint16) []byte {
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, l := range m.lines[1:] {
		n, _, _ := strings.Cut(l, ":")
		switch strings.ToLower(strings.TrimSpace(n)) {
		case "via", "from", "to", "call-id", "cseq":
			b.WriteString(l + "\r\n")
		}
	}
	body := ""
	if p != nil && (m.method == "INVITE" || m.method == "UPDATE" && m.body != "") {
		body = p.offer()
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Contact: <sip:phone@%s:%d>\r\nContent-Length: %d\r\n\r\n%s", m.local, port, len(body), body)
	return []byte(b.String())
}
