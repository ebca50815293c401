package sip

import (
	"strings"

	msg "github.com/emiago/sipgo/sip"
)

// refusal is a status with which a request is answered at once.
type refusal struct {
	status  int
	reason  string
	headers []msg.Header
	bare    bool // says nothing about us
}

func (r *refusal) Error() string { return r.reason }

func badly(reason string) *refusal { return &refusal{status: msg.StatusBadRequest, reason: reason} }

// validate checks what the parser lets pass but RFC 3261 §8.1.1 demands of every
// request. data is the message as it came. The reason phrases name what is
// wrong, as §21.4.1 asks.
func validate(req *msg.Request, data []byte) *refusal {
	if !strings.EqualFold(req.SipVersion, "SIP/2.0") {
		return &refusal{status: msg.StatusVersionNotSupported, reason: "Version Not Supported"}
	}
	for _, h := range [...]struct{ name, short string }{
		{"From", "f"}, {"To", "t"}, {"Call-ID", "i"}, {"CSeq", ""},
	} {
		switch n := count(req, h.name, h.short); {
		case n == 0:
			return badly("Missing " + h.name)
		case n > 1:
			return badly("Several " + h.name)
		}
	}
	if count(req, "Max-Forwards", "") > 1 || count(req, "Content-Length", "l") > 1 {
		return badly("Several Max-Forwards or Content-Length")
	}
	cseq := req.CSeq()
	if cseq == nil || req.From() == nil || req.To() == nil || req.Via() == nil {
		return badly("Bad Request")
	}
	cseq.MethodName = msg.RequestMethod(strings.TrimSpace(string(cseq.MethodName)))
	if !strings.EqualFold(string(cseq.MethodName), string(req.Method)) {
		return badly("CSeq Method Mismatch")
	}
	cseq.MethodName = req.Method
	if strings.ContainsAny(req.Recipient.Host, " <>\"\t") || req.Recipient.Host == "" && isSIP(&req.Recipient) {
		return badly("Bad Request-URI")
	}
	if via := req.Via(); via.Host == "" || strings.ContainsAny(via.Host, " <>\"") {
		return badly("Bad Via")
	}
	return badAddress(req, data)
}

// badAddress refuses a From or To whose quotes do not pair: what follows could
// be read either way (RFC 4475 §3.1.2.6, §3.1.2.15).
func badAddress(req *msg.Request, data []byte) *refusal {
	head, _, _ := strings.Cut(string(data), "\r\n\r\n")
	for _, line := range unfold([]byte(head))[1:] {
		name, value, _ := strings.Cut(line, ":")
		switch echoedHeader(strings.ToLower(strings.TrimSpace(name))) {
		case "From", "To":
			if !quotesPair(value) {
				return badly("Unbalanced Quotes")
			}
			if _, rest, ok := strings.Cut(value, "<"); ok && !strings.Contains(rest, ">") {
				return badly("Unbalanced Brackets")
			}
		}
	}
	return nil
}

// quotesPair counts double quotes that no backslash escapes.
func quotesPair(s string) bool {
	open := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && open:
			i++
		case s[i] == '"':
			open = !open
		}
	}
	return !open
}

func isSIP(u *msg.Uri) bool { return u.Scheme == "sip" || u.Scheme == "sips" }

// count is how many header fields a message has of a name or its short form.
func count(m interface{ Headers() []msg.Header }, name, short string) int {
	n := 0
	for _, h := range m.Headers() {
		if strings.EqualFold(h.Name(), name) || short != "" && strings.EqualFold(h.Name(), short) {
			n++
		}
	}
	return n
}

// header is the first value of a header, by its name or short form.
func header(m interface{ Headers() []msg.Header }, name, short string) string {
	for _, h := range m.Headers() {
		if strings.EqualFold(h.Name(), name) || short != "" && strings.EqualFold(h.Name(), short) {
			return strings.TrimSpace(h.Value())
		}
	}
	return ""
}

// tokens are the comma-separated values of all header fields of a name, in lower
// case: Require, Supported, Allow.
func tokens(m interface{ Headers() []msg.Header }, name, short string) []string {
	var out []string
	for _, h := range m.Headers() {
		if !strings.EqualFold(h.Name(), name) && (short == "" || !strings.EqualFold(h.Name(), short)) {
			continue
		}
		for v := range strings.SplitSeq(h.Value(), ",") {
			if v = strings.ToLower(strings.TrimSpace(v)); v != "" {
				out = append(out, v)
			}
		}
	}
	return out
}
