package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/meeting"
	"github.com/partyline/partyline/store"
)

func (a *API) invitees() {
	op := a.meetingOperation
	huma.Register(a.huma, op("list-invitees", http.MethodGet, "/meetings/{id}/invitees",
		"Who is invited, how far they have come and what was sent to them", 404), a.listInvitees)
	huma.Register(a.huma, op("add-invitees", http.MethodPost, "/meetings/{id}/invitees",
		"Invite people; what cannot be understood is named, the others are invited", 404, 409, 422, 429, 503), a.addInvitees)
	huma.Register(a.huma, op("remove-invitee", http.MethodDelete, "/meetings/{id}/invitees/{invitee}",
		"Take an invitation back; its link and its PIN end", 404, 503), a.removeInvitee)
	huma.Register(a.huma, op("resend-invitation", http.MethodPost, "/meetings/{id}/invitees/{invitee}/resend",
		"Send the invitation once more, unless it is on its way", 404, 409, 429, 503), a.resendInvitation)
	for _, o := range []huma.Operation{
		op("list-room-invitees", http.MethodGet, "/rooms/{id}/invitees", "Who is invited into a room", 404),
		op("add-room-invitees", http.MethodPost, "/rooms/{id}/invitees",
			"Invite people into a room, also while a call is on", 404, 409, 422, 429, 503),
	} {
		o.Tags = []string{"rooms"}
		if o.Method == http.MethodGet {
			huma.Register(a.huma, o, a.listRoomInvitees)
		} else {
			huma.Register(a.huma, o, a.addRoomInvitees)
		}
	}
}

type inviteesOutput struct {
	Body struct {
		Invitees []Invitee `json:"invitees"`
		Can
	}
}

func (a *API) listInvitees(ctx context.Context, in *MeetingInput) (*inviteesOutput, error) {
	if _, err := a.meeting(ctx, in.ID); err != nil {
		return nil, err
	}
	return a.inviteesOf(ctx, in.ID)
}

func (a *API) listRoomInvitees(ctx context.Context, in *RoomInput) (*inviteesOutput, error) {
	if _, err := a.room(ctx, in.ID); err != nil {
		return nil, err
	}
	return a.inviteesOf(ctx, in.ID)
}

