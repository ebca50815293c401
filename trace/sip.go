package trace

import (
	"cmp"
	"strings"
)

// head is the beginning of a SIP message, read leniently: it may be cut short, and
// came from anybody.
type head struct {
	start   string
	headers []header
	body    string
}

type header struct{ name, value string }

// full are the long names of compact headers that are looked at (RFC 3261 §7.3.3,
// RFC 3515, RFC 4028).
var full = map[string]string{
	"f": "from", "t": "to", "c": "content-type", "r": "refer-to", "x": "session-expires", "o": "event", "m": "contact",
}

func readHead(data []byte) head {
	text := string(data)
	top, body, ok := strings.Cut(text, "\r\n\r\n")
	if !ok {
		top, body, _ = strings.Cut(text, "\n\n")
	}
	h := head{body: body}
	for i, line := range strings.Split(top, "\n") {
		line = strings.TrimSuffix(line, "\r")
		switch name, value, ok := strings.Cut(line, ":"); {
		case i == 0:
			h.start = line
		case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			if n := len(h.headers); n > 0 {
				h.headers[n-1].value += " " + strings.TrimSpace(line)
			}
		case ok:
			name = strings.ToLower(strings.TrimSpace(name))
			h.headers = append(h.headers, header{cmp.Or(full[name], name), strings.TrimSpace(value)})
		}
	}
	return h
}

// get is the first header of that name in lower case; empty: there is none.
func (h *head) get(name string) string {
	for _, f := range h.headers {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// uri is the Request-URI; empty in a response.
func (h *head) uri() string {
	if strings.HasPrefix(h.start, "SIP/") {
		return ""
	}
	_, rest, _ := strings.Cut(h.start, " ")
	uri, _, _ := strings.Cut(rest, " ")
	return uri
}

// userIn is the user part, or telephone number, in an address or URI.
func userIn(addr string) string {
	if _, rest, ok := strings.Cut(addr, "<"); ok {
		addr, _, _ = strings.Cut(rest, ">")
	}
	scheme, rest, ok := strings.Cut(addr, ":")
	if !ok {
		return ""
	}
	if strings.EqualFold(scheme, "tel") {
		number, _, _ := strings.Cut(rest, ";")
		return number
	}
	user, _, ok := strings.Cut(rest, "@")
	if !ok {
		return ""
	}
	return user
}

// told are the headers that say why something happens, with how they are shown.
var told = []struct{ name, shown string }{
	{"refer-to", "refer to"},
	{"replaces", "replaces"},
	{"diversion", "diverted by"},
	{"reason", "reason"},
	{"warning", "warning"},
	{"error-info", "error"},
	{"retry-after", "retry after"},
	{"unsupported", "unsupported"},
	{"require", "requires"},
	{"rack", "for"},
	{"rseq", "rseq"},
	{"min-se", "min-se"},
	{"session-expires", "session"},
	{"expires", "expires"},
}

// sipDetail says what a SIP message is about: where it goes, why it comes, and what
// its body offers.
func sipDetail(data []byte) []string {
	h := readHead(data)
	var lines []string
	method, _, _ := strings.Cut(h.start, " ")
	switch method {
	case "INVITE", "REGISTER", "OPTIONS":
		lines = append(lines, h.uri())
	}
	status := strings.HasPrefix(h.start, "SIP/2.0 3")
	if contact := h.get("contact"); status && contact != "" {
		lines = append(lines, "to "+contact)
	}
	for _, t := range told {
		if v := h.get(t.name); v != "" {
			lines = append(lines, t.shown+" "+v)
		}
	}
	return append(lines, bodyDetail(&h)...)
}

// bodyDetail says what a body is.
func bodyDetail(h *head) []string {
	kind, params, _ := strings.Cut(strings.ToLower(h.get("content-type")), ";")
	switch kind = strings.TrimSpace(kind); {
	case h.body == "":
		return nil
	case kind == "application/sdp":
		return sdpDetail(h.body)
	case strings.HasPrefix(kind, "multipart/"):
		_ = params
		if i := strings.Index(h.body, "v=0"); i >= 0 {
			return append([]string{kind}, sdpDetail(h.body[i:])...)
		}
	case kind == "message/sipfrag":
		first, _, _ := strings.Cut(h.body, "\n")
		return []string{strings.TrimSpace(first)}
	case strings.HasPrefix(kind, "application/dtmf"):
		return []string{"a key"}
	}
	if kind == "" {
		return nil
	}
	return []string{kind}
}

func linesOf(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}
