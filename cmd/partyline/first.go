package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/store"
)

// firstSteps is what a gateway makes that was started without a configuration for
// the first time, so that there is something to call and somebody to sign in as.
type firstSteps struct {
	roomView
	Account, Password string
}

// firstAccount is the name to sign in with.
const firstAccount = "admin@localhost"

func newFirstSteps(ctx context.Context, s *store.Store, cfg *configs.Config) (*firstSteps, error) {
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
	first := &firstSteps{roomView: roomView{Room: made, PIN: room.PIN, HostPIN: room.HostPIN}, Password: store.NewPassword()}
	u, err := s.AddUser(ctx, store.NewUser{Email: firstAccount, Name: "Host", Password: first.Password, Admin: true})
	first.Account = u.Email
	return first, err
}

// explain says in words how to reach the gateway. PINs, guest link and password
// are printed once, for what was just made: later PINs and link are shown to who
// asks for them, the password to nobody.
func (g *gateway) explain(ctx context.Context, out io.Writer) {
	cfg := g.cfg.Load()
	at := g.dialAddress()
	fmt.Fprintln(out)
	var room *roomView
	if g.fresh != nil {
		room = &g.fresh.roomView
		fmt.Fprintf(out, "Partyline is running, and has made a room for you: %q.\n\n", room.Name)
	} else {
		rooms, err := g.store.Rooms(ctx)
		if err != nil || len(rooms) == 0 {
			fmt.Fprintf(out, "Partyline answers sip:%s. There is no room yet; make one with\n  partyline room add%s\n\n", at, configFlag(cfg))
			return
		}
		room = &roomView{Room: rooms[0]}
		fmt.Fprintf(out, "Partyline is running with %s.\n\n", plural(len(rooms), "room"))
	}
	fmt.Fprintf(out, "  Dial           sip:%s@%s\n", room.Extension, at)
	fmt.Fprintf(out, "                 from any SIP phone, and key the PIN when asked. Or dial\n")
	fmt.Fprintf(out, "                 sip:%s and key the meeting number first.\n", at)
	if system := g.directory().H323; system != "" {
		fmt.Fprintf(out, "  Room system    %s##%s   (H.323), or %s and key the meeting number\n", system, room.Extension, system)
	}
	fmt.Fprintf(out, "  Meeting number %s\n", room.Extension)
	if room.PIN != "" {
		fmt.Fprintf(out, "  PIN            %s   (hosts key %s instead)\n", room.PIN, room.HostPIN)
	} else {
		fmt.Fprintf(out, "  PIN and link   see `partyline room show%s %s`\n", configFlag(cfg), room.Extension)
	}
	if cfg.Reception.TestExtension != "" {
		fmt.Fprintf(out, "  To try a phone dial sip:%s@%s: it repeats what you say.\n", cfg.Reception.TestExtension, at)
	}
	g.explainPage(ctx, out)
	fmt.Fprintf(out, "\nData is in %s. Press Ctrl-C to stop.\n\n", cfg.Server.DataDir)
}

// explainPage says how to get in by browser.
func (g *gateway) explainPage(ctx context.Context, out io.Writer) {
	first, page := g.fresh, ""
	if g.listeners.Web != "" {
		page = pageURL(g.cfg.Load(), g.listeners.Web)
	}
	if first != nil || page != "" {
		fmt.Fprintln(out)
	}
	if first != nil {
		if link, err := guestLink(ctx, g.store, page, first.ID); err == nil && link != "" {
			fmt.Fprintf(out, "  Guest link     %s\n", link)
			fmt.Fprintf(out, "                 opens the room in a browser; it asks for no PIN.\n")
		}
	}
	if page != "" {
		fmt.Fprintf(out, "  Host page      %s/\n", page)
	}
	if first != nil {
		fmt.Fprintf(out, "  Sign in there  as %s with password %s\n", first.Account, first.Password)
	}
}

func configFlag(cfg *configs.Config) string {
	if cfg.File == "" {
		return ""
	}
	return " --config " + cfg.File
}

// dialAddress is the host, and the port if it is not 5060, that people dial.
func (g *gateway) dialAddress() string { return dialAddress(g.cfg.Load(), g.listeners.SIP) }

func dialAddress(cfg *configs.Config, listeners []string) string {
	host, port := cfg.Server.Domain, ""
	for _, l := range listeners {
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
	return hostAndPort(cmp.Or(host, outwards()), port, "5060")
}

// h323Address is the IP address, and the port if it is not 1720, that room systems
// call: few of them call names. bound is what is listened on. Empty: none can.
func h323Address(cfg *configs.Config, bound string) string {
	host, port, err := net.SplitHostPort(bound)
	if err != nil {
		return ""
	}
	if len(cfg.Server.PublicIP) > 0 {
		host = cfg.Server.PublicIP[0].String()
	} else if a, err := netip.ParseAddr(host); err != nil || a.IsUnspecified() {
		host = outwards()
	}
	return hostAndPort(host, port, "1720")
}

// hostAndPort leaves the usual port out.
func hostAndPort(host, port, usual string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && port != usual {
		host += ":" + port
	}
	return host
}
