package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

// Room is a room as its host sees it.
type Room struct {
	ID              string         `json:"id"`
	Extension       string         `json:"extension"`
	Name            string         `json:"name"`
	PIN             string         `json:"pin" doc:"The guests' PIN; empty: none is asked."`
	HostPIN         string         `json:"host_pin" doc:"Empty: nobody becomes host by phone."`
	Language        string         `json:"language" doc:"Of the prompts; empty: the gateway's."`
	MaxParticipants int            `json:"max_participants" doc:"0: no limit."`
	Lobby           bool           `json:"lobby"`
	WaitForHost     bool           `json:"wait_for_host"`
	MuteOnEntry     bool           `json:"mute_on_entry"`
	Tones           string         `json:"tones" enum:"tone,name,off"`
	Names           string         `json:"names" enum:"ask,guest"`
	GuestInvites    bool           `json:"guest_invites"`
	GuestLink       string         `json:"guest_link"`
	Ways            live.Ways      `json:"ways"`
	Live            live.Occupancy `json:"live"`
}

type roomOutput struct{ Body Room }

// RoomInput names a room in the path.
type RoomInput struct {
	ID string `path:"id" maxLength:"64" doc:"The room's id."`
}

// Settings are what may be said of a room. What is left out stays, or has the
// gateway's default.
type Settings struct {
	Name            *string `json:"name,omitempty" maxLength:"400"`
	PIN             *string `json:"pin,omitempty" maxLength:"64" doc:"4 to 12 digits; empty: none is asked."`
	HostPIN         *string `json:"host_pin,omitempty" maxLength:"64"`
	Language        *string `json:"language,omitempty" maxLength:"35"`
	MaxParticipants *int    `json:"max_participants,omitempty" minimum:"0" maximum:"100000"`
	Lobby           *bool   `json:"lobby,omitempty"`
	WaitForHost     *bool   `json:"wait_for_host,omitempty"`
	MuteOnEntry     *bool   `json:"mute_on_entry,omitempty"`
	Tones           *string `json:"tones,omitempty" enum:"tone,name,off"`
	Names           *string `json:"names,omitempty" enum:"ask,guest"`
	GuestInvites    *bool   `json:"guest_invites,omitempty"`
}

func (a *API) rooms() {
	op := a.hostOperation
	huma.Register(a.huma, op("list-rooms", http.MethodGet, "/rooms", "Your rooms"), a.listRooms)
	add := op("add-room", http.MethodPost, "/rooms", "Add a room", 422, 503)
	add.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, add, a.addRoom)
	huma.Register(a.huma, op("get-room", http.MethodGet, "/rooms/{id}", "One room", 404), a.getRoom)
	huma.Register(a.huma, op("change-room", http.MethodPatch, "/rooms/{id}", "Change a room's settings", 404, 422, 503), a.changeRoom)
	huma.Register(a.huma, op("remove-room", http.MethodDelete, "/rooms/{id}", "Remove a room; a meeting in it ends", 404, 409, 503), a.removeRoom)
	huma.Register(a.huma, op("replace-link", http.MethodPost, "/rooms/{id}/link", "Replace the guest link; the old one is refused at once", 404, 503), a.replaceLink)
}

// hostOperation is an operation of those who have signed in.
func (a *API) hostOperation(id, method, path, summary string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: Prefix + path, Summary: summary, Tags: []string{"rooms"},
		Security: []map[string][]string{{"host": {}}}, Errors: append([]int{401, 403}, errors...),
		Middlewares: huma.Middlewares{a.hosts, a.recorded},
	}
}

// show makes a room as its host sees it.
func (a *API) show(ctx context.Context, r *store.Room) (Room, error) {
	pin, hostPIN, err := a.cfg.Store.PINs(ctx, r.ID)
	if err != nil {
		return Room{}, problemOf(err)
	}
	token, err := a.cfg.Store.GuestLink(ctx, r.ID)
	if err != nil && !errors.Is(err, store.ErrLinkEnded) {
		return Room{}, problemOf(err)
	}
	ways := a.cfg.Directory().Ways(r.Extension, pin, token)
	return Room{
		ID: r.ID, Extension: r.Extension, Name: r.Name, PIN: pin, HostPIN: hostPIN, Language: r.Language,
		MaxParticipants: r.MaxParticipants, Lobby: r.Lobby, WaitForHost: r.WaitForHost, MuteOnEntry: r.MuteOnEntry,
		Tones: r.Tones, Names: r.Names, GuestInvites: r.GuestInvites, GuestLink: ways.Link, Ways: ways,
		Live: a.cfg.Live.Occupancy(ctx, r.ID),
	}, nil
}

func (a *API) shown(ctx context.Context, r *store.Room) (*roomOutput, error) {
	room, err := a.show(ctx, r)
	if err != nil {
		return nil, err
	}
	return &roomOutput{room}, nil
}

