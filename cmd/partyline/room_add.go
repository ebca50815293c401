package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/store"
)

// roomFlags are what room add and room set have in common.
type roomFlags struct {
	Name string `help:"The room's name."`
	settingFlags
}

// settingFlags are what may be said of rooms and meetings alike.
type settingFlags struct {
	PIN             string  `name:"pin" help:"The guests' PIN; better --pin-file, as others see command lines." placeholder:"DIGITS"`
	PINFile         string  `name:"pin-file" help:"A file with the guests' PIN; - reads standard input." placeholder:"FILE"`
	HostPIN         string  `name:"host-pin" help:"The hosts' PIN." placeholder:"DIGITS"`
	HostPINFile     string  `name:"host-pin-file" help:"A file with the hosts' PIN." placeholder:"FILE"`
	NoPIN           bool    `name:"no-pin" help:"Ask guests for no PIN."`
	Language        *string `help:"The language spoken: en, de, fr, it, es; empty: the gateway's." placeholder:"LANG"`
	MaxParticipants *int    `help:"How many may be in it; 0: no limit." placeholder:"N"`
	Lobby           *bool   `help:"Callers wait until a host admits them." negatable:""`
	WaitForHost     *bool   `help:"Callers wait until a host is there." negatable:""`
	MuteOnEntry     *bool   `help:"Callers come in muted." negatable:""`
	Tones           string  `help:"What is heard when somebody comes or goes: tone, name or off." placeholder:"WHAT"`
	Owner           string  `help:"The account that hosts it on the page; all: every account." placeholder:"EMAIL"`
	Names           string  `help:"What guests of the page are called: ask for what they say, guest for Guest, Guest 2." placeholder:"HOW"`
	GuestInvites    *bool   `help:"Guests of the page see how others get in." negatable:""`
}

type roomAddCmd struct {
	Extension string `help:"The meeting number. Default: a free one."`
	roomFlags
}

// Help is shown below the flags.
func (roomAddCmd) Help() string {
	return "What is not given is chosen: a free extension, \"Room EXT\", new PINs, and for the rest the configured defaults."
}

// Run adds a room, whether or not the gateway runs: it sees the room at once.
func (cmd roomAddCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if err := cmd.readPINs(); err != nil {
		return err
	}
	s, err := c.store(cfg)
	if err != nil {
		return err
	}
	defer s.Close()
	room := cmd.room(cfg)
	if room.OwnerID, err = cmd.ownerID(c, s); err != nil {
		return err
	}
	if room.Extension == "" {
		if room.Extension, err = s.FreeExtension(c.ctx, cfg.Reception.ExtensionLength); err != nil {
			return err
		}
	}
	if room.Name == "" {
		room.Name = "Room " + room.Extension
	}
	if room.Extension == cfg.Reception.TestExtension {
		return misuse{room.Extension + " is the test extension (reception.test_extension)"}
	}
	made, err := s.AddRoom(c.ctx, room)
	if err != nil {
		return err
	}
	noted(s, "add-room", made.About(), "")
	switch n := len(made.Extension); {
	case n > cfg.Reception.ExtensionLength:
		fmt.Fprintf(c.err, "partyline: the extension has %d digits, extension_length is %d: it can be dialled but not keyed at reception\n", n, cfg.Reception.ExtensionLength)
	case n < cfg.Reception.ExtensionLength:
		fmt.Fprintf(c.err, "partyline: the extension has %d digits, extension_length is %d: callers end it with # or wait\n", n, cfg.Reception.ExtensionLength)
	}
	v, err := c.view(s, c.ways(cfg), made)
	if err != nil {
		return err
	}
	v.PIN, v.HostPIN = room.PIN, room.HostPIN
	if c.json {
		return c.printJSON(v)
	}
	pairs(c.out, "extension", v.Extension, "name", v.Name, "PIN", v.PIN, "host PIN", v.HostPIN, "link", v.GuestLink, "H.323", v.H323, "owner", v.Owner)
	return nil
}

// room is what is asked for, with the configured defaults.
func (cmd roomAddCmd) room(cfg *configs.Config) store.NewRoom {
	d := cfg.Rooms.Defaults
	room := store.NewRoom{
		Extension: cmd.Extension, Name: cmd.Name, MaxParticipants: d.MaxParticipants,
		Lobby: d.Lobby, WaitForHost: d.WaitForHost, MuteOnEntry: d.MuteOnEntry, Tones: cmd.Tones,
		PIN: cmd.PIN, HostPIN: cmd.HostPIN, Names: cmd.Names,
	}
	for _, o := range []struct {
		set *bool
		to  *bool
	}{
		{cmd.Lobby, &room.Lobby},
		{cmd.WaitForHost, &room.WaitForHost},
		{cmd.MuteOnEntry, &room.MuteOnEntry},
		{cmd.GuestInvites, &room.GuestInvites},
	} {
		if o.set != nil {
			*o.to = *o.set
		}
	}
	if cmd.Language != nil {
		room.Language = *cmd.Language
	}
	if cmd.MaxParticipants != nil {
		room.MaxParticipants = *cmd.MaxParticipants
	}
	if room.Tones == "" {
		room.Tones = d.Tones
	}
	// One PIN may be given and the other made; they must not begin alike.
	if room.PIN == "" && !cmd.NoPIN && d.PIN == "required" {
		room.PIN = store.NewPIN(room.HostPIN)
	}
	if room.HostPIN == "" {
		room.HostPIN = store.NewPIN(room.PIN)
	}
	return room
}

// everyAccount is the owner of a room that every account may host.
const everyAccount = "all"

// ownerID is the account of --owner; empty for none.
func (f *settingFlags) ownerID(c *console, s *store.Store) (string, error) {
	if f.Owner == "" || f.Owner == everyAccount {
		return "", nil
	}
	u, err := findUser(c, s, f.Owner)
	return u.ID, err
}

func (f *settingFlags) readPINs() error {
	if f.NoPIN && (f.PIN != "" || f.PINFile != "") {
		return misuse{"either a PIN or --no-pin"}
	}
	for _, p := range []struct {
		pin        *string
		file, name string
	}{{&f.PIN, f.PINFile, "--pin"}, {&f.HostPIN, f.HostPINFile, "--host-pin"}} {
		if p.file == "" {
			continue
		}
		if *p.pin != "" {
			return misuse{"either " + p.name + " or " + p.name + "-file"}
		}
		text, err := readSecret(p.file)
		text = strings.TrimSpace(text)
		if err != nil {
			return misuse{fmt.Sprintf("%s-file: %s", p.name, err)}
		}
		if text == "" {
			return misuse{fmt.Sprintf("%s-file: %s is empty", p.name, p.file)}
		}
		*p.pin = text
	}
	return nil
}

// readSecret reads a small file; - is standard input.
func readSecret(file string) (string, error) {
	in := io.Reader(os.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, 4096))
	return string(text), err
}
