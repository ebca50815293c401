package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"
)

// reachTime is how long an answer from elsewhere may take: three datagrams may be
// lost meanwhile.
const reachTime = 4 * time.Second

// reach looks from this machine whether a gateway elsewhere can be reached at the
// ports of this configuration. RTP ports are open during calls only.
func (x *examination) reach(host string) {
	for _, o := range x.listeners() {
		at := net.JoinHostPort(host, strconv.Itoa(int(o.l.Port)))
		if o.l.Port == 0 || o.l.Host == "localhost" || o.key == "h323.ras_listen" || o.key == "telemetry.metrics" {
			continue
		}
		said, err := "", error(nil)
		switch {
		case strings.HasPrefix(o.key, "sip."):
			said, err = askOptions(x.c.ctx, o.l.Scheme, at, host)
		case o.l.Scheme == "https" || o.l.Scheme == "http":
			said, err = askPage(x.c.ctx, o.l.Scheme, at, host)
		case o.l.Scheme == "udp":
			continue // a browser's first packet is answered only if it was invited
		default:
			said, err = askTCP(x.c.ctx, at)
		}
		switch {
		case err != nil && network(o.l) == "udp":
			x.add(o.key, failed, "%s by UDP: %s", at, err).advise("open UDP port %d in the firewall and map it in the NAT, and look whether anything listens there", o.l.Port)
		case err != nil:
			x.add(o.key, failed, "%s: %s", at, err).advise("open TCP port %d in the firewall and map it in the NAT, and look whether anything listens there", o.l.Port)
		case strings.HasPrefix(said, altered):
			x.add(o.key, warning, "%s answers, but %s", at, said).advise("turn off SIP ALG in the routers between: it breaks calls")
		default:
			x.add(o.key, fine, "%s: %s", at, said)
		}
	}
	x.add("sip.rtp_ports", fine, "%s cannot be tried from outside: call the test extension %s and listen for the echo", x.cfg.SIP.RTPPorts, x.cfg.Reception.TestExtension)
}

func askTCP(ctx context.Context, at string) (string, error) {
	c, err := (&net.Dialer{Timeout: reachTime}).DialContext(ctx, "tcp", at)
	if err != nil {
		return "", err
	}
	return "can be reached", c.Close()
}

// askPage asks for /healthz, and holds the certificate against the host's name.
func askPage(ctx context.Context, scheme, at, host string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", scheme+"://"+at+"/healthz", nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	return "answers " + res.Status, nil
}

// altered begins what askOptions says if our request came back changed.
const altered = "something between has changed the request"

// askOptions sends OPTIONS (RFC 3261 §11) and returns the response's first line, or
// what was changed on the way. For TLS, name is whom the certificate must name; if
// it is empty any will do.
func askOptions(ctx context.Context, scheme, at, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	network := "tcp"
	if scheme == "udp" {
		network = "udp"
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, at)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if scheme == "tls" {
		tc := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: name == "", MinVersion: tls.VersionTLS12})
		if err := tc.HandshakeContext(ctx); err != nil {
			return "", err
		}
		conn = tc
	}
	end, _ := ctx.Deadline()
	conn.SetWriteDeadline(end)
	via := conn.LocalAddr().String()
	callID := rand.Text()
	request := fmt.Sprintf("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:doctor@%s>;tag=%s\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContact: <sip:doctor@%s>\r\n"+
		"User-Agent: Partyline doctor\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
		at, strings.ToUpper(scheme), via, callID[:12], via, callID[12:20], at, callID, via)
	answer, err := exchange(conn, request, network == "udp", end)
	if err != nil {
		return "", err
	}
	return judge(answer, via, callID), nil
}

// exchange sends a request and reads the final response's head. Over UDP the request
// is repeated at the intervals of RFC 3261 §17.1.2.2 until end.
func exchange(conn net.Conn, request string, datagrams bool, end time.Time) ([]byte, error) {
	packet, held := make([]byte, 64<<10), 0
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 4*time.Second) {
		if datagrams || held == 0 && wait == 500*time.Millisecond {
			if _, err := io.WriteString(conn, request); err != nil {
				return nil, err
			}
		}
		next := time.Now().Add(wait)
		if next.After(end) {
			next = end
		}
		conn.SetReadDeadline(next)
		for {
			n, err := conn.Read(packet[held:])
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return nil, err
			}
			held += n
			head, _, whole := bytes.Cut(packet[:held], []byte("\r\n\r\n"))
			switch {
			case whole && bytes.HasPrefix(head, []byte("SIP/2.0 ")) && !bytes.HasPrefix(head, []byte("SIP/2.0 1")):
				return head, nil
			case whole, datagrams:
				held = 0 // provisional, or nothing that we know
			case held == len(packet):
				return nil, errors.New("the answer is no SIP")
			}
		}
		if !time.Now().Before(end) {
			return nil, errors.New("no answer")
		}
	}
}

// judge compares what came back with what was sent: Via and Call-ID are copied into
// the response as they are (RFC 3261 §8.2.6.2).
func judge(head []byte, via, callID string) string {
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(head, "\r\n\r\n"...))))
	status, err := r.ReadLine()
	if err != nil {
		return "answers"
	}
	h, _ := r.ReadMIMEHeader()
	if got := h.Get("Call-ID"); got != "" && got != callID {
		return altered + ": its Call-ID"
	}
	if got := h.Get("Via"); got != "" && !strings.Contains(got, via) {
		return altered + ": its Via"
	}
	return strings.TrimPrefix(status, "SIP/2.0 ")
}
