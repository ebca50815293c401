package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// nameTime is how long the doctor waits for a name server.
const nameTime = 5 * time.Second

// ours are the addresses of this machine.
func ours() map[netip.Addr]bool {
	local := map[netip.Addr]bool{}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				local[ip.Unmap()] = true
			}
		}
	}
	return local
}

// address compares what we say with what we have.
func (x *examination) address() {
	local := ours()
	for i, l := range x.cfg.SIP.Listen {
		if a, err := netip.ParseAddr(l.Host); err == nil && !a.IsUnspecified() && !local[a.Unmap()] && !a.IsLoopback() {
			x.add("sip.listen", failed, "this machine has no address %s", a).
				advise("listen at one that it has, or at all: sip.listen[%d]: \"%s://:%d\"", i, l.Scheme, l.Port)
		}
	}
	if len(x.cfg.Server.PublicIP) == 0 {
		route := outwards()
		a, _ := netip.ParseAddr(route)
		if a.IsPrivate() || a.IsLoopback() {
			x.add("public address", warning, "%s is private: callers from the Internet cannot send sound there", route).
				advise("behind a 1:1 NAT set server.public_ip to the address outside; inside one network nothing is to be done")
		} else {
			x.add("public address", fine, "%s, by the route outwards", route)
		}
		return
	}
	for _, a := range x.cfg.Server.PublicIP {
		switch {
		case local[a]:
			x.add("public address", fine, "%s is this machine's", a)
		case a.IsPrivate() || a.IsLoopback():
			x.add("public address", warning, "%s is private and not this machine's", a).advise("set server.public_ip to the address outside the NAT")
		default:
			x.add("public address", fine, "%s is not this machine's: a NAT must map it one to one, SIP and %s alike", a, x.cfg.SIP.RTPPorts)
		}
	}
}

// names looks where server.domain leads.
func (x *examination) names() {
	domain := x.cfg.Server.Domain
	if domain == "" {
		return
	}
	if _, err := netip.ParseAddr(domain); err == nil {
		return
	}
	ctx, cancel := context.WithTimeout(x.c.ctx, nameTime)
	defer cancel()
	found, err := x.resolver().LookupNetIP(ctx, "ip", domain)
	if err != nil {
		x.add("domain", warning, "%s: %s", domain, lookupFault(err)).
			advise("publish an A record (and AAAA) for %s, or correct server.domain", domain)
		return
	}
	want := ours()
	for _, a := range x.cfg.Server.PublicIP {
		want[a] = true
	}
	var texts []string
	reaches := false
	for _, a := range found {
		reaches = reaches || want[a.Unmap()]
		texts = append(texts, a.Unmap().String())
	}
	list := strings.Join(texts, ", ")
	if !reaches {
		x.add("domain", warning, "%s is %s, which is neither this machine's nor server.public_ip", domain, list).
			advise("if a NAT maps it to this machine set server.public_ip: %s; otherwise correct the record", texts[0])
	} else {
		x.add("domain", fine, "%s is %s", domain, list)
	}
	x.services(ctx, domain)
}

// services looks at the SRV records by which phones find the domain's ports (RFC 3263
// §4.2). Without one they take 5060, or 5061 for TLS.
func (x *examination) services(ctx context.Context, domain string) {
	usual := map[string]uint16{"udp": 5060, "tcp": 5060, "tls": 5061}
	for scheme, name := range map[string][2]string{"udp": {"sip", "udp"}, "tcp": {"sip", "tcp"}, "tls": {"sips", "tcp"}} {
		var ports []uint16
		for _, l := range x.cfg.SIP.Listen {
			if l.Scheme == scheme {
				ports = append(ports, l.Port)
			}
		}
		record := "_" + name[0] + "._" + name[1] + "." + domain
		_, srvs, err := x.resolver().LookupSRV(ctx, name[0], name[1], domain)
		switch {
		case err != nil && len(ports) > 0 && !slices.Contains(ports, usual[scheme]):
			x.add("domain", warning, "callers of sip:…@%s try port %d by %s, where nothing listens", domain, usual[scheme], strings.ToUpper(scheme)).
				advise("publish an SRV record %s for port %d", record, ports[0])
		case err != nil:
		default:
			for _, s := range srvs {
				if !slices.Contains(ports, s.Port) {
					x.add("domain", warning, "%s leads to port %d of %s, which is not in sip.listen", record, s.Port, strings.TrimSuffix(s.Target, ".")).
						advise("correct the record or sip.listen, unless that is another gateway")
				}
			}
		}
	}
}

// mailNames looks at what receivers of our mail look at: where answers go, and the key
// of its signatures.
func (x *examination) mailNames() {
	cfg := x.cfg.Mail
	if cfg.SMTP.Off() || cfg.SMTP.Host == "" {
		return
	}
	ctx, cancel := context.WithTimeout(x.c.ctx, nameTime)
	defer cancel()
	if from, err := mail.ParseAddress(cfg.From); err == nil {
		domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
		if _, err := x.resolver().LookupMX(ctx, domain); err != nil {
			if _, err := x.resolver().LookupNetIP(ctx, "ip", domain); err != nil {
				x.add("mail", warning, "%s, which our mail is from, takes no mail: %s", domain, lookupFault(err)).
					advise("publish an MX record for %s, or change mail.from: many receivers refuse such senders", domain)
			}
		}
	}
	if d := cfg.DKIM; d.Domain != "" {
		record := d.Selector + "._domainkey." + d.Domain
		texts, err := x.resolver().LookupTXT(ctx, record)
		switch {
		case err != nil:
			x.add("mail", warning, "%s: %s", record, lookupFault(err)).advise("publish the public key of mail.dkim.key_file there as a TXT record")
		case !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, "p=") }):
			x.add("mail", warning, "%s holds no key", record).advise("publish the public key of mail.dkim.key_file there as a TXT record")
		default:
			x.add("mail", fine, "%s holds a key", record)
		}
	}
}

// lookupFault is why a name was not found, in words.
func lookupFault(err error) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		switch {
		case dns.IsNotFound:
			return "there is no such record"
		case dns.IsTimeout:
			return "no name server answers"
		}
		return dns.Err
	}
	return err.Error()
}

// resolver asks the name servers that the gateway asks.
func (x *examination) resolver() *net.Resolver {
	servers := x.cfg.Server.DNS
	if len(servers) == 0 {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var errs []error
		for _, s := range servers {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, fmt.Sprint(s))
			if err == nil {
				return conn, nil
			}
			errs = append(errs, err)
		}
		return nil, errors.Join(errs...)
	}}
}
