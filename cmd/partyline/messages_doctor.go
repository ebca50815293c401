package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"strings"
	"time"
)

// greetingTime is how long the doctor waits for a mail server's first word.
const greetingTime = 10 * time.Second

// messages looks whether mail and SMS about meetings can go out.
func (x *examination) messages() {
	mail, sms, err := carriers(x.cfg)
	if err != nil {
		x.add("messages", failed, "%s", err).advise("correct what it names under mail or sms")
		return
	}
	if mail == nil {
		x.add("mail", fine, "none is sent: mail.smtp names no server")
	} else {
		mail.Close()
		x.mailServer()
	}
	if sms == nil {
		x.add("sms", fine, "none are sent")
		return
	}
	sms.Close()
	at := x.cfg.SMS.Webhook.URL
	if at == "" {
		at = x.cfg.SMS.Kannel.URL
	}
	x.smsGateway(at)
	if x.cfg.SMS.Country == "" {
		x.add("sms", warning, "local telephone numbers are refused: sms.country is not set").advise("set sms.country, such as CH")
	}
}

// mailServer waits for the server's greeting (RFC 5321 §4.2).
func (x *examination) mailServer() {
	at := x.cfg.Mail.SMTP
	ctx, cancel := context.WithTimeout(x.c.ctx, greetingTime)
	defer cancel()
	var conn net.Conn
	var err error
	if at.Scheme == "submissions" || at.Scheme == "smtps" {
		conn, err = (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", at.Address())
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", at.Address())
	}
	if err != nil {
		x.add("mail", warning, "the mail server %s cannot be reached: %s; mail waits in the queue", at, err).advise("correct mail.smtp, or open the way out to it")
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(greetingTime))
	greeting, err := bufio.NewReaderSize(conn, 1024).ReadString('\n')
	greeting = clean(strings.TrimSpace(greeting))
	switch {
	case err != nil:
		x.add("mail", warning, "the mail server %s says nothing: %s", at, err).advise("look whether the port of mail.smtp goes with its scheme: submissions is 465, submission 587")
	case !strings.HasPrefix(greeting, "220"):
		x.add("mail", warning, "the mail server %s does not serve us: %.100s", at, greeting).advise("ask who runs it")
	default:
		_, _ = conn.Write([]byte("QUIT\r\n"))
		x.add("mail", fine, "%s answers: %.60s", at, greeting)
	}
	if x.cfg.Mail.DKIM.Domain == "" {
		x.add("mail", warning, "mail is not signed: many receivers want DKIM (mail.dkim), unless the mail server signs").advise("set mail.dkim, or leave it if the server signs")
	}
}

// smsGateway looks whether anybody listens there.
func (x *examination) smsGateway(at string) {
	u, err := url.Parse(at)
	if err != nil {
		return // told by carriers
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(u.Hostname(), port), greetingTime)
	if err != nil {
		x.add("sms", warning, "%s cannot be reached: %s; short messages wait in the queue", u.Host, err).advise("correct its URL under sms, or open the way out to it")
		return
	}
	conn.Close()
	x.add("sms", fine, "%s can be reached", u.Host)
}
