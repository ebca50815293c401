package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
)

type roomCmd struct {
	Add    roomAddCmd    `cmd:"" help:"Add a room."`
	List   roomListCmd   `cmd:"" help:"List the rooms."`
	Show   roomShowCmd   `cmd:"" help:"Show one room, who is in it, its PINs and its guest link."`
	Set    roomSetCmd    `cmd:"" help:"Change a room."`
	Link   roomLinkCmd   `cmd:"" help:"Print a room's guest link, or replace it."`
	Remove roomRemoveCmd `cmd:"" help:"Remove a room; a meeting in it ends."`
	Admit  roomAdmitCmd  `cmd:"" help:"Let callers in from a room's lobby."`
	Mute   roomMuteCmd   `cmd:"" help:"Mute callers of a live room, or all but the hosts."`
	Lock   roomLockCmd   `cmd:"" help:"Keep newcomers out of a live room."`
	End    roomEndCmd    `cmd:"" help:"End a live meeting for all."`
}

// roomView is a room as it is printed. PINs are in it only where somebody asked
// for this room.
type roomView struct {
	store.Room
	Owner string `json:"owner,omitempty"` // by e-mail address
	// GuestLink is empty if there is no page, or its port is not known.
	GuestLink string `json:"guest_link,omitempty"`
	// H323 is what room systems dial; empty if they cannot, or the port is not known.
	H323    string `json:"h323,omitempty"`
	PIN     string `json:"pin,omitempty"`
	HostPIN string `json:"host_pin,omitempty"`
	// Count and Calls are known while the gateway runs.
	Count  *int           `json:"count,omitempty"`
	Locked *bool          `json:"locked,omitempty"`
	Calls  []control.Call `json:"calls,omitempty"`
}

// view completes what is known of a room without the gateway.
func (c *console) view(s *store.Store, w ways, r store.Room) (roomView, error) {
	v := roomView{Room: r}
	if w.h323 != "" {
		v.H323 = w.h323 + "##" + r.Extension
	}
	if r.OwnerID != "" {
		owner, err := s.UserByID(c.ctx, r.OwnerID)
		if err != nil && !errors.Is(err, store.ErrNoUser) {
			return v, err
		}
		v.Owner = owner.Email
	}
	var err error
	v.GuestLink, err = guestLink(c.ctx, s, w.page, r.ID)
	return v, err
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
	ways := c.ways(cfg)
	views := []roomView{}
	for _, r := range rooms {
		if r.Schedule != nil { // see partyline meeting list
			continue
		}
		v, err := c.view(s, ways, r)
		if err != nil {
			return err
		}
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
	}{{!r.HasPIN, "no PIN"}, {r.Lobby, "lobby"}, {r.WaitForHost, "waits for host"}, {r.MuteOnEntry, "muted"}, {r.Names == store.NamesGuest, "numbered guests"}, {r.GuestInvites, "guests invite"}} {
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
	v, err := c.view(s, c.ways(cfg), *room)
	if err != nil {
		return err
	}
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
	v.print(c, "now", now)
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

// print writes what a room is in words, and more names and values below.
func (v roomView) print(c *console, more ...string) {
	pairs(c.out, append([]string{
		"extension", v.Extension, "name", v.Name, "PIN", v.PIN, "host PIN", v.HostPIN, "link", v.GuestLink,
		"H.323", v.H323, "owner", v.Owner, "language", v.Language, "settings", settings(v.Room), "tones", v.Tones,
		"at most", atMost(v.MaxParticipants),
	}, more...)...)
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

// permanent refuses a meeting's room, of whose changes the invited are to be told.
func permanent(r *store.Room) error {
	if r.Schedule != nil {
		return misuse{r.Extension + " is a meeting: see partyline meeting --help"}
	}
	return nil
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
	if err := permanent(room); err != nil {
		return err
	}
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
	noted(s, "remove-room", room.About(), "")
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
