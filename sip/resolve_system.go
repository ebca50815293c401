package sip

import (
	"bufio"
	"bytes"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// fileAge is how old what was read of the system's files may be.
const fileAge = 5 * time.Second

// system is what this host knows about names: its name servers and its own table.
// Its files are read again when they have changed: networks come and go.
type system struct {
	resolv, hosts string // file names

	mu        sync.Mutex
	looked    time.Time
	stamps    [2]time.Time
	conf      *dns.ClientConfig
	addresses map[string][]string
}

func newSystem() *system { return &system{resolv: "/etc/resolv.conf", hosts: "/etc/hosts"} }

// read looks whether the files have changed; s.mu is held.
func (s *system) read() {
	now := time.Now()
	if s.conf != nil && now.Sub(s.looked) < fileAge && now.Sub(s.looked) >= 0 {
		return
	}
	s.looked = now
	stamps := [2]time.Time{changed(s.resolv), changed(s.hosts)}
	if s.conf != nil && stamps == s.stamps {
		return
	}
	s.stamps = stamps
	conf, err := dns.ClientConfigFromFile(s.resolv)
	if err != nil || len(conf.Servers) == 0 { // as the C library has it
		conf = &dns.ClientConfig{Servers: []string{"127.0.0.1"}, Port: "53", Ndots: 1}
	}
	s.conf = conf
	text, _ := os.ReadFile(s.hosts)
	s.addresses = hostsTable(text)
}

func changed(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// servers are the system's name servers.
func (s *system) servers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read()
	var all []string
	for _, host := range s.conf.Servers[:min(3, len(s.conf.Servers))] {
		all = append(all, net.JoinHostPort(host, s.conf.Port))
	}
	return all
}

// search makes full names of a name, by the system's search list.
func (s *system) search(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read()
	return s.conf.NameList(name)
}

// table are the addresses that the system's own table has for a name.
func (s *system) table(name string) []string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "localhost" {
		return []string{"127.0.0.1", "::1"} // RFC 6761 §6.3
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read()
	return s.addresses[name]
}

// hostsTable reads a hosts file (hosts(5)).
func hostsTable(text []byte) map[string][]string {
	table := map[string][]string{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		if _, err := netip.ParseAddr(fields[0]); err != nil {
			continue
		}
		for _, name := range fields[1:] {
			name = strings.ToLower(name)
			table[name] = append(table[name], fields[0])
		}
	}
	return table
}
