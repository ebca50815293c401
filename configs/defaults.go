package configs

import "time"

// Defaults is what an empty file gives.
func Defaults() *Config {
	listener := func(scheme, host string, port uint16) Listener {
		return Listener{Scheme: scheme, Host: host, Port: port}
	}
	codecs := []string{"opus", "g722", "pcma", "pcmu"}
	return &Config{
		Version: 1,
		Server:  Server{DataDir: "data", DrainTime: 20 * time.Second},
		Web: Web{
			Listen:    listener("http", "localhost", 8080),
			Languages: []string{"en", "de", "fr", "it", "es"},
		},
		SIP: SIP{
			Listen:         []Listener{listener("udp", "", 5060), listener("tcp", "", 5060)},
			RTPPorts:       PortRange{Min: 20000, Max: 20999},
			TLS:            SIPTLS{MinVersion: "1.2"},
			SRTP:           "preferred",
			Codecs:         codecs,
			SessionExpires: 30 * time.Minute,
		},
		H323: H323{
			Listen:     listener("tcp", "", 1720),
			H245Ports:  PortRange{Min: 30000, Max: 30499},
			RASListen:  listener("udp", "", 1719),
			Encryption: "preferred",
			Gatekeeper: Gatekeeper{Mode: "none"},
		},
		WebRTC: WebRTC{Listen: []Listener{listener("udp", "", 7880), listener("tcp", "", 7881)}},
		Media:  Media{Loudest: 8, Levelling: true},
		Reception: Reception{
			Attempts: 3, DigitTimeout: 4 * time.Second, ExtensionLength: 9,
			Language: "en", TestExtension: "9196",
			Keys: Keys{
				Mute: "*6", Hand: "*9", Count: "*3", Help: "*1", VolumeDown: "*2", VolumeUp: "*5",
				MuteAll: "*4", Lock: "*7", AdmitOne: "*0", Admit: "*8", End: "##",
			},
		},
		Rooms: Rooms{Defaults: RoomDefaults{
			Tones: "tone", PIN: "required", MaxParticipants: 50,
			JoinEarly: 10 * time.Minute, LinkGrace: 30 * time.Minute,
		}},
		Meetings: Meetings{Reminders: []time.Duration{24 * time.Hour, time.Hour}},
		Privacy:  Privacy{CallRecords: 180 * 24 * time.Hour, GuestNames: 30 * 24 * time.Hour, Changes: 365 * 24 * time.Hour},
		Limits: Limits{
			Calls: 2000, CallsPerSource: 50, InvitesPerSecondPerSource: 10,
			Lockout: true, AnonymousInbound: true,
			Outbound: OutboundLimits{
				Calls: 20, PerHostPerHour: 30, CallsToNumberPerHour: 10, NumberLength: 15, Duration: 4 * time.Hour,
			},
		},
		Telemetry: Telemetry{
			HEP: HEP{RTCP: true, Logs: true}, Tracing: Tracing{Sample: 1}, Trace: Trace{Calls: 500, Messages: 200},
			Log: Log{Level: "info", Format: "text"},
		},
		set: map[string]bool{},
	}
}
