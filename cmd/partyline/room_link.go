package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/store"
)

type roomLinkCmd struct {
	Extension  string `arg:"" help:"The room's extension."`
	Regenerate bool   `help:"Replace it: the link of before leads nowhere from now on. Who is in the room stays."`
}

// Run prints a room's guest link.
func (cmd roomLinkCmd) Run(c *console) error {
	cfg, s, room, err := c.openRoom(cmd.Extension)
	if err != nil {
		return err
	}
	defer s.Close()
	if cmd.Regenerate {
		if err := permanent(room); err != nil {
			return err
		}
		if _, err := s.RegenerateLink(c.ctx, room.ID); err != nil {
			return err
		}
		noted(s, "replace-link", room.About(), "")
	}
	page := c.ways(cfg).page
	if page == "" {
		return errors.New("the page's address is not known: web.listen is off, or its port is chosen at the start")
	}
	link, err := guestLink(c.ctx, s, page, room.ID)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]string{"extension": room.Extension, "guest_link": link})
	}
	fmt.Fprintln(c.out, link)
	return nil
}

// guestLink is a room's guest link on the page of this address; empty if there is
// no page.
func guestLink(ctx context.Context, s *store.Store, page, roomID string) (string, error) {
	if page == "" {
		return "", nil
	}
	token, err := s.GuestLink(ctx, roomID)
	if err != nil {
		return "", err
	}
	return page + "/j/" + token, nil
}

// ways are the addresses of the gateway that runs by this configuration, or of one
// that will; empty where there is no way.
type ways struct{ page, h323 string }

func (c *console) ways(cfg *configs.Config) ways {
	d := c.directory(cfg)
	return ways{page: d.Base, h323: d.H323}
}

// pageURL is the page's address as people open it, without a slash at its end:
// "https://meet.example.org". bound is what is listened on ("http://127.0.0.1:8080"),
// as far as that is known. It is empty if there is no page, or its port is not
// known.
func pageURL(cfg *configs.Config, bound string) string {
	listen := cfg.Web.Listen
	if listen.Off() {
		return ""
	}
	if cfg.Web.URL != "" {
		return strings.TrimRight(cfg.Web.URL, "/")
	}
	port := strconv.Itoa(int(listen.Port))
	if u, err := url.Parse(bound); err == nil && u.Port() != "" {
		port = u.Port()
	}
	if port == "0" {
		return ""
	}
	host := pageHost(cfg)
	if listen.Scheme == "http" && port == "80" || listen.Scheme == "https" && port == "443" {
		if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
			host = "[" + host + "]"
		}
		return listen.Scheme + "://" + host
	}
	return listen.Scheme + "://" + net.JoinHostPort(host, port)
}

// pageHost is the host that people open: the domain, unless the page is open to
// this machine only.
func pageHost(cfg *configs.Config) string {
	host := cfg.Web.Listen.Host
	a, err := netip.ParseAddr(host)
	everywhere := host == "" || err == nil && a.IsUnspecified()
	switch {
	case host == "localhost", err == nil && a.IsLoopback():
		return host
	case cfg.Server.Domain != "":
		return cfg.Server.Domain
	case !everywhere:
		return host
	case len(cfg.Server.PublicIP) > 0:
		return cfg.Server.PublicIP[0].String()
	}
	return outwards()
}
