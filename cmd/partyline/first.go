package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/store"
)

// firstRoom makes the room of a gateway that was started without a
// configuration for the first time, so that there is something to call.
func firstRoom(ctx context.Context, s *store.Store, cfg *configs.Config) (*roomView, error) {
	extension, err := s.FreeExtension(ctx, cfg.Reception.ExtensionLength)
	if err != nil {
		return nil, err
	}
	pin := store.NewPIN()
	room := store.NewRoom{
		Extension: extension, Name: "Meeting room", MaxParticipants: cfg.Rooms.Defaults.MaxParticipants,
		Tones: cfg.Rooms.Defaults.Tones, PIN: pin, HostPIN: store.NewPIN(pin),
	}
	made, err := s.AddRoom(ctx, room)
	if err != nil {
		return nil, err
	}
	return &roomView{Room: made, PIN: room.PIN, HostPIN: room.HostPIN}, nil
}

// explain says in words how to reach the gateway. PINs are printed once, for the
// room that was just made: later they are shown to who asks for them.
func (g *gateway) explain(ctx context.Context, out io.Writer) {
	cfg := g.cfg.Load()
	at := g.dialAddress()
	room := g.fresh
	fmt.Fprintln(out)
	if room == nil {
		rooms, err := g.store.Rooms(ctx)
		if err != nil || len(rooms) == 0 {
			fmt.Fprintf(out, "Partyline answers sip:%s. There is no room yet; make one with\n  partyline room add%s\n\n", at, configFlag(cfg))
			return
		}
		room = &roomView{Room: rooms[0]}
		fmt.Fprintf(out, "Partyline is running with %s.\n\n", plural(len(rooms), "room"))
	} else {
		fmt.Fprintf(out, "Partyline is running, and has made a room for you: %q.\n\n", room.Name)
	}
	fmt.Fprintf(out, "  Dial           sip:%s@%s\n", room.Extension, at)
	fmt.Fprintf(out, "                 from any SIP phone, and key the PIN when asked. Or dial\n")
	fmt.Fprintf(out, "                 sip:%s and key the meeting number first.\n", at)
	fmt.Fprintf(out, "  Meeting number %s\n", room.Extension)
	if room.PIN != "" {
		fmt.Fprintf(out, "  PIN            %s   (hosts key %s instead)\n", room.PIN, room.HostPIN)
	} else {
		fmt.Fprintf(out, "  PIN            see `partyline room show%s %s`\n", configFlag(cfg), room.Extension)
	}
	if cfg.Reception.TestExtension != "" {
		fmt.Fprintf(out, "  To try a phone dial sip:%s@%s: it repeats what you say.\n", cfg.Reception.TestExtension, at)
	}
	fmt.Fprintf(out, "\nData is in %s. Press Ctrl-C to stop.\n\n", cfg.Server.DataDir)
}

func configFlag(cfg *configs.Config) string {
	if cfg.File == "" {
		return ""
	}
	return " --config " + cfg.File
}

// dialAddress is the host, and the port if it is not 5060, that people dial.
func (g *gateway) dialAddress() string {
	cfg := g.cfg.Load()
	host, port := cfg.Server.Domain, ""
	for _, l := range g.listeners.SIP {
		scheme, address, _ := strings.Cut(l, "://")
		h, p, err := net.SplitHostPort(address)
		if err != nil || scheme == "tls" && port != "" {
			continue
		}
		if port == "" {
			port = p
		}
		if a, err := netip.ParseAddr(h); host == "" && err == nil && !a.IsUnspecified() {
			host = h
		}
	}
	if host == "" && len(cfg.Server.PublicIP) > 0 {
		host = cfg.Server.PublicIP[0].String()
	}
	if host == "" {
		host = outwards()
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && port != "5060" {
		host += ":" + port
	}
	return host
}
