package sip

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	msg "github.com/emiago/sipgo/sip"
)

// errBody says that a body is not of a kind we take; errParts that a multipart
// body cannot be read.
var (
	errBody  = errors.New("sip: unsupported body")
	errParts = errors.New("sip: malformed multipart body")
)

// maxParts bounds the parts of a multipart body, maxNested their depth.
const (
	maxParts  = 16
	maxNested = 3
)

// session is the SDP in a message's body: nil, nil if there is none.
func sessionBody(m *msg.MessageData) ([]byte, error) {
	body := m.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if enc := header(m, "Content-Encoding", "e"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, errBody
	}
	disposition := header(m, "Content-Disposition", "")
	return findSession(header(m, "Content-Type", "c"), disposition, body, 0)
}

// findSession finds SDP in a body of the given type, also within multipart/mixed
// and its kin (RFC 5621): the last in multipart/alternative is not preferred,
// since any SDP serves. Other bodies are passed over if they say that their
// handling is optional, or come beside SDP.
func findSession(contentType, disposition string, body []byte, depth int) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && kind == "" {
		kind = strings.ToLower(strings.TrimSpace(strings.SplitN(contentType, ";", 2)[0]))
	}
	switch {
	case kind == "application/sdp":
		return body, nil
	case kind == "" && bytes.HasPrefix(body, []byte("v=")):
		return body, nil // some forget the header
	case strings.HasPrefix(kind, "multipart/"):
		return findPart(params["boundary"], body, depth)
	case strings.Contains(strings.ToLower(disposition), "handling=optional"):
		return nil, nil
	}
	return nil, errBody
}

// findPart goes through the parts of a multipart body.
func findPart(boundary string, body []byte, depth int) ([]byte, error) {
	if boundary == "" || len(boundary) > 70 || depth >= maxNested { // RFC 2046 §5.1.1
		return nil, errParts
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxParts {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, errParts
		}
		data, err := io.ReadAll(io.LimitReader(p, MaxMessage))
		if err != nil {
			return nil, errParts
		}
		if enc := p.Header.Get("Content-Transfer-Encoding"); enc != "" && !plainEncoding(enc) {
			continue
		}
		kind := p.Header.Get("Content-Type")
		if kind == "" {
			continue // text/plain by default (RFC 2045 §5.2)
		}
		sdp, err := findSession(kind, p.Header.Get("Content-Disposition"), data, depth+1)
		if errors.Is(err, errParts) {
			return nil, err
		}
		if err == nil && sdp != nil {
			return sdp, nil
		}
	}
	return nil, errParts
}

func plainEncoding(enc string) bool {
	switch strings.ToLower(strings.TrimSpace(enc)) {
	case "7bit", "8bit", "binary":
		return true
	}
	return false
}

// unsupportedBody is the refusal of a body we don't take (RFC 3261 §8.2.3).
func unsupportedBody(takes string) *refusal {
	return &refusal{
		status: msg.StatusUnsupportedMediaType, reason: "Unsupported Media Type",
		headers: []msg.Header{
			msg.NewHeader("Accept", takes), msg.NewHeader("Accept-Encoding", "identity"),
		},
	}
}
