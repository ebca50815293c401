package api

import (
	"context"
	"strings"

	"github.com/partyline/partyline/store"
)

// reloaded is what a reload did, in words for the record.
func reloaded(r ReloadReport) string {
	var parts []string
	if len(r.Applied) > 0 {
		parts = append(parts, "in force: "+strings.Join(r.Applied, " "))
	}
	if len(r.Restart) > 0 {
		parts = append(parts, "needs a restart: "+strings.Join(r.Restart, " "))
	}
	if parts == nil {
		return "nothing changed"
	}
	return strings.Join(parts, "; ")
}

type allRoomsInput struct {
	Search string `query:"search" maxLength:"200" doc:"Part of the name, the extension or the owner, in whatever case, with or without accents."`
	Live   bool   `query:"live" doc:"Only those that somebody is in."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type allRoomsOutput struct {
	Body struct {
		Rooms []RoomStatus `json:"rooms"`
		Total int          `json:"total" doc:"How many there are, shown or not."`
	}
}

func (a *API) listAllRooms(ctx context.Context, in *allRoomsInput) (*allRoomsOutput, error) {
	out := &allRoomsOutput{}
	out.Body.Rooms = []RoomStatus{}
	if a.cfg.Admin.Rooms == nil {
		return out, nil
	}
	all, err := a.cfg.Admin.Rooms(ctx)
	if err != nil {
		return nil, problemOf(err)
	}
	search := store.Fold(strings.TrimSpace(in.Search))
	for _, r := range all {
		if in.Live && r.Count == 0 || !strings.Contains(store.Fold(r.Name+" "+r.Extension+" "+r.Owner), search) {
			continue
		}
		if out.Body.Total++; len(out.Body.Rooms) < in.Limit {
			out.Body.Rooms = append(out.Body.Rooms, r)
		}
	}
	return out, nil
}