func (a *API) inviteesOf(ctx context.Context, roomID string) (*inviteesOutput, error) {
	list, err := a.cfg.Store.Invitees(ctx, roomID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	out := &inviteesOutput{}
	out.Body.Can = a.cfg.Can()
	out.Body.Invitees, err = a.showInvitees(ctx, roomID, list)
	return out, err
}

// showInvitees adds to invitees what was sent to them.
func (a *API) showInvitees(ctx context.Context, roomID string, list []store.Invitee) ([]Invitee, error) {
	jobs, err := a.cfg.Store.Jobs(ctx, roomID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	slices.SortStableFunc(jobs, func(x, y store.Job) int { return y.Created.Compare(x.Created) })
	deliveries := map[string][]Delivery{}
	for _, j := range jobs {
		if j.State != store.JobDropped && len(deliveries[j.InviteeID]) < deliveriesShown {
			deliveries[j.InviteeID] = append(deliveries[j.InviteeID], showDelivery(j))
		}
	}
	shown := make([]Invitee, len(list))
	for i, who := range list {
		shown[i] = showInvitee(who)
		if d := deliveries[who.ID]; d != nil {
			shown[i].Deliveries = d
		}
	}
	return shown, nil
}

// deliveriesShown is for how many messages an invitee's row has room.
const deliveriesShown = 10

func showDelivery(j store.Job) Delivery {
	d := Delivery{Channel: j.Channel, Kind: j.Kind, State: string(j.State), Attempts: j.Attempts, Error: j.Error}
	switch j.State {
	case store.JobQueued:
		d.Next = moment(j.Next)
	case store.JobSent:
		d.Sent, d.Error = moment(j.Done), ""
	}
	return d
}

func showInvitee(i store.Invitee) Invitee {
	state := i.State()
	since := map[store.PresenceState]time.Time{
		store.Opened: i.Opened, store.Waiting: i.Waiting, store.Joined: i.Joined, store.Left: i.Left,
	}
	shown := Invitee{
		ID: i.ID, Name: i.Name, Email: i.Email, Phone: i.Phone, Language: i.Language, HasPIN: i.HasPIN,
		State: state.String(), Since: i.Created, Created: i.Created, Opened: moment(i.Opened), Waiting: moment(i.Waiting),
		Joined: moment(i.Joined), Left: moment(i.Left), Deliveries: []Delivery{},
	}
	if at, ok := since[state]; ok {
		shown.Since = at
	}
	return shown
}

type addInviteesInput struct {
	MeetingInput
	Body Recipients
}

type addRoomInviteesInput struct {
	RoomInput
	Body Recipients
}

type invitedOutput struct{ Body Invited }

func (a *API) addInvitees(ctx context.Context, in *addInviteesInput) (*invitedOutput, error) {
	if _, err := a.meeting(ctx, in.ID); err != nil {
		return nil, err
	}
	return a.inviteAll(ctx, in.ID, &in.Body)
}

func (a *API) addRoomInvitees(ctx context.Context, in *addRoomInviteesInput) (*invitedOutput, error) {
	if _, err := a.room(ctx, in.ID); err != nil {
		return nil, err
	}
	return a.inviteAll(ctx, in.ID, &in.Body)
}

// inviteAll invites those of the recipients that can be reached.
func (a *API) inviteAll(ctx context.Context, roomID string, who *Recipients) (*invitedOutput, error) {
	can := a.cfg.Can()
	list, bad := read(who, can)
	if len(list) == 0 {
		return nil, nobody(bad)
	}
	before, err := a.cfg.Store.Invitees(ctx, roomID)
	if err != nil {
		return nil, meetingProblem(err)
	}
	if len(before)+len(list) > inviteesPerMeeting {
		return nil, crowded(len(before))
	}
	account, now := userOf(ctx).ID, a.cfg.Now()
	if wait := a.budget.take(account, len(list), now); wait > 0 {
		return nil, tooMany(wait)
	}
	added, known, err := a.cfg.Book.InviteBy(ctx, roomID, list, channels(who.By, can))
	a.budget.giveBack(account, len(list)-len(added))
	if err != nil {
		return nil, meetingProblem(err)
	}
	detail(ctx, strconv.Itoa(len(added))+" invited")
	a.remember(ctx, account, append(slices.Clone(added), known...))
	out := &invitedOutput{Invited{Bad: bad}}
	if out.Body.Added, err = a.showInvitees(ctx, roomID, added); err != nil {
		return nil, err
	}
	out.Body.Known, err = a.showInvitees(ctx, roomID, known)
	return out, err
}

// remember puts who was invited first among the account's contacts. That it fails
// is no reason to tell a host that nobody was invited.
func (a *API) remember(ctx context.Context, account string, list []store.Invitee) {
	var addresses []string
	for _, i := range list {
		for _, address := range []string{i.Email, i.Phone} {
			if address != "" {
				addresses = append(addresses, address)
			}
		}
	}
	_ = a.cfg.Store.UseContacts(ctx, account, addresses, a.cfg.Now())
}

// InviteeInput names an invitee of a meeting in the path.
type InviteeInput struct {
	MeetingInput
	Invitee string `path:"invitee" maxLength:"64"`
}

func (a *API) removeInvitee(ctx context.Context, in *InviteeInput) (*struct{}, error) {
	if _, err := a.meeting(ctx, in.ID); err != nil {
		return nil, err
	}
	if err := a.cfg.Book.Uninvite(ctx, in.ID, in.Invitee); err != nil {
		return nil, meetingProblem(err)
	}
	return nil, nil
}

func (a *API) resendInvitation(ctx context.Context, in *InviteeInput) (*struct{ Body Invitee }, error) {
	if _, err := a.meeting(ctx, in.ID); err != nil {
		return nil, err
	}
	if _, err := a.invitee(ctx, in.ID, in.Invitee); err != nil {
		return nil, err
	}
	account := userOf(ctx).ID
	if wait := a.budget.take(account, 1, a.cfg.Now()); wait > 0 {
		return nil, tooMany(wait)
	}
	if err := a.cfg.Book.Resend(ctx, in.ID, in.Invitee); err != nil {
		a.budget.giveBack(account, 1)
		return nil, meetingProblem(err)
	}
	i, err := a.invitee(ctx, in.ID, in.Invitee)
	if err != nil {
		return nil, err
	}
	shown, err := a.showInvitees(ctx, in.ID, []store.Invitee{*i})
	if err != nil {
		return nil, err
	}
	return &struct{ Body Invitee }{shown[0]}, nil
}

// channels are by what the invited hear of it, of what this gateway can send.
func channels(by string, can Can) meeting.Channels {
	switch {
	case by == "nothing", !can.Mail && !can.SMS:
		return meeting.Nothing
	case !can.SMS:
		return meeting.ByMail
	case !can.Mail:
		return meeting.BySMS
	case by == "both":
		return meeting.Both
	}
	return meeting.Best
}