type roomsOutput struct {
	Body struct {
		Rooms []Room `json:"rooms"`
	}
}

func (a *API) listRooms(ctx context.Context, _ *struct{}) (*roomsOutput, error) {
	list, err := a.cfg.Store.RoomsOf(ctx, userOf(ctx).ID)
	if err != nil {
		return nil, problemOf(err)
	}
	out := &roomsOutput{}
	out.Body.Rooms = []Room{}
	for i := range list {
		r, err := a.show(ctx, &list[i])
		if err != nil {
			return nil, err
		}
		out.Body.Rooms = append(out.Body.Rooms, r)
	}
	return out, nil
}

type addRoomInput struct {
	Body struct {
		Settings
		Extension *string `json:"extension,omitempty" maxLength:"64" doc:"The meeting number; default: a free one."`
	}
}

func (a *API) addRoom(ctx context.Context, in *addRoomInput) (*roomOutput, error) {
	n, err := a.cfg.NewRoom(ctx)
	if err != nil {
		return nil, problemOf(err)
	}
	if in.Body.Extension != nil {
		n.Extension = *in.Body.Extension
	}
	if n.Extension == a.cfg.Reserved && n.Extension != "" {
		return nil, problemOf(&store.FieldError{Field: "extension", Msg: "this is the test extension"})
	}
	n.OwnerID = userOf(ctx).ID
	in.Body.apply(&n)
	r, err := a.cfg.Store.AddRoom(ctx, n)
	if err != nil {
		return nil, problemOf(err)
	}
	about(ctx, r.About())
	return a.shown(ctx, &r)
}

// apply puts what was said into a new room. PINs that nobody spoke of are made.
func (s *Settings) apply(n *store.NewRoom) {
	set(&n.Name, s.Name)
	set(&n.PIN, s.PIN)
	set(&n.HostPIN, s.HostPIN)
	set(&n.Language, s.Language)
	set(&n.MaxParticipants, s.MaxParticipants)
	set(&n.Lobby, s.Lobby)
	set(&n.WaitForHost, s.WaitForHost)
	set(&n.MuteOnEntry, s.MuteOnEntry)
	set(&n.Tones, s.Tones)
	set(&n.Names, s.Names)
	set(&n.GuestInvites, s.GuestInvites)
	if s.PIN == nil {
		n.PIN = store.NewPIN(n.HostPIN)
	}
	if s.HostPIN == nil {
		n.HostPIN = store.NewPIN(n.PIN)
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (a *API) getRoom(ctx context.Context, in *RoomInput) (*roomOutput, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.shown(ctx, r)
}

type changeRoomInput struct {
	RoomInput
	Body Settings
}

func (a *API) changeRoom(ctx context.Context, in *changeRoomInput) (*roomOutput, error) {
	before, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if before.Schedule != nil { // the invited are told of what they know
		m, err := a.cfg.Book.Change(ctx, in.ID, store.MeetingChange{Room: in.Body.change()})
		if err != nil {
			return nil, meetingProblem(err)
		}
		detail(ctx, in.Body.change().Differences(*before, m.Room))
		return a.shown(ctx, &m.Room)
	}
	r, err := a.cfg.Store.UpdateRoom(ctx, in.ID, in.Body.change())
	if err != nil {
		return nil, problemOf(err)
	}
	detail(ctx, in.Body.change().Differences(*before, r))
	return a.shown(ctx, &r)
}

func (a *API) removeRoom(ctx context.Context, in *RoomInput) (*struct{}, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if r.Schedule != nil {
		return nil, problem(http.StatusConflict, "meeting", "this is a meeting: cancel or complete it")
	}
	if err := a.cfg.Store.RemoveRoom(ctx, in.ID); err != nil {
		return nil, problemOf(err)
	}
	// Nobody comes in any more; whoever is there is told. Nobody there is no error.
	_ = a.cfg.Live.Do(ctx, in.ID, live.Command{Do: "end"})
	return nil, nil
}

type replaceLinkInput struct {
	RoomInput
	Body *struct {
		RemoveGuests bool `json:"remove_guests,omitempty" doc:"End the calls of those who came by the old link."`
	}
}

type linkOutput struct {
	Body struct {
		GuestLink string `json:"guest_link"`
	}
}

func (a *API) replaceLink(ctx context.Context, in *replaceLinkInput) (*linkOutput, error) {
	r, err := a.room(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	regenerate := a.cfg.Store.RegenerateLink
	if r.Schedule != nil { // the invited are told
		regenerate = a.cfg.Book.NewLink
	}
	token, err := regenerate(ctx, r.ID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	if in.Body != nil && in.Body.RemoveGuests {
		a.cfg.Live.RemoveGuests(r.ID)
	}
	out := &linkOutput{}
	out.Body.GuestLink = a.cfg.Directory().Ways(r.Extension, "", token).Link
	return out, nil
}
