package meeting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/partyline/partyline/store"
)

// Channels says by what invitees hear of a meeting.
type Channels uint8

// The choices. Who has no address for what is chosen is sent nothing.
const (
	Best    Channels = iota // mail, or SMS to who has no e-mail address
	Both                    // mail and SMS to who has both
	ByMail                  // mail alone
	BySMS                   // SMS alone
	Nothing                 // the host hands the invitation on
)

// of gives the outbox's channels for an invitee.
func (c Channels) of(i store.Invitee) []string {
	mail := i.Email != "" && (c == Best || c == Both || c == ByMail)
	sms := i.Phone != "" && (c == Both || c == BySMS || c == Best && !mail)
	var list []string
	if mail {
		list = append(list, store.ChannelMail)
	}
	if sms {
		list = append(list, store.ChannelSMS)
	}
	return list
}

// invited is an invitee with the channels by which the invitation went out.
type invited struct {
	store.Invitee
	channels []string
}

// message is what is sent to some of a room's invitees.
type message struct {
	kind, room string
	sequence   int
	occurrence string    // the one that it is about; empty: all
	again      int       // how often the same was sent before
	until      time.Time // when nobody needs it any more; zero: never
}

// to makes the jobs. The key of each is the same for the same news: it is sent once,
// however often it is asked for.
func (m message) to(list []invited) []store.NewJob {
	var jobs []store.NewJob
	for _, i := range list {
		for _, channel := range i.channels {
			key := fmt.Sprintf("%s/%s/%s/%d", m.kind, i.ID, channel, m.sequence)
			if m.occurrence != "" {
				key += "/" + m.occurrence
			}
			if m.again > 0 {
				key += fmt.Sprint("/", m.again)
			}
			jobs = append(jobs, store.NewJob{
				RoomID: m.room, InviteeID: i.ID, Channel: channel, Kind: m.kind, Key: key,
				Occurrence: m.occurrence, NotAfter: m.until,
			})
		}
	}
	return jobs
}

// told gives the invitees to whom an invitation went out, or is about to.
func (b *Book) told(ctx context.Context, roomID string) ([]invited, error) {
	invitees, err := b.cfg.Store.Invitees(ctx, roomID)
	if err != nil || len(invitees) == 0 {
		return nil, err
	}
	jobs, err := b.cfg.Store.Jobs(ctx, roomID)
	if err != nil {
		return nil, err
	}
	channels := map[string][]string{}
	for _, j := range jobs {
		if j.Kind == store.JobInvite && j.State != store.JobDropped && !slices.Contains(channels[j.InviteeID], j.Channel) {
			channels[j.InviteeID] = append(channels[j.InviteeID], j.Channel)
		}
	}
	var list []invited
	for _, i := range invitees {
		if c := channels[i.ID]; c != nil {
			list = append(list, invited{i, c})
		}
	}
	return list, nil
}

// Invite adds invitees to a meeting or a permanent room and sends them the
// invitation. known are those that had been added before: nothing is sent to them.
func (b *Book) Invite(ctx context.Context, id string, list []store.NewInvitee) (added, known []store.Invitee, err error) {
	return b.InviteBy(ctx, id, list, Best)
}

// InviteBy is Invite by chosen channels. News of the meeting go the same way later.
func (b *Book) InviteBy(ctx context.Context, id string, list []store.NewInvitee, by Channels) (added, known []store.Invitee, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	news, m, err := b.invitation(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].PIN = list[i].PIN || m.PersonalPINs
	}
	return b.cfg.Store.AddInvitees(ctx, id, list, func(i store.Invitee) []store.NewJob {
		return news.to([]invited{{i, by.of(i)}})
	})
}

// invitation is the message that invites into a room. Of a permanent room the
// meeting is empty.
func (b *Book) invitation(ctx context.Context, id string) (message, store.Meeting, error) {
	news := message{kind: store.JobInvite, room: id}
	m, err := b.open(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		_, err = b.cfg.Store.RoomByID(ctx, id)
		return news, store.Meeting{}, err
	}
	if err != nil {
		return news, m, err
	}
	if now := b.cfg.Now(); WindowAt(m.Room.Schedule, now, false).State == Ended {
		return news, m, ErrOver
	}
	news.sequence, news.until = m.Sequence, lastEnd(m.Room.Schedule)
	return news, m, nil
}

// Uninvite takes an invitee off a room. Whoever was told of a meeting that is still
// to come is told of this too.
func (b *Book) Uninvite(ctx context.Context, id, inviteeID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, err := b.cfg.Store.MeetingByID(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return b.cfg.Store.RemoveInvitee(ctx, id, inviteeID)
	case err != nil:
		return err
	case nextOf(m.Room.Schedule, b.cfg.Now()) == (next{}):
		return b.cfg.Store.RemoveInvitee(ctx, id, inviteeID)
	}
	told, err := b.told(ctx, id)
	if err != nil {
		return err
	}
	told = slices.DeleteFunc(told, func(i invited) bool { return i.ID != inviteeID })
	news := message{kind: store.JobCancel, room: id, sequence: m.Sequence, until: lastEnd(m.Room.Schedule)}
	return b.cfg.Store.RemoveInvitee(ctx, id, inviteeID, news.to(told)...)
}

// Resend sends an invitee the invitation once more, by the channels it went before,
// unless one is still on its way.
func (b *Book) Resend(ctx context.Context, id, inviteeID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	news, _, err := b.invitation(ctx, id)
	if err != nil {
		return err
	}
	invitees, err := b.cfg.Store.Invitees(ctx, id)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(invitees, func(i store.Invitee) bool { return i.ID == inviteeID })
	if at < 0 {
		return store.ErrNoInvitee
	}
	jobs, err := b.cfg.Store.Jobs(ctx, id)
	if err != nil {
		return err
	}
	to := invited{Invitee: invitees[at]}
	for _, j := range jobs {
		if j.InviteeID != inviteeID || j.Kind != store.JobInvite {
			continue
		}
		if j.State == store.JobQueued || j.State == store.JobSending {
			return nil
		}
		if news.again++; !slices.Contains(to.channels, j.Channel) {
			to.channels = append(to.channels, j.Channel)
		}
	}
	if to.channels == nil {
		to.channels = Best.of(to.Invitee)
	}
	_, err = b.cfg.Store.AddJobs(ctx, news.to([]invited{to}))
	return err
}
