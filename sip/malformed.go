package sip

import (
	"bytes"
	"strings"
)

// maxEchoed bounds the header lines copied into a refusal of what could not be
// parsed, in bytes: no reply is larger than its request by much.
const maxEchoed = 4096

// badRequest makes a 400 for a request that the parser gave up on, out of the
// header lines that a response must repeat (RFC 3261 §8.2.6.2), as they came.
// nil: it is no request, or nobody could tell what the reply belongs to.
func badRequest(data []byte, status, reason string) []byte {
	head, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	lines := unfold(head)
	if len(lines) == 0 {
		return nil
	}
	start := lines[0]
	if !strings.Contains(strings.ToUpper(start), "SIP/") || hasPrefixFold(start, "SIP/") || hasPrefixFold(start, "ACK ") {
		return nil
	}
	var out strings.Builder
	out.WriteString("SIP/2.0 " + status + " " + reason + "\r\n")
	echoed, via := 0, false
	seen := map[string]bool{}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		full := echoedHeader(strings.ToLower(strings.TrimSpace(name)))
		if !ok || full == "" || full != "Via" && seen[full] {
			continue
		}
		if echoed += len(line); echoed > maxEchoed {
			return nil
		}
		seen[full] = true
		via = via || full == "Via"
		out.WriteString(full + ": " + strings.TrimSpace(value))
		if full == "To" && !strings.Contains(strings.ToLower(value), "tag=") {
			out.WriteString(";tag=" + newTag())
		}
		out.WriteString("\r\n")
	}
	if !via {
		return nil
	}
	out.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(out.String())
}

// echoedHeader is the full name of a header that responses repeat, else empty.
func echoedHeader(name string) string {
	switch name {
	case "via", "v":
		return "Via"
	case "from", "f":
		return "From"
	case "to", "t":
		return "To"
	case "call-id", "i":
		return "Call-ID"
	case "cseq":
		return "CSeq"
	}
	return ""
}

// unfold splits a head into lines, continuation lines joined to theirs
// (RFC 3261 §7.3.1). Control characters become spaces.
func unfold(head []byte) []string {
	var lines []string
	for l := range strings.SplitSeq(string(head), "\n") {
		l = strings.TrimRight(l, "\r")
		l = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return ' '
			}
			return r
		}, l)
		if len(lines) > 0 && strings.HasPrefix(l, " ") {
			lines[len(lines)-1] += " " + strings.TrimSpace(l)
			continue
		}
		if l == "" && len(lines) == 0 {
			continue
		}
		lines = append(lines, l)
	}
	return lines
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
