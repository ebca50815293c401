package main

import (
	"log/slog"
	"net"
	"net/netip"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/sdp"
	"github.com/partyline/partyline/reception"
	"github.com/partyline/partyline/sip"
)

// rtpBind is where RTP ports lie: as configured, or every address of the
// families that this system has.
func rtpBind(cfg *configs.Config) []netip.Addr {
	if len(cfg.SIP.RTPBind) > 0 {
		return cfg.SIP.RTPBind
	}
	bind := []netip.Addr{netip.IPv4Unspecified()}
	if c, err := net.ListenPacket("udp6", "[::]:0"); err == nil {
		c.Close()
		bind = append(bind, netip.IPv6Unspecified())
	}
	return bind
}

// sipConfig puts the configuration into the words of the SIP server. It reads the
// trunks' passwords and certificates, which may fail.
func sipConfig(cfg *configs.Config, log *slog.Logger) (sip.Config, error) {
	limits := sip.DefaultLimits()
	limits.Calls = cfg.Limits.Calls
	limits.CallsPerSource = cfg.Limits.CallsPerSource
	limits.InvitesPerSecond = cfg.Limits.InvitesPerSecondPerSource
	c := sip.Config{
		PublicIP: cfg.Server.PublicIP, Domain: cfg.Server.Domain, UserAgent: "Partyline/" + versionText(),
		Codecs: codecs(cfg.SIP.Codecs), SRTP: srtp(cfg.SIP.SRTP), Anonymous: cfg.Limits.AnonymousInbound,
		Limits: limits, SessionExpires: cfg.SIP.SessionExpires, Logger: log,
	}
	for _, l := range cfg.SIP.Listen {
		c.Listen = append(c.Listen, sip.Listen{Network: l.Scheme, Addr: l.Address()})
	}
	c.DNS = cfg.Resolvers(new(configs.Trunk))
	var err error
	c.Trunks, err = sipTrunks(cfg)
	return c, err
}

func codecs(words []string) []codec.Name {
	byWord := map[string]codec.Name{"opus": codec.Opus, "g722": codec.G722, "pcma": codec.PCMA, "pcmu": codec.PCMU}
	var names []codec.Name
	for _, w := range words {
		names = append(names, byWord[w])
	}
	return names
}

func srtp(word string) sdp.Policy {
	switch word {
	case "required":
		return sdp.SRTPRequired
	case "off":
		return sdp.SRTPOff
	}
	return sdp.SRTPPreferred
}

// keymap is what the configured keys do.
func keymap(k configs.Keys) reception.Keymap {
	keys := reception.Keymap{}
	for _, a := range []struct {
		keys string
		act  reception.Action
	}{
		{k.Mute, reception.ActMute},
		{k.Hand, reception.ActHand},
		{k.Count, reception.ActCount},
		{k.Help, reception.ActHelp},
		{k.VolumeDown, reception.ActQuieter},
		{k.VolumeUp, reception.ActLouder},
		{k.MuteAll, reception.ActMuteAll},
		{k.Lock, reception.ActLock},
		{k.AdmitOne, reception.ActAdmit},
		{k.Admit, reception.ActAdmitAll},
		{k.End, reception.ActEnd},
	} {
		if a.keys != "" {
			keys[a.keys] = a.act
		}
	}
	return keys
}
