package main

import (
	"github.com/partyline/partyline/store"
)

type roomSetCmd struct {
	Extension string `arg:"" help:"The room's extension."`
	roomFlags
}

// Help is shown below the flags.
func (roomSetCmd) Help() string {
	return "What is not given stays as it is. Who comes from now on finds it changed; the name, the number of participants and --mute-on-entry of a meeting that is on stay until it is over."
}

// Run changes a room, whether or not the gateway runs.
func (cmd roomSetCmd) Run(c *console) error {
	if err := cmd.readPINs(); err != nil {
		return err
	}
	cfg, s, room, err := c.openRoom(cmd.Extension)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := permanent(room); err != nil {
		return err
	}
	change, err := cmd.change(c, s, cmd.Name)
	if err != nil {
		return err
	}
	if change == (store.RoomChange{}) {
		return misuse{"nothing to change is given: see partyline room set --help"}
	}
	changed, err := s.UpdateRoom(c.ctx, room.ID, change)
	if err != nil {
		return err
	}
	noted(s, "change-room", room.About(), change.Differences(*room, changed))
	v, err := c.view(s, c.ways(cfg), changed)
	if err != nil {
		return err
	}
	if v.PIN, v.HostPIN, err = s.PINs(c.ctx, room.ID); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(v)
	}
	v.print(c)
	return nil
}

// change is what the flags ask for.
func (f *settingFlags) change(c *console, s *store.Store, name string) (store.RoomChange, error) {
	change := store.RoomChange{
		Language: f.Language, MaxParticipants: f.MaxParticipants, Lobby: f.Lobby, WaitForHost: f.WaitForHost,
		MuteOnEntry: f.MuteOnEntry, GuestInvites: f.GuestInvites,
	}
	for _, o := range []struct {
		text string
		to   **string
	}{
		{name, &change.Name},
		{f.Tones, &change.Tones},
		{f.Names, &change.Names},
		{f.PIN, &change.PIN},
		{f.HostPIN, &change.HostPIN},
	} {
		if o.text != "" {
			*o.to = &o.text
		}
	}
	if f.NoPIN {
		change.PIN = new(string)
	}
	if f.Owner != "" {
		id, err := f.ownerID(c, s)
		if err != nil {
			return change, err
		}
		change.OwnerID = &id
	}
	return change, nil
}
