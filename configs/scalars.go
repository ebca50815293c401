package configs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/partyline/partyline/dialplan"
)

// Listener is an address to bind, or a server to reach, with its transport.
// The zero Listener is off.
type Listener struct {
	Scheme string
	Host   string // empty: every address
	Port   uint16 // 0: any free one
}

// Off says that nothing is to be opened.
func (l Listener) Off() bool { return l.Scheme == "" }

// Address is host:port.
func (l Listener) Address() string { return net.JoinHostPort(l.Host, strconv.Itoa(int(l.Port))) }

func (l Listener) String() string {
	if l.Off() {
		return "off"
	}
	return l.Scheme + "://" + l.Address()
}

// MarshalText is the form of the configuration file.
func (l Listener) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// PortRange is a range of UDP or TCP ports, both ends included; 0–0 is any.
type PortRange struct{ Min, Max uint16 }

func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.Min, r.Max) }

// MarshalText is the form of the configuration file.
func (r PortRange) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// parseListener reads "udp://:5060". With one scheme only, it may be left out.
func parseListener(text string, schemes []string) (Listener, error) {
	if text == "" || strings.EqualFold(text, "off") {
		return Listener{}, nil
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		if len(schemes) != 1 {
			return Listener{}, fmt.Errorf("%q names no transport: write it like %s://:5060", text, schemes[0])
		}
		scheme, rest = schemes[0], text
	}
	if !slices.Contains(schemes, scheme) {
		err := &choiceError{what: "transport", got: scheme, choices: schemes}
		return Listener{}, err
	}
	host, port, err := splitHostPort(rest)
	return Listener{Scheme: scheme, Host: host, Port: port}, err
}

func splitHostPort(text string) (host string, port uint16, err error) {
	host, p, err := net.SplitHostPort(text)
	if err != nil {
		if strings.Count(text, ":") > 1 && !strings.Contains(text, "[") {
			return "", 0, fmt.Errorf("%q: an IPv6 address is written in brackets, [2001:db8::1]:5060", text)
		}
		if !strings.Contains(text, ":") || strings.HasSuffix(text, "]") {
			return "", 0, fmt.Errorf("%q has no port: write host:port", text)
		}
		return "", 0, fmt.Errorf("%q is no host:port", text)
	}
	if port, err = parsePort(p); err != nil {
		return "", 0, err
	}
	if host != "" {
		err = checkHost(host)
	}
	return host, port, err
}

func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is no port: a port is a number from 0 to 65535", text)
	}
	return uint16(n), nil
}

func checkHost(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if dialplan.Digits(labels[len(labels)-1]) {
		return fmt.Errorf("%q is no IP address", host)
	}
	for _, label := range labels {
		if !hostLabel.MatchString(label) {
			return fmt.Errorf("%q is neither an IP address nor a host name", host)
		}
	}
	return nil
}

func parsePortRange(text string) (PortRange, error) {
	low, high, ok := strings.Cut(text, "-")
	if !ok {
		high = low
	}
	from, err := parsePort(strings.TrimSpace(low))
	if err != nil {
		return PortRange{}, fmt.Errorf("%q is no range of ports: write 20000-20999", text)
	}
	to, err := parsePort(strings.TrimSpace(high))
	switch {
	case err != nil:
		return PortRange{}, fmt.Errorf("%q is no range of ports: write 20000-20999", text)
	case from > to:
		return PortRange{}, fmt.Errorf("the range %q is upside down", text)
	case from != 0 && from < 1024:
		return PortRange{}, fmt.Errorf("the range %q begins below 1024, where ports need privileges", text)
	case to != 0 && from == 0:
		return PortRange{}, errors.New("a range of ports begins above 0; 0 alone means any free port")
	}
	return PortRange{Min: from, Max: to}, nil
}

func parseAddr(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return a, fmt.Errorf("%q is no IP address", text)
	}
	return a, nil
}

// parsePrefix reads a network; a lone address is a network of one.
func parsePrefix(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("%q is no network: write 198.51.100.0/28 or 2001:db8::/48", text)
	}
	if p != p.Masked() {
		return p, fmt.Errorf("%q has bits set beyond its prefix; the network is %s", text, p.Masked())
	}
	return p, nil
}
