package store

import (
	"errors"
	"strings"
	"testing"
)

func ptr[T any](v T) *T { return &v }

func TestUpdateRoom(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s := open(t, dir)
	ada := addUser(t, s, "ada@example.org", "correct horse")
	r := add(t, s, boardroom())
	token := guestLink(t, s, r.ID)
	want := r
	for _, tt := range []struct {
		change RoomChange
		to     func()
	}{
		{RoomChange{}, func() {}},
		{RoomChange{Name: ptr("  Big\u202e room ")}, func() { want.Name = "Big room" }},
		{RoomChange{Language: ptr("fr"), Tones: ptr("off"), MaxParticipants: ptr(7)}, func() { want.Language, want.Tones, want.MaxParticipants = "fr", "off", 7 }},
		{RoomChange{Lobby: ptr(false), WaitForHost: ptr(true), MuteOnEntry: ptr(false)}, func() { want.Lobby, want.WaitForHost, want.MuteOnEntry = false, true, false }},
		{RoomChange{Names: ptr("guest"), GuestInvites: ptr(true), OwnerID: &ada.ID}, func() { want.Names, want.GuestInvites, want.OwnerID = "guest", true, ada.ID }},
		{RoomChange{OwnerID: ptr(""), Language: ptr(""), MaxParticipants: ptr(0)}, func() { want.OwnerID, want.Language, want.MaxParticipants = "", "", 0 }},
		{RoomChange{PIN: ptr("")}, func() { want.HasPIN = false }},
		{RoomChange{PIN: ptr("86420")}, func() { want.HasPIN = true }},
		{RoomChange{PIN: ptr("97531"), HostPIN: ptr("86420")}, func() {}}, // they change places
	} {
		tt.to()
		got, err := s.UpdateRoom(ctx, r.ID, tt.change)
		if err != nil || got != want {
			t.Errorf("%+v: %+v, %v; want %+v", tt.change, got, err, want)
		}
		for _, s := range []*Store{s, open(t, dir)} {
			if got, err := s.RoomByID(ctx, r.ID); err != nil || *got != want {
				t.Errorf("%+v: %+v, %v; want %+v", tt.change, got, err, want)
			}
		}
	}
	if guest, host, err := s.PINs(ctx, r.ID); guest != "97531" || host != "86420" || err != nil {
		t.Errorf("%q, %q, %v", guest, host, err)
	}
	if key, err := s.CheckPIN(ctx, r.ID, "86420"); key.Role != Host || err != nil {
		t.Error(key, err)
	}
	if guestLink(t, s, r.ID) != token {
		t.Error("the link has changed")
	}
	for _, tt := range []struct {
		change RoomChange
		field  string
	}{
		{RoomChange{Name: ptr(strings.Repeat("é", 65))}, "name"},
		{RoomChange{Tones: ptr("bell")}, "tones"},
		{RoomChange{Names: ptr("any")}, "names"},
		{RoomChange{Language: ptr("german language")}, "language"},
		{RoomChange{MaxParticipants: ptr(-1)}, "max_participants"},
		{RoomChange{OwnerID: ptr("nobody")}, "owner_id"},
		{RoomChange{PIN: ptr("1234")}, "pin"},
		{RoomChange{PIN: ptr("864201")}, "host_pin"}, // begins with the host's, which stays
		{RoomChange{HostPIN: ptr("97531")}, "host_pin"},
	} {
		_, err := s.UpdateRoom(ctx, r.ID, tt.change)
		var f *FieldError
		if !errors.As(err, &f) || f.Field != tt.field {
			t.Errorf("%+v: %v, want a mistake in %s", tt.change, err, tt.field)
		}
	}
	if got, err := s.RoomByID(ctx, r.ID); err != nil || *got != want {
		t.Errorf("after mistakes: %+v, %v", got, err)
	}
	if _, err := s.UpdateRoom(ctx, "nowhere", RoomChange{}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	n := boardroom()
	n.Extension, n.Names, n.OwnerID = "44", "any", ""
	if _, err := s.AddRoom(ctx, n); err == nil || !strings.Contains(err.Error(), "names") {
		t.Error(err)
	}
	n.Names, n.OwnerID = "guest", "nobody"
	if _, err := s.AddRoom(ctx, n); err == nil || !strings.Contains(err.Error(), "owner_id") {
		t.Error(err)
	}
}
