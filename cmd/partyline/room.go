package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
)

type roomCmd struct {
	Add    roomAddCmd    `cmd:"" help:"Add a room."`
	List   roomListCmd   `cmd:"" help:"List the rooms."`
	Show   roomShowCmd   `cmd:"" help:"Show one room, who is in it, and its PINs."`
	Remove roomRemoveCmd `cmd:"" help:"Remove a room; a meeting in it ends."`
	Admit  roomAdmitCmd  `cmd:"" help:"Let callers in from a room's lobby."`
	Mute   roomMuteCmd   `cmd:"" help:"Mute callers of a live room, or all but the hosts."`
	Lock   roomLockCmd   `cmd:"" help:"Keep newcomers out of a live room."`
	End    roomEndCmd    `cmd:"" help:"End a live meeting for all."`
}

type roomAddCmd struct {
	Extension       string `help:"The meeting number. Default: a free one."`
	Name            string `help:"The room's name. Default: Room EXT."`
	PIN             string `name:"pin" help:"The guests' PIN; better --pin-file, as others see command lines. Default: a new one." placeholder:"DIGITS"`
	PINFile         string `name:"pin-file" help:"A file with the guests' PIN; - reads standard input." placeholder:"FILE"`
	HostPIN         string `name:"host-pin" help:"The hosts' PIN. Default: a new one." placeholder:"DIGITS"`
	HostPINFile     string `name:"host-pin-file" help:"A file with the hosts' PIN." placeholder:"FILE"`
	NoPIN           bool   `name:"no-pin" help:"Ask guests for no PIN."`
	Language        string `help:"The language spoken: en, de, fr, it, es." placeholder:"LANG"`
	MaxParticipants *int   `help:"How many may be in it; 0: no limit. Default: the configured." placeholder:"N"`
	Lobby           *bool  `help:"Callers wait until a host admits them." negatable:""`
	WaitForHost     *bool  `help:"Callers wait until a host is there." negatable:""`
	MuteOnEntry     *bool  `help:"Callers come in muted." negatable:""`
	Tones           string `help:"What is heard when somebody comes or goes: tone, name or off." placeholder:"WHAT"`
}

// roomView is a room as it is printed. PINs are in it only where somebody asked
// for this room.
type roomView struct {
	store.Room
	PIN     string `json:"pin,omitempty"`
	HostPIN string `json:"host_pin,omitempty"`
	// Count and Calls are known while the gateway runs.
	Count  *int           `json:"count,omitempty"`
	Locked *bool          `json:"locked,omitempty"`
	Calls  []control.Call `json:"calls,omitempty"`
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
	switch n := len(made.Extension); {
	case n > cfg.Reception.ExtensionLength:
		fmt.Fprintf(c.err, "partyline: the extension has %d digits, extension_length is %d: it can be dialled but not keyed at reception\n", n, cfg.Reception.ExtensionLength)
	case n < cfg.Reception.ExtensionLength:
		fmt.Fprintf(c.err, "partyline: the extension has %d digits, extension_length is %d: callers end it with # or wait\n", n, cfg.Reception.ExtensionLength)
	}
	v := roomView{Room: made, PIN: room.PIN, HostPIN: room.HostPIN}
	if c.json {
		return c.printJSON(v)
	}
	pairs(c.out, "extension", v.Extension, "name", v.Name, "PIN", v.PIN, "host PIN", v.HostPIN)
	return nil
}

