package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/control"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/api"
)

// adminOf is what the admin page sees of the gateway and does to it.
func (g *gateway) adminOf() api.Admin {
	return api.Admin{
		Status: g.adminStatus, Trunks: g.adminTrunks, Numbers: g.adminNumbers, Calls: g.adminCalls, Rooms: g.adminRooms,
		Failures: g.adminFailures, Ladder: g.adminLadder, Config: g.adminConfig, Changes: g.store.Changes,
		EndCall: g.adminEndCall, Reload: g.adminReload,
	}
}

func (g *gateway) adminStatus() api.GatewayStatus {
	st, health := g.Status(), g.store.Health()
	s := api.GatewayStatus{
		Version: st.Version, StartedAt: st.Started, UptimeSeconds: int64(time.Since(st.Started).Seconds()),
		Ready: st.Ready && !st.Draining, Draining: st.Draining, Strain: g.media.Load(), Calls: st.Calls, Rooms: st.Rooms,
		ConfigFile: st.Config, Listeners: adminListeners(st.Listeners), Certificates: g.adminCertificates(),
		Database: api.Database{Waiting: health.Waiting, Dropped: health.Dropped},
	}
	if health.Fault != nil {
		s.Database.Fault = health.Fault.Error()
	}
	if gk := st.Gatekeeper; gk != nil {
		s.Gatekeeper = &api.Gatekeeper{Registered: gk.Registered, Phase: gk.Phase, Since: gk.Since, Address: gk.Address, Error: gk.Error}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.OutboxWaiting, _ = g.store.JobsWaiting(ctx) // of a busy database: none are known of
	return s
}

func adminListeners(l control.Listeners) (list []api.Listener) {
	for _, a := range l.SIP {
		list = append(list, api.Listener{Protocol: "sip", Address: a})
	}
	for _, one := range []struct{ protocol, address string }{{"h323", l.H323}, {"ras", l.RAS}, {"web", l.Web}} {
		if one.address != "" {
			list = append(list, api.Listener{Protocol: one.protocol, Address: one.address})
		}
	}
	for _, a := range l.WebRTC {
		list = append(list, api.Listener{Protocol: "webrtc", Address: a})
	}
	if l.Metrics != "" {
		list = append(list, api.Listener{Protocol: "metrics", Address: "http://" + l.Metrics})
	}
	return list
}

func (g *gateway) adminCertificates() (list []api.Certificate) {
	for _, c := range g.certificates() {
		leaf := c.of.pair.Load().Leaf
		names := slices.Clone(leaf.DNSNames)
		for _, ip := range leaf.IPAddresses {
			names = append(names, ip.String())
		}
		if len(names) == 0 && leaf.Subject.CommonName != "" {
			names = []string{leaf.Subject.CommonName}
		}
		list = append(list, api.Certificate{Use: c.use, Names: append([]string{}, names...), ExpiresAt: leaf.NotAfter})
	}
	return list
}

func (g *gateway) adminNumbers(ctx context.Context) (list []api.NumberStatus) {
	for _, n := range g.cfg.Load().Numbers {
		s := api.NumberStatus{Number: n.Number, Trunk: n.Trunk, Label: n.Label, Language: n.Language, To: n.To.Kind}
		if n.To.Kind == "room" {
			s.To = n.To.Room
			if r, err := g.store.RoomByExtension(ctx, n.To.Room); err == nil {
				s.Room = r.Name
			} else {
				s.Missing = true
			}
		}
		list = append(list, s)
	}
	return list
}

func (g *gateway) adminCalls() (list []api.LiveCall) {
	for _, c := range g.calls.List() {
		list = append(list, api.LiveCall{
			ID: c.ID, Protocol: c.Protocol, Direction: c.Direction, Remote: c.Remote, Name: c.Name, Number: c.Number,
			Trunk: c.Trunk, Called: c.Called, Room: c.Room, Role: c.Role, State: c.State, Codec: c.Codec, Product: c.Product,
			CallID: c.CallID, Encrypted: c.Encrypted, Muted: c.Muted, StartedAt: c.Started, Seconds: c.Duration,
			LossIn: c.LossIn, LossOut: c.LossOut, JitterMS: c.Jitter, RTTMS: c.RTT, PlayoutMS: c.Playout, MOS: c.MOS,
			PacketsIn: c.PacketsIn, PacketsOut: c.PacketsOut,
		})
	}
	return list
}

// adminRooms are all rooms and meetings, the fullest first.
func (g *gateway) adminRooms(ctx context.Context) ([]api.RoomStatus, error) {
	rooms, err := g.store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	users, err := g.store.Users(ctx)
	if err != nil {
		return nil, err
	}
	owners := map[string]string{}
	for _, u := range users {
		owners[u.ID] = u.Email
	}
	live := map[string]control.Room{}
	for _, r := range (*liveRooms)(g).Live(ctx) {
		live[r.Extension] = r
	}
	list := make([]api.RoomStatus, 0, len(rooms))
	for _, r := range rooms {
		l := live[r.Extension]
		list = append(list, api.RoomStatus{
			ID: r.ID, Extension: r.Extension, Name: r.Name, Owner: owners[r.OwnerID], Meeting: r.Schedule != nil,
			MaxParticipants: r.MaxParticipants, Lobby: r.Lobby, Count: l.Count, Waiting: l.Lobby, Hosts: l.Hosts, Locked: l.Locked,
		})
	}
	slices.SortStableFunc(list, func(a, b api.RoomStatus) int { return cmp.Compare(b.Count, a.Count) })
	return list, nil
}

func (g *gateway) adminEndCall(id string) error {
	err := g.calls.Kick(id)
	if errors.Is(err, control.ErrNotFound) {
		return fmt.Errorf("call %s: %w", id, store.ErrNotFound)
	}
	return err
}

// adminReload implements api.Admin.Reload.
func (g *gateway) adminReload() (api.ReloadReport, error) {
	done, err := g.Reload()
	var problems configs.Problems
	if errors.As(err, &problems) {
		wrong := api.ConfigMistakes{}
		for _, p := range problems.Mistakes() {
			m := api.ConfigMistake{At: fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column), Message: p.Message}
			if p.Hint != "" {
				m.Message += "; " + p.Hint
			}
			wrong = append(wrong, m)
		}
		return api.ReloadReport{}, wrong
	}
	return api.ReloadReport{Applied: done.Applied, Restart: done.Restart}, err
}
