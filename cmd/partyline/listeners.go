package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"

	"github.com/partyline/partyline/control"
)

// listenersName is the file that tells what is bound, so that a port of 0 in
// the configuration works.
const listenersName = "listeners.json"

// writeListeners writes DATA/listeners.json in one step.
func (g *gateway) writeListeners() error {
	dir := g.cfg.Load().Server.DataDir
	g.listeners.PID = os.Getpid()
	g.listeners.Control = filepath.Join(dir, control.SocketName)
	text, err := json.MarshalIndent(g.listeners, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, listenersName)
	if err := os.WriteFile(file+".new", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (g *gateway) removeListeners() {
	if g.listeners.PID != 0 {
		os.Remove(filepath.Join(g.cfg.Load().Server.DataDir, listenersName))
	}
}

// outwards is the address of the route to the Internet, for telling people how
// to reach us. Nothing is sent.
func outwards() string {
	for _, to := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} {
		c, err := net.Dial("udp", to)
		if err != nil {
			continue
		}
		defer c.Close()
		if a, ok := c.LocalAddr().(*net.UDPAddr); ok {
			return a.IP.String()
		}
	}
	return "127.0.0.1"
}