// room is what is asked for, with the configured defaults.
func (cmd roomAddCmd) room(cfg *configs.Config) store.NewRoom {
	d := cfg.Rooms.Defaults
	room := store.NewRoom{
		Extension: cmd.Extension, Name: cmd.Name, Language: cmd.Language, MaxParticipants: d.MaxParticipants,
		Lobby: d.Lobby, WaitForHost: d.WaitForHost, MuteOnEntry: d.MuteOnEntry, Tones: cmd.Tones,
		PIN: cmd.PIN, HostPIN: cmd.HostPIN,
	}
	for _, o := range []struct {
		set *bool
		to  *bool
	}{{cmd.Lobby, &room.Lobby}, {cmd.WaitForHost, &room.WaitForHost}, {cmd.MuteOnEntry, &room.MuteOnEntry}} {
		if o.set != nil {
			*o.to = *o.set
		}
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

func (cmd *roomAddCmd) readPINs() error {
	if cmd.NoPIN && (cmd.PIN != "" || cmd.PINFile != "") {
		return misuse{"either a PIN or --no-pin"}
	}
	for _, p := range []struct {
		pin        *string
		file, name string
	}{{&cmd.PIN, cmd.PINFile, "--pin"}, {&cmd.HostPIN, cmd.HostPINFile, "--host-pin"}} {
		if p.file == "" {
			continue
		}
		if *p.pin != "" {
			return misuse{"either " + p.name + " or " + p.name + "-file"}
		}
		text, err := readSecret(p.file)
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

// readSecret reads a file's one line.
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
	return strings.TrimSpace(string(text)), err
}

type roomListCmd struct{}

// Run lists the rooms, with how many are in each if the gateway runs.
func (roomListCmd) Run(c *console) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	s, err := c.store(cfg)
	if err != nil {
		return err
	}
	defer s.Close()
	rooms, err := s.Rooms(c.ctx)
	if err != nil {
		return err
	}
	live, running := c.live(cfg)
	views := []roomView{}
	for _, r := range rooms {
		v := roomView{Room: r}
		if running {
			n, locked := live[r.Extension].Count, live[r.Extension].Locked
			v.Count, v.Locked = &n, &locked
		}
		views = append(views, v)
	}
	if c.json {
		return c.printJSON(views)
	}
	if len(views) == 0 {
		fmt.Fprintln(c.out, "no rooms; make one with `partyline room add`")
		return nil
	}
	var rows [][]string
	for _, v := range views {
		now := "-"
		if v.Count != nil {
			now = fmt.Sprint(*v.Count)
		}
		rows = append(rows, []string{v.Extension, v.Name, v.Language, settings(v.Room), atMost(v.MaxParticipants), now})
	}
	table(c.out, []string{"EXTENSION", "NAME", "LANG", "SETTINGS", "MAX", "NOW"}, rows)
	return nil
}

// live asks the gateway, if it runs, who is where.
func (c *console) live(cfg *configs.Config) (map[string]control.Room, bool) {
	rooms, err := control.NewClient(cfg.Server.DataDir).Rooms(c.ctx)
	if err != nil {
		return nil, false
	}
	byExtension := map[string]control.Room{}
	for _, r := range rooms {
		byExtension[r.Extension] = r
	}
	return byExtension, true
}

func settings(r store.Room) string {
	var words []string
	for _, s := range []struct {
		on   bool
		word string
	}{{!r.HasPIN, "no PIN"}, {r.Lobby, "lobby"}, {r.WaitForHost, "waits for host"}, {r.MuteOnEntry, "muted"}} {
		if s.on {
			words = append(words, s.word)
		}
	}
	return strings.Join(words, ", ")
}

type roomShowCmd struct {
	Extension string `arg:"" help:"The room's extension."`
}

// Run shows a room.
func (cmd roomShowCmd) Run(c *console) error {
	cfg, s, room, err := c.openRoom(cmd.Extension)
	if err != nil {
		return err
	}
	defer s.Close()
	v := roomView{Room: *room}
	if v.PIN, v.HostPIN, err = s.PINs(c.ctx, room.ID); err != nil {
		return err
	}
	live, running := c.live(cfg)
	if running {
		l := live[room.Extension]
		v.Count, v.Locked, v.Calls = &l.Count, &l.Locked, l.Calls
	}
	if c.json {
		return c.printJSON(v)
	}
	now := "no gateway is running"
	if running {
		now = fmt.Sprintf("%d here", *v.Count)
		if *v.Locked {
			now += ", locked"
		}
	}
	pairs(c.out, "extension", v.Extension, "name", v.Name, "PIN", v.PIN, "host PIN", v.HostPIN,
		"language", v.Language, "settings", settings(v.Room), "tones", v.Tones, "at most", atMost(v.MaxParticipants), "now", now)
	if len(v.Calls) > 0 {
		fmt.Fprintln(c.out)
		var rows [][]string
		for _, call := range v.Calls {
			rows = append(rows, []string{call.ID, who(call), stateWords(call), short(call.Duration)})
		}
		table(c.out, []string{"ID", "WHO", "STATE", "TIME"}, rows)
	}
	return nil
}

// openRoom reads the configuration, opens the store and finds a room there. The
// caller closes the store.
func (c *console) openRoom(extension string) (*configs.Config, *store.Store, *store.Room, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := c.store(cfg)
	if err != nil {
		return nil, nil, nil, err
	}
	room, err := findRoom(c, s, extension)
	if err != nil {
		s.Close()
		return nil, nil, nil, err
	}
	return cfg, s, room, nil
}

func findRoom(c *console, s *store.Store, extension string) (*store.Room, error) {
	room, err := s.RoomByExtension(c.ctx, extension)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("no room has the extension %s", extension)
	}
	return room, err
}

type roomRemoveCmd struct {
	Extension string `arg:"" help:"The room's extension."`
}

// Run removes a room. Who is in it is told that the meeting has ended.
func (cmd roomRemoveCmd) Run(c *console) error {
	cfg, s, room, err := c.openRoom(cmd.Extension)
	if err != nil {
		return err
	}
	defer s.Close()
	// The gateway knows live rooms by what the store says, so first end, then
	// remove, then end again for those who came in between.
	end := func() error {
		err := control.NewClient(cfg.Server.DataDir).End(c.ctx, cmd.Extension)
		if errors.Is(err, control.ErrNotRunning) || errors.Is(err, control.ErrNotFound) {
			return nil
		}
		return err
	}
	if err := end(); err != nil {
		return err
	}
	if err := s.RemoveRoom(c.ctx, room.ID); err != nil {
		return err
	}
	if err := end(); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]string{"removed": room.Extension})
	}
	fmt.Fprintf(c.out, "removed %s (%s)\n", room.Extension, clean(room.Name))
	return nil
}

// atMost is a capacity in words.
func atMost(n int) string {
	if n == 0 {
		return "no limit"
	}
	return fmt.Sprint(n)
}
